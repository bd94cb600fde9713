import { afterAll, beforeAll, expect, test } from "vitest";
import { expectOpenAI } from "../contracts/openai.ts";
import { jsonl, processed, rows, until, upload, type World, world } from "../world.ts";

let here: World;
let training_file: string;
let validation_file: string;
beforeAll(async () => {
  here = await world();
  training_file = (await upload(here.openai, jsonl(rows(12)))).id;
  await processed(here.openai, training_file);
  // Its bytes never come, so that jobs wait for it and do not train.
  validation_file = (await here.request("POST", "/api/v1/datasets", { body: { filename: "later.jsonl" } })).body.id;
});
afterAll(() => here.close());

const waiting = (changes: object) =>
  here.openai.fineTuning.jobs.create({ model: "anneal-tiny", training_file, validation_file, ...changes });

test("jobs are listed newest first, page by page, and by their metadata", async () => {
  const { jobs } = here.openai.fineTuning;
  const ids: string[] = [];
  for (const team of ["a", "b", "a"]) ids.unshift((await waiting({ metadata: { team, kind: "test" } })).id);
  const page = await jobs.list({ limit: 2 });
  expectOpenAI("ListPaginatedFineTuningJobsResponse", (page as unknown as { body: unknown }).body);
  expect(page.data.map(({ id }) => id)).toEqual(ids.slice(0, 2));
  expect(page.has_more).toBe(true);
  expect((await jobs.list({ limit: 2, after: ids[1]! })).data.map(({ id }) => id)).toEqual(ids.slice(2));

  const by = async (metadata: Record<string, string>) => (await jobs.list({ metadata })).data.map(({ id }) => id);
  expect(await by({ team: "a" })).toEqual([ids[0], ids[2]]);
  expect(await by({ team: "a", kind: "other" })).toEqual([]);
  const plain = await waiting({});
  expect(
    (await here.request("GET", "/v1/fine_tuning/jobs?metadata=null")).body.data.map(({ id }: { id: string }) => id),
  ).toEqual([plain.id]);
});

test("a job that waits for its file is validating, and can be paused, resumed and cancelled", async () => {
  const { jobs } = here.openai.fineTuning;
  const { id, status } = await waiting({});
  expect(status).toBe("validating_files");
  expect(await jobs.pause(id)).toMatchObject({ status: "paused" });
  await expect(jobs.pause(id)).rejects.toMatchObject({ status: 400 });
  expect(await jobs.resume(id)).toMatchObject({ status: "validating_files" });
  await expect(jobs.resume(id)).rejects.toMatchObject({ status: 400 });
  expect(await jobs.cancel(id)).toMatchObject({ status: "cancelled", finished_at: expect.any(Number) });
  const events = await jobs.listEvents(id);
  expect(events.data.map(({ message }) => message)[0]).toMatch(/cancelled/);
});

test("hyperparameters are taken at the top, under the method, and straight inside it; a string of metadata is read", async () => {
  const asked = async (body: object) =>
    (
      await here.request("POST", "/v1/fine_tuning/jobs", {
        body: { model: "anneal-tiny", training_file, validation_file, ...body },
      })
    ).body;
  const n_epochs = 7;
  for (const body of [
    { hyperparameters: { n_epochs } },
    { method: { type: "supervised", supervised: { hyperparameters: { n_epochs } } } },
    { method: { type: "supervised", hyperparameters: { n_epochs } } },
  ])
    expect(await asked(body)).toMatchObject({
      hyperparameters: { n_epochs, batch_size: "auto", learning_rate_multiplier: "auto" },
      method: { type: "supervised", supervised: { hyperparameters: { n_epochs } } },
    });
  expect(await asked({ metadata: '{"team":"strings"}', suffix: null, seed: null })).toMatchObject({
    metadata: { team: "strings" },
  });
});

test("a model that needs a GPU is trained by its stand-in here, and every reply with room for it says so", async () => {
  const { id, model } = await waiting({ model: "gpt-4o-mini-2024-07-18" });
  expect(model).toBe("gpt-4o-mini-2024-07-18");
  const events = await here.openai.fineTuning.jobs.listEvents(id);
  expect(events.data).toContainEqual(
    expect.objectContaining({ level: "warn", message: expect.stringMatching(/'anneal-tiny' is trained in its place/) }),
  );
  expect((await here.request("GET", `/api/v1/jobs/${id}`)).body).toMatchObject({
    stand_in: true,
    base_model: "anneal-tiny",
    provider: "local",
  });
  const chat = await here.request("POST", "/v1/chat/completions", {
    body: { model, messages: [{ role: "user", content: "What colour is the sea?" }], max_tokens: 4 },
  });
  expect(chat.headers.get("x-anneal-stand-in")).toBe("anneal-tiny");
  expect(chat.body.model).toBe(model);
});

test("a quote is made from what runs took; while none was measured, it says so", async () => {
  const { body } = await here.request("POST", "/api/v1/quotes", { body: { model: "anneal-tiny", training_file } });
  expect(body).toMatchObject({ seconds: null, cost_usd: null, provider: "local", tokens: { estimated: false } });
  expect(body.tokens.count).toBeGreaterThan(0);
});

test("validation rows that are trained on as well are counted and said", async () => {
  const mixed = await upload(here.openai, jsonl([...rows(2, 500), ...rows(2), ...rows(1, 600)]), "validation.jsonl");
  await processed(here.openai, mixed.id);
  const { id } = await here.openai.fineTuning.jobs.create({
    model: "anneal-tiny",
    training_file,
    validation_file: mixed.id,
  });
  const { body } = await until(
    () => here.request("GET", `/api/v1/jobs/${id}`),
    ({ body: job }) => job.leakage !== null,
  );
  expect(body.leakage).toEqual({ rows: 2, listed: [3, 4] });
  const events = await until(
    () => here.openai.fineTuning.jobs.listEvents(id, { limit: 100 }),
    ({ data }) => data.some(({ message }) => /also in the training file/.test(message)),
  );
  expect(events.data.find(({ message }) => /also in the training file/.test(message))).toMatchObject({
    level: "warn",
    data: { leaked_rows: 2 },
  });
  await here.openai.fineTuning.jobs.cancel(id);
});

test("models have their owners", async () => {
  const { models } = here.openai;
  expectOpenAI("Model", await models.retrieve("anneal-tiny"));
  await expect(models.retrieve("ft:anneal-tiny:laptop::nope")).rejects.toMatchObject({ status: 404 });
});
