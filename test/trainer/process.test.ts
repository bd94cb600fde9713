import { type ChildProcess, fork, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import {
  CreateBucketCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Storage, startStorage } from "../../local/emulators/storage.ts";
import { RunEvent } from "../../shared/runs.ts";
import { jsonl, makeRun, microModel, rows, runUri } from "./fixtures.ts";

const program = new URL("../../local/trainer/main.ts", import.meta.url).pathname;
const Bucket = "test";
const credentials = { accessKeyId: "local", secretAccessKey: "local" };
let directory: string;
let storage: Storage;
let s3: S3Client;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "trainer-"));
  storage = await startStorage({ dir: directory });
  s3 = new S3Client({ endpoint: storage.s3Url, region: "us-east-1", credentials });
  await s3.send(new CreateBucketCommand({ Bucket }));
  for (const [name, body] of Object.entries(microModel())) await put(`models/micro/${name}`, body);
  await put("train.jsonl", jsonl(rows));
  await put("validation.jsonl", jsonl(rows.slice(0, 5)));
});
afterAll(async () => {
  s3.destroy();
  await storage.close();
  await rm(directory, { recursive: true });
});

const put = (Key: string, Body: string | Uint8Array) => s3.send(new PutObjectCommand({ Bucket, Key, Body }));
const environment = (attempt: number) => ({
  ...process.env,
  ANNEAL_RUN: runUri(attempt),
  AWS_ENDPOINT_URL_S3: storage.s3Url,
  AWS_REGION: "us-east-1",
  AWS_ACCESS_KEY_ID: credentials.accessKeyId,
  AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
});

async function events(attempt: number): Promise<RunEvent[]> {
  const listed = await s3.send(new ListObjectsV2Command({ Bucket, Prefix: `runs/org/job/${attempt}/events/` }));
  const bodies = (listed.Contents ?? []).map(async ({ Key }) => {
    const object = await s3.send(new GetObjectCommand({ Bucket, Key }));
    return (await object.Body!.transformToString()).trim().split("\n");
  });
  return (await Promise.all(bodies)).flat().map((line) => RunEvent.parse(JSON.parse(line)));
}

async function trainingHasBegun(attempt: number) {
  while (!(await events(attempt)).some((event) => event.type === "metrics")) await wait(50);
}

/** A run that would take minutes. */
const endless = (attempt: number) =>
  put(
    `runs/org/job/${attempt}/run.json`,
    JSON.stringify(makeRun({ attempt, save: { everySteps: 1e6, atRiskSeconds: 60 } }, { epochs: 5000 })),
  );
const exit = async (child: ChildProcess) => (await once(child, "exit"))[0];

test("SIGTERM saves a checkpoint, says so and exits 0", async () => {
  await endless(1);
  const child = spawn(process.execPath, [program], { env: environment(1), stdio: "inherit" });
  await trainingHasBegun(1);
  child.kill("SIGTERM");
  expect(await exit(child)).toBe(0);
  const [checkpoint, done] = (await events(1)).slice(-2);
  expect(checkpoint).toMatchObject({ type: "checkpoint" });
  expect(done).toMatchObject({
    type: "done",
    outcome: "paused",
    checkpoint: (checkpoint as { checkpoint: object }).checkpoint,
  });
});

test("a run that cannot succeed exits 1 and says why in its events", async () => {
  await put("runs/org/job/2/run.json", "{}");
  const child = spawn(process.execPath, [program], { env: environment(2), stdio: "inherit" });
  expect(await exit(child)).toBe(1);
  expect(await events(2)).toMatchObject([{ n: 1, type: "failed", code: "invalid_run" }]);
});

test("the parent closing its channel ends the trainer without another event", async () => {
  await endless(3);
  const child = fork(program, { env: environment(3) });
  await trainingHasBegun(3);
  child.disconnect();
  expect(await exit(child)).toBe(3);
  expect((await events(3)).at(-1)).toMatchObject({ type: "metrics" });
});

test("the parent's death ends the trainer without another event", async () => {
  await endless(4);
  const script = `
    const child = require("node:child_process").spawn(process.execPath, [${JSON.stringify(program)}], { stdio: "ignore" });
    process.stdout.write(String(child.pid));
    setInterval(() => {}, 1000);`;
  const parent = spawn(process.execPath, ["-e", script], { env: environment(4), stdio: ["ignore", "pipe", "inherit"] });
  const trainer = Number((await once(parent.stdout!, "data"))[0]);
  await trainingHasBegun(4);
  parent.kill("SIGKILL");
  while (isAlive(trainer)) await wait(50);
  expect((await events(4)).at(-1)).toMatchObject({ type: "metrics" });
});

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
