/** A model small enough to train within a test, and runs over it in storage that is a map. */
import { readFileSync } from "node:fs";
import { readBaseModel } from "../../local/trainer/base-model.ts";
import type { LlamaConfig } from "../../local/trainer/config.ts";
import { modelFiles } from "../../local/trainer/model-files.ts";
import { makeRandom } from "../../local/trainer/random.ts";
import type { Tensors } from "../../local/trainer/safetensors.ts";
import { memoryStorage, type Storage } from "../../local/trainer/storage.ts";
import { train } from "../../local/trainer/train.ts";
import { expectedTensors } from "../../local/trainer/weights.ts";
import { RunConfig, RunEvent } from "../../shared/runs.ts";

export const annealTiny = new URL("../../models/anneal-tiny/", import.meta.url).pathname;
const tokenizerJson = JSON.parse(readFileSync(`${annealTiny}tokenizer.json`, "utf8"));

const microConfig: LlamaConfig = {
  vocabSize: 1024,
  hiddenSize: 32,
  intermediateSize: 64,
  layers: 2,
  heads: 4,
  kvHeads: 2,
  headDim: 8,
  contextLength: 128,
  rmsNormEps: 1e-5,
  ropeTheta: 10_000,
  tied: true,
  bosId: 0,
  eosId: 2,
};

/** A Llama with random weights: file name → bytes. */
export function microModel(changes: Partial<LlamaConfig> = {}): Record<string, Uint8Array> {
  const config = { ...microConfig, ...changes };
  const random = makeRandom("micro");
  const tensors: Tensors = new Map();
  for (const [name, shape] of expectedTensors(config)) {
    const size = shape.reduce((a, b) => a * b, 1);
    const value = () => (shape.length === 1 ? 1 + 0.1 * random.normal() : 0.3 * random.normal());
    tensors.set(name, { shape, data: Float32Array.from({ length: size }, value) });
  }
  const files = modelFiles(config, tensors, tokenizerJson);
  const bytes = (body: string | Uint8Array) => (typeof body === "string" ? new TextEncoder().encode(body) : body);
  return Object.fromEntries(Object.entries(files).map(([name, body]) => [name, bytes(body)]));
}

export const readMicro = (changes: Partial<LlamaConfig> = {}) => {
  const files = microModel(changes);
  return readBaseModel(async (name) => files[name] ?? null);
};

type Row = { messages: { role: string; content: string; weight?: 0 | 1 }[] };
export const row = (question: string, answer: string): Row => ({
  messages: [
    { role: "user", content: question },
    { role: "assistant", content: answer },
  ],
});
export const jsonl = (rows: unknown[]) => rows.map((r) => `${JSON.stringify(r)}\n`).join("");
const things = ["kettle", "lantern", "hammer", "boat", "drum", "harp", "basket", "mirror", "candle", "wagon"];
export const rows = things.map((thing) => row(`Where is the ${thing}?`, `Arr, the ${thing} be there.`));

export const bucket = "s3://test/";
export const runUri = (attempt = 1) => `${bucket}runs/org/job/${attempt}/run.json`;

/** A run of 2 epochs of 3 steps over ten rows; `change` is merged on top. */
export function makeRun(change: Partial<RunConfig> = {}, hyper: Partial<RunConfig["hyperparameters"]> = {}): RunConfig {
  const attempt = change.attempt ?? 1;
  return RunConfig.parse({
    version: 1,
    organization: "org",
    job: "job",
    attempt,
    model: { name: "micro", uri: `${bucket}models/micro/` },
    method: { type: "supervised" },
    dataset: { training: `${bucket}train.jsonl`, validation: `${bucket}validation.jsonl` },
    hyperparameters: {
      epochs: 2,
      batchSize: 4,
      learningRate: 0.01,
      warmupRatio: 0.1,
      weightDecay: 0.01,
      maxGradNorm: 1,
      loraRank: 4,
      loraAlpha: 8,
      maxSequenceLength: 64,
      ...hyper,
    },
    seed: 7,
    resume: null,
    save: { everySteps: 2, atRiskSeconds: 60 },
    output: `${bucket}runs/org/job/${attempt}/`,
    ...change,
  });
}

/** Storage with the model, the rows and a run in it. */
export async function world(run: unknown = makeRun(), data: unknown[] = rows, attempt = 1) {
  const storage = memoryStorage();
  for (const [name, body] of Object.entries(microModel())) await storage.write(`${bucket}models/micro/${name}`, body);
  await storage.write(`${bucket}train.jsonl`, jsonl(data));
  await storage.write(`${bucket}validation.jsonl`, jsonl(rows.slice(0, 5)));
  await storage.write(runUri(attempt), JSON.stringify(run));
  return storage;
}

/** A clock that goes on by `milliseconds` each time it is read. */
export function steadyClock(milliseconds = 10) {
  let now = Date.UTC(2026, 0, 1);
  return { now: () => (now += milliseconds) };
}

export const start = (
  storage: Storage,
  { attempt = 1, signal = new AbortController().signal, clock = steadyClock() } = {},
) => train(runUri(attempt), { storage, clock, signal });

/** All events of an attempt, in order, each checked against the contract. */
export function eventsOf(storage: { files: Map<string, Uint8Array> }, attempt = 1): RunEvent[] {
  const prefix = `${bucket}runs/org/job/${attempt}/events/`;
  return [...storage.files]
    .filter(([uri]) => uri.startsWith(prefix))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([, body]) => new TextDecoder().decode(body).trim().split("\n"))
    .map((line) => RunEvent.parse(JSON.parse(line)));
}

/** The events of one type. */
export const only = <T extends RunEvent["type"]>(events: RunEvent[], type: T) =>
  events.filter((event): event is Extract<RunEvent, { type: T }> => event.type === type);
