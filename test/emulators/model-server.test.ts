import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CreateBucketCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { serializeGgufMetadata } from "@huggingface/gguf";
import OpenAI from "openai";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startWorker } from "../../local/emulators/model-server/worker.ts";
import { startModelServer } from "../../local/emulators/model-server.ts";
import { type Storage, startStorage } from "../../local/emulators/storage.ts";

const credentials = { accessKeyId: "local", secretAccessKey: "local" };
let dir: string;
let storage: Storage;
let server: Awaited<ReturnType<typeof startModelServer>>;
let openai: OpenAI;
let s3: S3Client;

/** A header with one tensor of `values` F32, and then `bytes` bytes. */
function gguf(values: bigint, bytes: number) {
  const header = serializeGgufMetadata({
    version: { value: 3, type: 4 },
    tensor_count: { value: 1n, type: 10 },
    kv_count: { value: 1n, type: 10 },
    "general.architecture": { value: "llama", type: 8 },
  } as never);
  const bare = Buffer.from(header);
  // The serializer pads to the alignment where tensor descriptions must begin.
  const end = bare.indexOf("llama") + 5;
  const tensor = Buffer.alloc(8 + 1 + 4 + 8 + 4 + 8);
  tensor.writeBigUInt64LE(1n, 0);
  tensor.write("t", 8);
  tensor.writeUInt32LE(1, 9);
  tensor.writeBigUInt64LE(values, 13);
  const described = Buffer.concat([bare.subarray(0, end), tensor]);
  return Buffer.concat([described, Buffer.alloc((32 - (described.length % 32)) % 32), Buffer.alloc(bytes)]);
}
const put = (Key: string, Body: Buffer) => s3.send(new PutObjectCommand({ Bucket: "models", Key, Body }));

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "model-server-"));
  storage = await startStorage({ dir });
  s3 = new S3Client({ endpoint: storage.s3Url, region: "us-east-1", credentials });
  await s3.send(new CreateBucketCommand({ Bucket: "models" }));
  for (const name of ["a", "b", "c"]) await put(`${name}.gguf`, gguf(8n, 32));
  await put("short.gguf", gguf(9n, 32));
  await put("noise.gguf", Buffer.from("this is no model at all"));
  const env = {
    AWS_ENDPOINT_URL_S3: storage.s3Url,
    AWS_REGION: "us-east-1",
    AWS_ACCESS_KEY_ID: "local",
    AWS_SECRET_ACCESS_KEY: "local",
  };
  server = await startModelServer({ dir, env, servePath: new URL("./fake-serve.ts", import.meta.url).pathname });
  openai = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: "any", maxRetries: 0 });
});
afterAll(async () => {
  await server.close();
  await storage.close();
  await rm(dir, { recursive: true });
});

const ask = (content: string, model = "a", more: object = {}) =>
  openai.chat.completions.create({
    model: `s3://models/${model}.gguf`,
    messages: [{ role: "user", content }],
    ...more,
  });
const textOf = async (...asked: Parameters<typeof ask>) => (await ask(...asked)).choices[0]!.message.content!;
const processOf = async (model: string) => (await textOf("hi", model)).split(" ")[0];

test("a chat is answered whole", async () => {
  const answer = await ask("hello");
  expect(answer).toMatchObject({
    object: "chat.completion",
    model: "s3://models/a.gguf",
    choices: [
      { index: 0, finish_reason: "stop", message: { role: "assistant", content: expect.stringMatching(/ hello$/) } },
    ],
    usage: { prompt_tokens: 3, completion_tokens: 5, total_tokens: 8 },
  });
});

test("a chat is answered in pieces, with usage when asked for", async () => {
  const stream = await openai.chat.completions.create({
    model: "s3://models/a.gguf",
    messages: [
      { role: "developer", content: "be brief" },
      { role: "user", content: [{ type: "text", text: "in pieces" }] },
    ],
    stream: true,
    stream_options: { include_usage: true },
  });
  const chunks = [];
  for await (const chunk of stream) chunks.push(chunk);
  expect(chunks.map(({ choices }) => choices[0]?.delta.content ?? "").join("")).toMatch(/ in pieces$/);
  expect(chunks[0]!.choices[0]!.delta.role).toBe("assistant");
  expect(chunks.at(-2)!.choices[0]!.finish_reason).toBe("stop");
  expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { total_tokens: 8 } });
  expect(new Set(chunks.map(({ id }) => id)).size).toBe(1);
});

