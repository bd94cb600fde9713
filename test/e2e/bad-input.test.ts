import { request as httpRequest } from "node:http";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { expectOpenAI } from "../contracts/openai.ts";
import { jsonl, newKey, processed, rows, upload, type World, world } from "../world.ts";

let here: World;
let file: string;
beforeAll(async () => {
  here = await world();
  file = (await upload(here.openai, jsonl(rows(12)))).id;
  await processed(here.openai, file);
});
afterAll(() => here.close());

const job = (changes: object) => ({ model: "anneal-tiny", training_file: file, ...changes });
const multipart = { "content-type": "multipart/form-data; boundary=x" };

/** What is wrong, how it is sent, and the status, field and words that answer it. */
const wrong: [what: string, () => [string, string, Parameters<World["request"]>[2]?], number, string | null, RegExp][] =
  [
    [
      "JSON that does not parse",
      () => ["POST", "/v1/fine_tuning/jobs", { body: '{"model":', headers: { "content-type": "application/json" } }],
      400,
      null,
      /not JSON/,
    ],
    [
      "another content type",
      () => ["POST", "/v1/fine_tuning/jobs", { body: "model: x", headers: { "content-type": "text/yaml" } }],
      415,
      null,
      /application\/json/,
    ],
    [
      "a body that is no object",
      () => ["POST", "/v1/fine_tuning/jobs", { body: "[]", headers: { "content-type": "application/json" } }],
      400,
      null,
      /object/,
    ],
    ["no model", () => ["POST", "/v1/fine_tuning/jobs", { body: { training_file: file } }], 400, "model", /model/],
    [
      "an unknown model",
      () => ["POST", "/v1/fine_tuning/jobs", { body: job({ model: "gpt-9" }) }],
      400,
      "model",
      /Known are .*anneal-tiny/,
    ],
    [
      "an unknown file",
      () => ["POST", "/v1/fine_tuning/jobs", { body: job({ training_file: "file-nope" }) }],
      400,
      "training_file",
      /Upload it/,
    ],
    [
      "an unknown validation file",
      () => ["POST", "/v1/fine_tuning/jobs", { body: job({ validation_file: "file-nope" }) }],
      400,
      "validation_file",
      /Upload it/,
    ],
    [
      "too many epochs",
      () => ["POST", "/v1/fine_tuning/jobs", { body: job({ hyperparameters: { n_epochs: 51 } }) }],
      400,
      "hyperparameters.n_epochs",
      /1 to 50/,
    ],
    [
      "a batch of zero",
      () => [
        "POST",
        "/v1/fine_tuning/jobs",
        { body: job({ method: { type: "supervised", supervised: { hyperparameters: { batch_size: 0 } } } }) },
      ],
      400,
      "method.supervised.hyperparameters.batch_size",
      /1 to 256/,
    ],
    [
      "a suffix that is too long",
      () => ["POST", "/v1/fine_tuning/jobs", { body: job({ suffix: "x".repeat(65) }) }],
      400,
      "suffix",
      /64/,
    ],
    ["a negative seed", () => ["POST", "/v1/fine_tuning/jobs", { body: job({ seed: -1 }) }], 400, "seed", /0/],
    [
      "seventeen pairs of metadata",
      () => [
        "POST",
        "/v1/fine_tuning/jobs",
        { body: job({ metadata: Object.fromEntries(Array.from({ length: 17 }, (_, i) => [`k${i}`, "v"])) }) },
      ],
      400,
      "metadata",
      /16/,
    ],
    [
      "a method that is not offered",
      () => ["POST", "/v1/fine_tuning/jobs", { body: job({ method: { type: "dpo" } }) }],
      400,
      "method.type",
      /supervised/,
    ],
    [
      "an integration",
      () => ["POST", "/v1/fine_tuning/jobs", { body: job({ integrations: [{ type: "wandb" }] }) }],
      400,
      "integrations",
      /leave the field out/,
    ],
    [
      "a multipart body without end",
      () => [
        "POST",
        "/v1/files",
        {
          body: '--x\r\nContent-Disposition: form-data; name="file"; filename="a.jsonl"\r\n\r\n{"a"',
          headers: multipart,
        },
      ],
      400,
      null,
      /cut off/,
    ],
    [
      "a multipart body without a boundary",
      () => ["POST", "/v1/files", { body: "x", headers: { "content-type": "multipart/form-data" } }],
      400,
      null,
      /multipart/,
    ],
    ["a file as JSON", () => ["POST", "/v1/files", { body: { file: "x" } }], 415, null, /multipart\/form-data/],
    [
      "no purpose",
      () => [
        "POST",
        "/v1/files",
        {
          body: '--x\r\nContent-Disposition: form-data; name="file"; filename="a.jsonl"\r\n\r\n{}\r\n--x--\r\n',
          headers: multipart,
        },
      ],
      400,
      "purpose",
      /fine-tune/,
    ],
    [
      "no file",
      () => [
        "POST",
        "/v1/files",
        {
          body: '--x\r\nContent-Disposition: form-data; name="purpose"\r\n\r\nfine-tune\r\n--x--\r\n',
          headers: multipart,
        },
      ],
      400,
      "file",
      /form field/,
    ],
    [
      "an unknown job",
      () => ["GET", "/v1/fine_tuning/jobs/ftjob-nope"],
      404,
      "fine_tuning_job_id",
      /no fine-tuning job/,
    ],
    ["a page that is too large", () => ["GET", "/v1/fine_tuning/jobs?limit=1000"], 400, "limit", /100/],
    ["a cursor that is no id", () => ["GET", "/v1/fine_tuning/jobs?after=x"], 400, "after", /not the id/],
    ["an unknown route", () => ["GET", "/v1/nothing"], 404, null, /no such route/],
    ["a base model to delete", () => ["DELETE", "/v1/models/anneal-tiny"], 403, "model", /base model/],
    [
      "a chat with nobody",
      () => ["POST", "/v1/chat/completions", { body: { model: "gpt-9", messages: [{ role: "user", content: "hi" }] } }],
      404,
      "model",
      /no model/,
    ],
    [
      "a chat without messages",
      () => ["POST", "/v1/chat/completions", { body: { model: "anneal-tiny", messages: [] } }],
      400,
      "messages",
      /at least one/,
    ],
    [
      "an upload that is too large",
      () => [
        "POST",
        "/v1/uploads",
        { body: { filename: "a", purpose: "fine-tune", bytes: 10 ** 12, mime_type: "text/plain" } },
      ],
      400,
      "bytes",
      /presigned form/,
    ],
    [
      "an idempotency key that is too long",
      () => ["POST", "/v1/fine_tuning/jobs", { body: job({}), headers: { "idempotency-key": "x".repeat(256) } }],
      400,
      "Idempotency-Key",
      /255/,
    ],
  ];

