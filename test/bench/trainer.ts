/** The embedded CPU trainer on the example data, and the whole demo. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { setImmediate } from "node:timers/promises";
import { memoryStorage } from "../../local/trainer/storage.ts";
import { train } from "../../local/trainer/train.ts";
import { RunConfig, RunEvent } from "../../shared/runs.ts";
import { defaults } from "../../shared/training/defaults.ts";
import { median, type Row, row } from "./figures.ts";
import { ROOT } from "./laptop.ts";

const BATCH = 8;
const EPOCHS = 2;
const BUCKET = "s3://bench/";
const OUTPUT = `${BUCKET}runs/org/job/1/`;
const DEMO = "examples/demo.ts";
const demoTarget = { most: 180 };

export async function trainer(): Promise<Row[]> {
  const { steps, secondsOfRun, parameters } = await trainOnce();
  // The first epoch compiles a kernel for every shape that it meets; what is left is the pace of a longer run.
  const steady = steps.slice(steps.length / EPOCHS);
  const seconds = steady.reduce((sum, step) => sum + step.seconds, 0);
  const tokens = steady.reduce((sum, step) => sum + step.tokens, 0);
  const milliseconds = steady.map((step) => step.seconds * 1000);
  return [
    row("step, batch 8", median(milliseconds), "ms", {
      note: `median of the ${steady.length} steps of the second epoch; ${parameters} parameters, ${Math.round(tokens / steady.length)} tokens a step`,
    }),
    row("first step", steps[0]!.seconds * 1000, "ms", {
      ratio: { value: (steps[0]!.seconds * 1000) / median(milliseconds), of: "later steps" },
      note: "compiles the kernels",
    }),
    row("throughput", tokens / seconds, "tokens/s", { note: "without padding, second epoch" }),
    row(`run of ${EPOCHS} epochs`, secondsOfRun, "s", { note: "reading, validation, checkpoint and export included" }),
    await demo(),
  ];
}

async function trainOnce() {
  const storage = memoryStorage();
  const put = (uri: string, path: string) => storage.write(BUCKET + uri, readFileSync(ROOT + path));
  for (const name of readdirSync(`${ROOT}models/anneal-tiny`)) await put(`model/${name}`, `models/anneal-tiny/${name}`);
  await put("train.jsonl", "examples/data/pirate-train.jsonl");
  await put("validation.jsonl", "examples/data/pirate-validation.jsonl");
  const run: RunConfig = {
    version: 1,
    organization: "org",
    job: "job",
    attempt: 1,
    model: { name: "anneal-tiny", uri: `${BUCKET}model/` },
    method: { type: "supervised" },
    dataset: { training: `${BUCKET}train.jsonl`, validation: `${BUCKET}validation.jsonl` },
    hyperparameters: { ...defaults, epochs: EPOCHS, batchSize: BATCH },
    seed: 7,
    resume: null,
    save: { everySteps: null, atRiskSeconds: 120 },
    output: OUTPUT,
  };
  await storage.write(`${OUTPUT}run.json`, JSON.stringify(RunConfig.parse(run)));
  const outcome = await train(`${OUTPUT}run.json`, {
    storage,
    clock: { now: () => performance.timeOrigin + performance.now() },
    signal: new AbortController().signal,
    breathe: () => setImmediate(),
  });
  const events = eventsOf(storage.files);
  const done = events.find((event) => event.type === "done");
  if (outcome !== "succeeded" || !done)
    throw new Error(`The run ended as ${outcome}: ${JSON.stringify(events.at(-1))}`);
  return {
    steps: stepsOf(events),
    secondsOfRun: done.seconds,
    parameters: events.find((event) => event.type === "started")!.parameters.total,
  };
}

const eventsOf = (files: Map<string, Uint8Array>): RunEvent[] =>
  [...files]
    .filter(([uri]) => uri.startsWith(`${OUTPUT}events/`))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([, body]) => new TextDecoder().decode(body).trim().split("\n"))
    .map((line) => RunEvent.parse(JSON.parse(line)));

/** The trainer says tokens per second and all tokens so far; the time of a step follows from both. */
function stepsOf(events: readonly RunEvent[]): { tokens: number; seconds: number }[] {
  let before = 0;
  return events
    .filter((event) => event.type === "metrics")
    .map(({ trainedTokens, tokensPerSecond }) => {
      const tokens = trainedTokens - before;
      before = trainedTokens;
      return { tokens, seconds: tokens / tokensPerSecond };
    });
}

/** From nothing to a served model, as a person who tries it would wait for it. */
async function demo(): Promise<Row> {
  const name = `whole demo (${DEMO})`;
  if (!existsSync(ROOT + DEMO)) return row(name, null, "s", { target: demoTarget, note: "the script is not there" });
  const began = performance.now();
  const child = spawn(process.execPath, [DEMO], { cwd: ROOT, stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text: string) => {
      said = (said + text).slice(-2_000);
    });
  const [code] = (await once(child, "close")) as [number | null];
  const seconds = (performance.now() - began) / 1000;
  if (code !== 0) {
    const lastLine = said.trim().split("\n").at(-1) ?? "";
    return row(name, null, "s", { target: demoTarget, note: `exit status ${code}: ${lastLine}` });
  }
  return row(name, seconds, "s", { target: demoTarget, note: "once" });
}