test("text is completed, whole and in pieces", async () => {
  const answer = await openai.completions.create({
    model: "s3://models/a.gguf",
    prompt: "settings",
    seed: 7,
    stop: "x",
  });
  expect(JSON.parse(answer.choices[0]!.text)).toEqual({ maxTokens: 16, temperature: 1, seed: 7, stop: ["x"] });
  let text = "";
  for await (const chunk of await openai.completions.create({
    model: "s3://models/a.gguf",
    prompt: "go on",
    stream: true,
  }))
    text += chunk.choices[0]!.text;
  expect(text).toMatch(/ go on$/);
});

test("the settings reach the model", async () => {
  const settings = await textOf("settings", "a", {
    max_completion_tokens: 4,
    temperature: 0,
    top_p: 0.5,
    stop: ["a", "b"],
  });
  expect(JSON.parse(settings)).toEqual({ maxTokens: 4, temperature: 0, topP: 0.5, stop: ["a", "b"] });
});

test("what cannot be done is refused, in OpenAI's shape", async () => {
  const refusals: [status: number, param: string | null, asked: () => Promise<unknown>][] = [
    [400, "n", () => ask("x", "a", { n: 2 })],
    [400, "logprobs", () => ask("x", "a", { logprobs: true })],
    [400, "temperature", () => ask("x", "a", { temperature: 3 })],
    [400, "tools", () => ask("x", "a", { tools: [{}] })],
    [400, "messages", () => ask("long")],
    [400, "model", () => ask("x", "noise")],
    [400, "model", () => ask("x", "short")],
    [404, "model", () => ask("x", "absent")],
    [
      404,
      "model",
      () => openai.chat.completions.create({ model: "gpt-4o", messages: [{ role: "user", content: "x" }] }),
    ],
  ];
  for (const [status, param, asked] of refusals)
    await expect(asked()).rejects.toMatchObject({ status, param, type: "invalid_request_error" });
  await expect(ask("x", "noise")).rejects.toThrow(/no GGUF/);
  await expect(ask("x", "short")).rejects.toThrow(/ends within the tensor 't'/);
});

test("models stay warm, the least recently used makes room, and a new content is loaded anew", async () => {
  const [a, b] = [await processOf("a"), await processOf("b")];
  expect(await processOf("a")).toBe(a);
  await processOf("c");
  expect(await processOf("a")).toBe(a);
  expect(await processOf("b")).not.toBe(b);
  const before = await processOf("c");
  await put("c.gguf", gguf(8n, 64));
  expect(await processOf("c")).not.toBe(before);
});

test("a model that dies fails what it was doing, and is there again for the next", async () => {
  const before = await processOf("a");
  const waiting = ask("wait");
  const [first] = await Promise.allSettled([waiting, ask("die").catch(() => {})]);
  expect(first).toMatchObject({ status: "rejected", reason: { status: 503, type: "server_error" } });
  expect(await processOf("a")).not.toBe(before);
});

test("each request to a process that has gone deaf fails, and nothing else does", async () => {
  const worker = startWorker(new URL("./fake-serve.ts", import.meta.url).pathname, "a.gguf", {});
  const say = (content: string) => {
    const patience = AbortSignal.timeout(100);
    return worker.generate({ op: "chat", messages: [{ role: "user", content }], temperature: 0 }, patience).next();
  };
  await say("deaf").catch(() => {});
  const both = () => Promise.allSettled([say("wait"), say("wait")]);
  const rejections = async () => (await both()).map((each) => each.status === "rejected" && each.reason.status);
  // Two in one tick: the second one's error comes after the first one was heard.
  await expect.poll(rejections).toEqual([503, 503]);
  worker.end();
  await worker.gone;
});

test("a client that leaves cancels its request", async () => {
  await processOf("a");
  const leaving = new AbortController();
  const asked = openai.chat.completions.create(
    { model: "s3://models/a.gguf", messages: [{ role: "user", content: "wait" }] },
    { signal: leaving.signal },
  );
  setTimeout(() => leaving.abort(), 100);
  await expect(asked).rejects.toThrow(/abort/i);
  while ((await textOf("hi")).split(" ")[1] === "0") await new Promise((resolve) => setTimeout(resolve, 10));
});
