import { afterAll, beforeAll, expect, test } from "vitest";
import { preparedKeys, safeName } from "../../shared/datasets/dataset.ts";
import { makePreparing } from "../../shared/datasets/preparing.ts";
import { derivedId } from "../../shared/ids.ts";
import { makeModels } from "../../shared/models.ts";
import { caller, type State, state } from "./state.ts";

let here: State;
beforeAll(async () => {
  here = await state();
});
afterAll(() => here.close());

test("a name is cut between two characters, never inside one", () => {
  const name = safeName(`${"a".repeat(199)}𝒜.jsonl`);
  expect(name).toBe(`${"a".repeat(199)}𝒜`);
  expect(name.isWellFormed()).toBe(true);
});

test("a folder that somebody made below uploads/ is no dataset and no error", async () => {
  for (const key of ["uploads/acme/", "uploads/acme/july/"]) {
    const arrived = here.datasets.arrived({ key, bytes: 0, derivedId: derivedId("dataset", here.clock(), key) });
    expect(await arrived).toBeNull();
  }
});

test("a name longer than any key is a name that nobody has", async () => {
  const installation = { place: "laptop", aliases: {}, instanceType: "" } as const;
  const models = makeModels({ table: here.table, installation, runsBucket: "runs" });
  for (const name of ["x".repeat(2000), ""])
    await expect(models.servable(caller, name)).rejects.toMatchObject({ code: "missing", param: "model" });
});

test("a file that is deleted while it is prepared leaves no copy of its rows behind", async () => {
  const { datasets, datasetBlobs } = here;
  const dataset = await datasets.create(caller, { filename: "a.jsonl", purpose: "fine-tune" }, async (key) => {
    await datasetBlobs.put(key, '{"prompt":"Secret?","completion":"Yes."}\n');
    return 1;
  });
  // Reading has begun when the owner deletes the file.
  const read = async (key: string) => {
    const bytes = await datasetBlobs.read(key);
    await datasets.remove(caller, dataset.id);
    return bytes;
  };
  const tokenizer = { name: "none", countTokens: () => 1 };
  await makePreparing({ datasets, blobs: { ...datasetBlobs, read }, tokenizer })(dataset);
  for (const key of Object.values(preparedKeys(dataset)))
    expect([key, await datasetBlobs.text(key)]).toEqual([key, null]);
});