describe("a request that is wrong", () => {
  test.each(wrong)("%s", async (_, send, status, param, words) => {
    const [method, path, options] = send();
    const answer = await here.request(method, path, options);
    expect({ status: answer.status, param: answer.body.error?.param, text: JSON.stringify(answer.body) }).toEqual({
      status,
      param,
      text: expect.stringMatching(words),
    });
    expectOpenAI("ErrorResponse", answer.body);
    expect(JSON.stringify(answer.body)).not.toMatch(/node_modules|\.ts:\d/);
  });

  test("in the encoding of its path is refused by the gateway", async () => {
    expect(await here.request("GET", "/v1/models/%E0%A4%A")).toMatchObject({ status: 400 });
  });

  test("leaves no job behind", async () => {
    expect((await here.openai.fineTuning.jobs.list()).data).toEqual([]);
  });
});

describe("a key", () => {
  const asks = (headers: Record<string, string>) => here.request("GET", "/v1/models", { headers });
  test("that is missing, mangled or unknown is 401", async () => {
    for (const authorization of [
      "",
      "Bearer ",
      "Bearer nonsense",
      `Bearer ${here.apiKey}x`,
      `Bearer ann_${"0".repeat(16)}.${"A".repeat(43)}`,
    ]) {
      const { status, body } = await asks({ authorization });
      expect([authorization, status, body.error.code]).toEqual([authorization, 401, "invalid_api_key"]);
    }
  });
  test("is taken from X-API-Key as well", async () => {
    expect((await asks({ authorization: "", "x-api-key": here.apiKey })).status).toBe(200);
  });
  test("without the scope is 403, and with another organization's ids finds nothing", async () => {
    const reader = await newKey(here.dataDir, "other", ["fine-tuning:read"]);
    const as = (method: string, path: string, body?: object) =>
      here.request(method, path, { headers: { authorization: `Bearer ${reader}` }, ...(body && { body }) });
    expect((await as("POST", "/v1/fine_tuning/jobs", job({}))).status).toBe(403);
    expect((await as("GET", `/v1/files/${file}`)).status).toBe(404);
    expect((await as("GET", `/v1/files/${file}/content`)).status).toBe(404);
    expect((await as("GET", `/api/v1/datasets/${file}/report`)).status).toBe(404);
    expect((await as("GET", "/v1/files")).body.data).toEqual([]);
  });
});

