import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { newKey, settled, until, type World, world } from "../world.ts";

let here: World;
beforeAll(async () => {
  here = await world();
});
afterAll(() => here.close());

const PROJECT = "7d4e2a10-52c1-4f0e-9a39-0c7f3b1d6e55";
const DATASET = "1b9c6f02-88aa-4a53-8f0d-2f61f4b5c7aa";
const text = JSON.stringify;

/** The documented forms of a span, with questions and answers of our own. */
const openai = (question: string, answer: string) => ({
  request: text({
    model: "gpt-4o-mini",
    messages: [
      { role: "system", content: "You are the harbour office." },
      { role: "user", content: question },
    ],
  }),
  output: text({ choices: [{ message: { role: "assistant", content: answer } }] }),
});
const anthropic = (question: string, answer: string) => ({
  request: text({ contents: [{ role: "user", content: question }] }),
  output: text({ content: [{ type: "text", text: answer }] }),
});
const input = (question: string, answer: string) => ({
  input: text({ messages: [{ role: "user", content: question }] }),
  response: answer,
});

const record = (n: number, attribute: object, more: object = {}) => ({
  id: `record-${n}`,
  datasetId: DATASET,
  data: { span_id: `span-${n}`, trace_id: `trace-${n}`, operation_name: "chat", attribute },
  createdAt: 1_763_000_000,
  ...more,
});
const berths = [
  record(1, openai("Where does ship 1 lie?", "At berth 1, captain."), { spanId: "span-1", topic: "berths" }),
  record(2, openai("Where does ship 2 lie?", "At berth 2, captain."), {
    evaluation: { score: 0.95, feedback: "Good" },
  }),
];
const body = (records: unknown[], more: object = {}) => ({
  dataset: { id: DATASET, name: "Harbour office", createdAt: 1_763_000_000, updatedAt: 1_763_000_000, records },
  base_model: "gpt-4o-mini",
  provider: "openai",
  ...more,
});
const documented = {
  hyperparameters: { batch_size: 4, learning_rate_multiplier: 0.1, n_epochs: 3 },
  suffix: "harbour-v1",
};

const jobsOf = (project: string) => `/projects/${project}/finetune/jobs`;
const call = (method: string, path: string, sent?: unknown, headers: Record<string, string> = {}) =>
  here.request(method, path, { body: sent, headers: { "x-project-id": PROJECT, ...headers } });
const create = (sent: unknown, headers?: Record<string, string>) => call("POST", jobsOf(PROJECT), sent, headers);
const cancel = (id: string) => call("POST", `${jobsOf(PROJECT)}/${id}/cancel`);
const iso = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);

/** How much there is of everything that a refused call could leave behind. */
const left = async () => [
  (await here.openai.files.list()).data.length,
  (await here.openai.fineTuning.jobs.list({ limit: 100 })).data.length,
];

describe("a documented request", () => {
  test("is answered with every documented key", async () => {
    const { status, body: job, headers } = await create(body(berths, documented));
    expect(status).toBe(201);
    expect(job).toEqual({
      id: expect.stringMatching(/^ftjob-/),
      provider_job_id: expect.stringMatching(/./),
      status: "pending",
      base_model: "gpt-4o-mini",
      provider: "openai",
      ...documented,
      training_file_id: expect.stringMatching(/^file-/),
      validation_file_id: null,
      created_at: iso,
      updated_at: iso,
    });
    expect(headers.get("x-anneal-stand-in")).toBe("anneal-tiny");
    expect((await cancel(job.id)).body).toMatchObject({ id: job.id, status: "cancelled" });
  });

  test.each([
    ["without hyperparameters", openai],
    ["in Anthropic's form", anthropic],
    ["with `input` and `response`", input],
    ["with nothing but a `content`", (_: string, answer: string) => ({ content: answer })],
  ])("%s is one as well", async (_, form) => {
    const { status, body: job } = await create(body([record(1, form("Where does ship 1 lie?", "At berth 1."))]));
    expect([status, job.suffix, job.status]).toEqual([201, null, "pending"]);
    expect(job.hyperparameters).toEqual({ batch_size: "auto", learning_rate_multiplier: "auto", n_epochs: "auto" });
    await cancel(job.id);
  });

  test("is taken with X-API-Key, too", async () => {
    const response = await fetch(`${here.url}${jobsOf(PROJECT)}`, {
      method: "GET",
      headers: { "x-api-key": here.apiKey, "x-project-id": PROJECT },
    });
    expect(response.status).toBe(200);
  });
});

