/**
 * The trainer's process: `ANNEAL_RUN=s3://bucket/…/run.json node local/trainer/main.ts`.
 *
 * Exits 0 when the run succeeded, was paused or was stopped, and 1 when it failed; the reason is in its events. SIGTERM and
 * SIGINT pause it. When the process that started it is gone it exits at once without another word, because a run that
 * nobody watches is going to be started again.
 */
import { setImmediate } from "node:timers/promises";
import { environmentStorage } from "./storage.ts";
import { train } from "./train.ts";

const orphanCheckMilliseconds = 500;
const abandoned = 3;

const runUri = process.env.ANNEAL_RUN;
if (!runUri) throw new Error("ANNEAL_RUN must be the s3:// address of a run.json");

const parent = process.ppid;
setInterval(() => process.ppid !== parent && process.exit(abandoned), orphanCheckMilliseconds).unref();
process.on("disconnect", () => process.exit(abandoned));

const pause = new AbortController();
for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => pause.abort());

const outcome = await train(runUri, {
  storage: environmentStorage(),
  clock: { now: () => Date.now() },
  signal: pause.signal,
  breathe: () => setImmediate(),
});
process.exit(outcome === "failed" ? 1 : 0);