test("a body of 4 GB is refused when it is announced", async () => {
  const { hostname, port } = new URL(here.url);
  const status = await new Promise<number | undefined>((resolve, reject) => {
    const announced = httpRequest(
      {
        hostname,
        port,
        method: "POST",
        path: "/v1/files",
        headers: { "content-length": String(4 * 1024 ** 3), authorization: `Bearer ${here.apiKey}`, ...multipart },
      },
      (response) => {
        response.resume();
        resolve(response.statusCode);
        announced.destroy();
      },
    );
    announced.on("error", reject);
    announced.write("--x");
  });
  expect(status).toBe(413);
});

describe("a file that is not what it should be", () => {
  const utf16 = (text: string) => Buffer.from(`\uFEFF${text}`, "utf16le");
  const bad: [string, string | Buffer, RegExp][] = [
    ["binary named .jsonl", Buffer.concat([Buffer.from("PK\x03\x04"), Buffer.alloc(200)]), /zip/i],
    ["no JSON at all", "hello\nworld\n", /JSON/],
    ["rows of an unknown shape", jsonl([{ a: 1 }, { a: 2 }]), /messages/],
    ["one line of 5 MB", `{"messages":"${"x".repeat(3.9e6)}"}\n`, /.+/],
  ];
  test.each(bad)("%s is rejected with the reason", async (_, content, words) => {
    const created = await upload(here.openai, content);
    const { status, status_details } = await processed(here.openai, created.id);
    expect({ status, status_details }).toEqual({ status: "error", status_details: expect.stringMatching(words) });
    const refused = await here.request("POST", "/v1/fine_tuning/jobs", { body: job({ training_file: created.id }) });
    expect([refused.status, refused.body.error.param]).toEqual([400, "training_file"]);
  });

  const good: [string, string | Buffer][] = [
    ["UTF-16", utf16(jsonl(rows(3)))],
    ["a byte order mark", `\uFEFF${jsonl(rows(3))}`],
    ["CRLF", jsonl(rows(3)).replaceAll("\n", "\r\n")],
    ["CSV", 'prompt,completion\n"a, b","c\nd"\ne,f\ng,h\n'],
  ];
  test.each(good)("%s is read", async (_, content) => {
    const created = await upload(here.openai, content, _ === "CSV" ? "a.csv" : "a.jsonl");
    expect(await processed(here.openai, created.id)).toMatchObject({ status: "processed" });
    const { body } = await here.request("GET", `/api/v1/datasets/${created.id}`);
    expect(body.rows).toBe(3);
  });

  test("a job that was created before its file was found out fails with the reason", async () => {
    const created = await upload(here.openai, "hello\n");
    const answer = await here.request("POST", "/v1/fine_tuning/jobs", { body: job({ training_file: created.id }) });
    if (answer.status !== 200) return expect(answer.body.error.param).toBe("training_file");
    for (;;) {
      const found = await here.openai.fineTuning.jobs.retrieve(answer.body.id);
      if (found.status !== "validating_files")
        return expect(found).toMatchObject({ status: "failed", error: { param: "training_file" } });
    }
  });
});

test("an idempotency key makes one job, and none with another body", async () => {
  const headers = { "idempotency-key": "once" };
  const make = (changes: object) =>
    here.request("POST", "/v1/fine_tuning/jobs", { body: job({ suffix: "once", ...changes }), headers });
  const [first, again] = await Promise.all([make({}), make({})]);
  expect(again.body.id).toBe(first.body.id);
  expect(await make({ seed: 5 })).toMatchObject({ status: 400, body: { error: { param: "Idempotency-Key" } } });
  await here.openai.fineTuning.jobs.cancel(first.body.id);
  // A second cancel is 400, because OpenAI's clients retry a 409.
  expect(
    await here.request("POST", `/v1/fine_tuning/jobs/${first.body.id}/cancel`, {
      body: "",
      headers: { "content-type": "application/json" },
    }),
  ).toMatchObject({ status: 400 });
});