test("spans are really trained on, and every prepared line is known by its record and spans", async () => {
  const records = [
    ...Array.from({ length: 8 }, (_, n) => record(n, [openai, anthropic, input][n % 3]!(`Where is ${n}?`, `At ${n}.`))),
    record(8, {}),
    record(9, anthropic("Where is 9?", "At\u20289.")),
    record(10, { content: "The harbour is closed." }),
  ];
  const sent = body(records, { base_model: "anneal-tiny", hyperparameters: { n_epochs: 1, batch_size: 4 } });
  const { body: job, headers } = await create(sent);
  expect(headers.get("x-anneal-stand-in")).toBeNull();
  expect(await settled(here.openai, job.id)).toMatchObject({
    status: "succeeded",
    training_file: job.training_file_id,
  });

  const done = await call("GET", `${jobsOf(PROJECT)}/${job.id}`);
  expect(done.status).toBe(200);
  expect(done.body).toMatchObject({
    status: "succeeded",
    provider: "openai",
    provider_job_id: job.provider_job_id,
    hyperparameters: { n_epochs: 1, batch_size: 4 },
  });
  const { body: dataset } = await here.request("GET", `/api/v1/datasets/${job.training_file_id}`);
  expect(dataset).toMatchObject({ status: "ready", rows: 10, filename: "Harbour office.spans.jsonl" });
  const { body: report } = await here.request("GET", `/api/v1/datasets/${job.training_file_id}/report`);
  expect(report).toMatchObject({ shape: "spans", rows: { total: 11, accepted: 10 }, reasons: { span_empty: 1 } });

  const { body: lines } = await here.request("GET", `/api/v1/datasets/${job.training_file_id}/records`);
  const prepared = (lines as string)
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(prepared.at(-2)).toEqual({
    messages: [
      { role: "user", content: "Where is 9?" },
      { role: "assistant", content: "At\u20289." },
    ],
  });
  expect(prepared.at(-1)).toEqual({ messages: [{ role: "assistant", content: "The harbour is closed." }] });
  expect(prepared).toHaveLength(10);

  const lineage = (query: string) => here.request("GET", `/api/v1/datasets/${job.training_file_id}/lineage${query}`);
  const whole = await lineage("");
  expect(whole.body.has_more).toBe(false);
  expect(whole.body.data).toHaveLength(10);
  expect(whole.body.data.at(-1)).toEqual({ line: 10, row: 11, record_id: "record-10", span_ids: ["span-10"] });
  const page = await lineage("?limit=2&after=3");
  expect(page.body).toEqual({ object: "list", data: whole.body.data.slice(3, 5), has_more: true });
  expect((await lineage("?after=10")).body.data).toEqual([]);
  expect((await lineage("?after=-1")).status).toBe(400);
  expect((await call("POST", `${jobsOf(PROJECT)}/${job.id}/cancel`)).status).toBe(409);
});

