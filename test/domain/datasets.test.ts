import { afterAll, beforeAll, expect, test } from "vitest";
import { safeName } from "../../shared/datasets/dataset.ts";
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