test("a job is one job: OpenAI's client sees it and cancels it, and jobs made there are seen here", async () => {
  const { jobs } = here.openai.fineTuning;
  const { body: made } = await create(body(berths, documented));
  expect(await jobs.retrieve(made.id)).toMatchObject({
    model: "gpt-4o-mini",
    training_file: made.training_file_id,
    metadata: { project: PROJECT },
  });
  expect((await jobs.list({ metadata: { project: PROJECT } })).data.map(({ id }) => id)).toContain(made.id);
  await jobs.cancel(made.id);
  expect((await call("GET", `${jobsOf(PROJECT)}/${made.id}`)).body).toMatchObject({ status: "cancelled" });

  const other = await jobs.create({ model: "anneal-tiny", training_file: made.training_file_id });
  await jobs.pause(other.id);
  expect((await call("GET", `${jobsOf(PROJECT)}/${other.id}`)).body).toMatchObject({
    status: "running",
    provider: "local",
  });
  expect((await cancel(other.id)).body).toMatchObject({ status: "cancelled" });
  expect(await jobs.retrieve(other.id)).toMatchObject({ status: "cancelled" });
});

test("a project lists its own jobs, newest first and page by page", async () => {
  const project = "a project of its own";
  const path = `/projects/${encodeURIComponent(project)}/finetune/jobs`;
  const named = { "x-project-id": project };
  const ids: string[] = [];
  for (const _ of [1, 2]) {
    const { body: job } = await call("POST", path, body(berths), named);
    ids.unshift(job.id);
    await call("POST", `${path}/${job.id}/cancel`, undefined, named);
  }
  const elsewhere = (await create(body(berths))).body.id;
  await cancel(elsewhere);
  const listed = async (query = "") =>
    (await call("GET", `${path}${query}`, undefined, named)).body.map(({ id }: { id: string }) => id);
  expect((await listed()).filter((id: string) => ids.includes(id))).toEqual(ids);
  expect(await listed()).not.toContain(elsewhere);
  expect(await listed("?limit=1")).toEqual([ids[0]]);
  expect(await listed(`?limit=1&after=${ids[0]}`)).toEqual([ids[1]]);
  expect((await call("GET", `${path}/${elsewhere}`, undefined, named)).status).toBe(404);
  expect((await call("POST", `${path}/${elsewhere}/cancel`, undefined, named)).status).toBe(404);
  expect((await call("GET", `${path}?limit=0`, undefined, named)).status).toBe(400);
});

test("filters by score and topic are taken when they are asked for", async () => {
  const records = [...berths, record(3, openai("Where?", "There."), { topic: "fees", evaluation: { score: 0.2 } })];
  const lines = async (more: object) => {
    const { body: job } = await create(body(records, more));
    await cancel(job.id);
    const { body: dataset } = await until(
      () => here.request("GET", `/api/v1/datasets/${job.training_file_id}/lineage`),
      ({ status }) => status === 200,
    );
    return dataset.data.map(({ record_id }: { record_id: string }) => record_id);
  };
  expect(await lines({})).toEqual(["record-1", "record-2", "record-3"]);
  expect(await lines({ min_score: 0.5 })).toEqual(["record-2"]);
  expect(await lines({ topics: ["fees", "berths"] })).toEqual(["record-1", "record-3"]);
  const none = await create(body(records, { min_score: 0.5, topics: ["fees"] }));
  expect(none).toMatchObject({
    status: 400,
    body: { error: "Bad Request", message: expect.stringMatching(/min_score/) },
  });
});

test("an Idempotency-Key makes one job and one file of two calls", async () => {
  const key = { "idempotency-key": "harbour-1" };
  const [first, again] = [await create(body(berths), key), await create(body(berths), key)];
  expect([again.status, again.body.id]).toEqual([201, first.body.id]);
  expect(again.body.training_file_id).toBe(first.body.training_file_id);
  expect((await create(body(berths, { min_score: 0.9 }), key)).status).toBe(400);
  await cancel(first.body.id);
  await here.openai.files.delete(first.body.training_file_id);
  expect((await create(body(berths), key)).body).toMatchObject({ id: first.body.id, status: "cancelled" });
  await expect(here.openai.files.retrieve(first.body.training_file_id)).rejects.toMatchObject({ status: 404 });
});

describe("refused, with nothing left behind:", () => {
  const nothing = {
    error: "Bad Request",
    message: "Failed to generate JSONL: No valid messages found in dataset records",
  };
  const unknownKey = { authorization: `Bearer ann_0123456789abcdef.${"x".repeat(43)}` };
  const without = (name: string) => Object.fromEntries(Object.entries(body(berths)).filter(([key]) => key !== name));
  const lacking = (name: string) => {
    const [first] = berths;
    return body([Object.fromEntries(Object.entries(first!).filter(([key]) => key !== name))]);
  };

  test.each<[what: string, sent: unknown, status: number, reply: unknown, headers?: Record<string, string>]>([
    ["no records", body([]), 400, nothing],
    ["records without messages", body([record(1, {}), record(2, { request: "?", output: "" })]), 400, nothing],
    ["a record without an attribute", body([{ ...record(1, {}), data: { span_id: "1" } }]), 400, nothing],
    ["an unknown key", body(berths), 401, { error: "Unauthorized", message: "Invalid or missing API key" }, unknownKey],
    ["an unknown key before a bad body", "{", 401, expect.objectContaining({ error: "Unauthorized" }), unknownKey],
    [
      "another project in the header",
      body(berths),
      400,
      { error: "Bad Request", message: expect.stringMatching(/X-Project-Id is 'other'/) },
      { "x-project-id": "other" },
    ],
    [
      "questions alone",
      body([record(1, { request: [{ role: "user", content: "?" }] })]),
      400,
      { error: "Bad Request", message: expect.stringMatching(/no assistant message/) },
    ],
    ["no dataset", without("dataset"), 400, { error: "Bad Request", message: expect.stringMatching(/'dataset'/) }],
    [
      "no base model",
      without("base_model"),
      400,
      { error: "Bad Request", message: expect.stringMatching(/'base_model'/) },
    ],
    ["no provider", without("provider"), 400, { error: "Bad Request", message: expect.stringMatching(/'provider'/) }],
    [
      "a record without id",
      lacking("id"),
      400,
      { error: "Bad Request", message: expect.stringMatching(/'dataset\.records\.0\.id'/) },
    ],
    [
      "a record without datasetId",
      lacking("datasetId"),
      400,
      { error: "Bad Request", message: expect.stringMatching(/datasetId/) },
    ],
    ["a record without data", lacking("data"), 400, { error: "Bad Request", message: expect.stringMatching(/data/) }],
    [
      "a record without createdAt",
      lacking("createdAt"),
      400,
      { error: "Bad Request", message: expect.stringMatching(/createdAt/) },
    ],
    [
      "an unknown model",
      body(berths, { base_model: "gpt-9" }),
      400,
      { error: "Bad Request", message: expect.stringMatching(/Known are/) },
    ],
    [
      "no epochs",
      body(berths, { hyperparameters: { n_epochs: 0 } }),
      400,
      { error: "Bad Request", message: expect.stringMatching(/n_epochs/) },
    ],
    [
      "a suffix with a slash",
      body(berths, { suffix: "a/b" }),
      400,
      { error: "Bad Request", message: expect.stringMatching(/suffix/) },
    ],
    [
      "a score that is text",
      body(berths, { min_score: "high" }),
      400,
      { error: "Bad Request", message: expect.stringMatching(/min_score/) },
    ],
    [
      "a bottomless record",
      text(body([record(1, { request: 0 })])).replace('"request":0', `"request":${"[".repeat(2e5)}${"]".repeat(2e5)}`),
      400,
      { error: "Bad Request", message: expect.stringMatching(/'dataset.records.0' is nested too deeply/) },
    ],
    ["a body that is not JSON", "{", 400, { error: "Bad Request", message: expect.stringMatching(/not JSON/) }],
  ])("%s", async (_, sent, status, reply, headers = {}) => {
    const before = await left();
    const type = typeof sent === "string" ? { "content-type": "application/json" } : {};
    const answer = await create(sent, { ...type, ...headers } as Record<string, string>);
    expect([answer.status, answer.body]).toEqual([status, reply]);
    expect(await left()).toEqual(before);
  });

  test("no project in the header", async () => {
    const { status, body: reply } = await here.request("POST", jobsOf(PROJECT), { body: body(berths) });
    expect([status, reply.error]).toEqual([400, "Bad Request"]);
    expect(reply.message).toContain(`X-Project-Id: ${PROJECT}`);
  });

  test("a key without the right", async () => {
    const key = await newKey(here.dataDir, "laptop", ["fine-tuning:read"]);
    const answer = await create(body(berths), { authorization: `Bearer ${key}` });
    expect(answer).toMatchObject({ status: 403, body: { error: "Forbidden" } });
  });

  test("another organization's job, in a project of the same name", async () => {
    const key = await newKey(here.dataDir, "others", ["fine-tuning:read", "fine-tuning:write"]);
    const theirs = { authorization: `Bearer ${key}` };
    const { body: ours } = await create(body(berths));
    for (const [method, path] of [
      ["GET", ""],
      ["POST", "/cancel"],
    ] as const) {
      const answer = await call(method, `${jobsOf(PROJECT)}/${ours.id}${path}`, undefined, theirs);
      expect(answer).toMatchObject({ status: 404, body: { error: "Not Found" } });
    }
    expect((await call("GET", jobsOf(PROJECT), undefined, theirs)).body).toEqual([]);
    expect(
      (await here.request("GET", `/api/v1/datasets/${ours.training_file_id}/lineage`, { headers: theirs })).status,
    ).toBe(404);
    await cancel(ours.id);
  });

  test("what is not there, and what was cancelled before", async () => {
    const path = `${jobsOf(PROJECT)}/ftjob-01ARZ3NDEKTSV4RRFFQ69G5FAV`;
    expect(await call("GET", path)).toMatchObject({ status: 404, body: { error: "Not Found" } });
    expect(await call("GET", `${jobsOf(PROJECT)}/nonsense`)).toMatchObject({ status: 404 });
    const { body: job } = await create(body(berths));
    expect((await cancel(job.id)).status).toBe(200);
    expect(await cancel(job.id)).toMatchObject({
      status: 409,
      body: { error: "Conflict", message: expect.stringMatching(/already cancelled/) },
    });
  });
});

describe("many spans", () => {
  const long = "The tide is high at noon. ".repeat(400);
  const many = (count: number) =>
    Array.from({ length: count }, (_, n) => record(n, openai(`${n}? ${long}`, `At ${n}.`)));

  test("of four megabytes are one request", async () => {
    const sent = text(body(many(370)));
    expect(sent.length).toBeGreaterThan(3.9e6);
    const { status, body: job } = await create(sent, { "content-type": "application/json" });
    expect(status).toBe(201);
    await cancel(job.id);
    await until(
      () => here.request("GET", `/api/v1/datasets/${job.training_file_id}`),
      ({ body: dataset }) => dataset.status === "ready" && dataset.rows === 370,
    );
  });

  test("of more are refused with the remedy, which is an upload of the dataset as it is", async () => {
    const sent = body(many(600));
    const refused = await create(sent);
    expect(refused.status).toBe(413);
    expect(JSON.stringify(refused.body)).toContain("POST /api/v1/datasets");

    const { body: made } = await here.request("POST", "/api/v1/datasets", { body: { filename: "spans.json" } });
    const form = new FormData();
    for (const [name, value] of Object.entries(made.upload.fields)) form.append(name, value as string);
    form.append("file", new File([text(sent.dataset)], "spans.json"));
    expect((await fetch(made.upload.url, { method: "POST", body: form })).status).toBe(204);
    const { body: page } = await until(
      () => here.request("GET", `/api/v1/datasets/${made.id}/lineage?after=599`),
      ({ status }) => status === 200,
    );
    expect(page.data).toEqual([{ line: 600, row: 600, record_id: "record-599", span_ids: ["span-599"] }]);
  });
});
