import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Installation } from "../../shared/catalogue.ts";
import { DomainError } from "../../shared/errors.ts";
import { makeAttempts } from "../../shared/jobs/attempts.ts";
import { canBecome, isOver, type Status, transitions } from "../../shared/jobs/job.ts";
import { makeJobs } from "../../shared/jobs/jobs.ts";
import { type JobMessage, jobRows } from "../../shared/jobs/rows.ts";
import { eventKey, type RunEvent, runPrefix } from "../../shared/runs.ts";
import { makeFinishRun } from "../../shared/training/finish-run.ts";
import { makeIngest } from "../../shared/training/ingest.ts";
import { makePrepareRun } from "../../shared/training/prepare-run.ts";
import type { TrainingProvider } from "../../shared/training/provider.ts";
import { makeRuns, RunIsOver } from "../../shared/training/run.ts";
import { makeSettle } from "../../shared/training/settle.ts";
import { caller, readyDataset, type State, state } from "./state.ts";

const installation: Installation = { place: "laptop", aliases: {}, instanceType: "ml.g6e.2xlarge" };
const STEPS = 10;

let here: State;
beforeAll(async () => {
  here = await state();
});
afterAll(() => here.close());

/** The whole life of a job with a provider, a queue and a workflow that do only what the test lets them do. */
async function life() {
  const { table, datasets, datasetBlobs, runs, clock } = here;
  const running = new Map<string, "running" | "over">();
  const fault = { blameless: false };
  const executions = new Map<string, "running" | "ended">();
  const messages: JobMessage[] = [];
  const called: string[] = [];
  const provider: TrainingProvider = {
    async start({ name }) {
      if (!running.has(name)) running.set(name, "running");
    },
    async inspect(name) {
      const found = running.get(name);
      if (found === "over") return { state: "over", reason: "It was taken away.", ...fault };
      return { state: found ?? "absent" };
    },
    async stop(name) {
      if (running.has(name)) running.set(name, "over");
    },
  };
  const workflows = {
    async start(name: string) {
      if (!executions.has(name)) executions.set(name, "running");
    },
    state: async (name: string) => executions.get(name) ?? ("absent" as const),
  };
  const callbacks = { succeed: async (token: string) => void called.push(token), heartbeat: async () => {} };
  const broken = { queue: false, storage: false };
  const queue = {
    async send(message: JobMessage) {
      if (broken.queue) throw new Error("The queue is broken");
      messages.push(message);
    },
  };
  const finishBlobs: typeof datasetBlobs = {
    ...datasetBlobs,
    async put(...object) {
      if (broken.storage) throw new Error("The storage is broken");
      await datasetBlobs.put(...object);
    },
  };
  const jobs = makeJobs({ table, datasets, queue, installation, clock });
  const ingest = makeIngest({ table, runs });
  const { settle } = makeSettle({ table, datasets, runs, workflows, provider, clock });
  const prepare = makePrepareRun({ table, datasets, datasetBlobs, runs, installation, clock });
  const workflowRuns = makeRuns({ table, runs, callbacks, ingest, clock });
  const finish = makeFinishRun({ table, datasets, datasetBlobs: finishBlobs, queue, clock });
  const attempts = makeAttempts(table);
  const job = await jobs.create(caller, {
    model: "anneal-tiny",
    trainingFile: await readyDataset(here),
    validationFile: null,
    hyperparameters: { epochs: 1, batchSize: 1, learningRateMultiplier: "auto" },
    suffix: null,
    seed: 1,
    metadata: null,
  });
  const current = async () => (await jobRows(table).get(caller.organization, job.id))!;
  const attempt = async () => {
    const { attempt: n } = await current();
    return n === 0 ? null : attempts.get(caller.organization, job.id, n);
  };

  /** What the trainer writes next. */
  async function write(...events: RunEventBody[]) {
    const now = await attempt();
    if (!now || running.get(now.providerJob) !== "running") return;
    const written = (await listed(now.n)).length;
    const at = new Date(clock()).toISOString();
    const prefix = runPrefix(caller.organization, job.id, now.n);
    const lines = events.map((event, index) => JSON.stringify({ n: written + index + 1, at, ...event }));
    await runs.put(eventKey(prefix, written + 1), lines.join("\n"));
  }
  async function listed(n: number) {
    const lines: string[] = [];
    for await (const { key } of runs.list(`${runPrefix(caller.organization, job.id, n)}events/`))
      lines.push(...(await runs.text(key))!.split("\n"));
    return lines;
  }
  const reference = (n: number) => ({ organization: caller.organization, job: job.id, attempt: n });

  return {
    id: job.id,
    jobs,
    /** Whether the provider's own machine is at fault when a run dies. */
    fault,
    current,
    attempt,
    settle: () => settle(caller.organization, job.id),
    /** The workflow up to the point where it waits; nothing when no execution runs. */
    async begin() {
      const now = await attempt();
      if (!now || now.over || executions.get(`${job.id}-${now.n}-${now.execution}`) !== "running") return;
      if (!(await prepare(reference(now.n))).proceed) return this.end();
      await workflowRuns.start({ ...reference(now.n), token: `token-${now.n}` }, provider).catch((error) => {
        if (!(error instanceof RunIsOver)) throw error;
      });
    },
    async step(k: number) {
      const now = await attempt();
      if (!now?.startedAt) return;
      if (now.totalSteps === null || now.ingested === 0) await write(started);
      const step = Math.min(STEPS, now.step + k);
      await write(metricsAt(step), { type: "checkpoint", checkpoint: checkpointAt(step) });
      await workflowRuns.heard(reference(now.n));
    },
    async leave(kind: "succeeded" | "paused" | "stopped") {
      const now = await attempt();
      if (!now?.startedAt) return;
      const uri = "s3://runs/x/";
      const model = kind === "succeeded" ? { uri, gguf: "s3://runs/x/model.gguf", bytes: 1 } : null;
      await write({
        type: "done",
        outcome: kind,
        step: now.step,
        trainedTokens: now.step,
        seconds: 2,
        checkpoint: now.checkpoint,
        model,
      });
      running.set(now.providerJob, "over");
      await workflowRuns.heard(reference(now.n));
    },
    /** The machine is gone without a word. */
    async die() {
      const now = await attempt();
      if (now && running.get(now.providerJob) === "running") running.set(now.providerJob, "over");
    },
    /** The workflow's end, as often as it is retried. */
    async end(times = 1) {
      const now = await attempt();
      if (!now || now.over) return;
      const { over } = now.startedAt ? await workflowRuns.inspect(reference(now.n), provider) : { over: true };
      if (!over) return;
      for (let time = 0; time < times; time++) await finish(reference(now.n));
      executions.set(`${job.id}-${now.n}-${now.execution}`, "ended");
    },
    /** The trainer breaks its word: it has succeeded, and there is no model. */
    async leaveWithoutModel() {
      const end = { step: STEPS, trainedTokens: 1, seconds: 2, checkpoint: null, model: null };
      await write({ type: "done", outcome: "succeeded", ...end });
      running.set((await attempt())!.providerJob, "over");
    },
    /** More than is taken in at once, in several objects. */
    async stepOften(times: number) {
      await write(started);
      for (let from = 0; from < times; from += 50)
        await write(...Array.from({ length: 50 }, (_, at): RunEventBody => metricsAt(from + at + 1)));
      await workflowRuns.heard(reference((await attempt())!.n));
    },
    /** A step fails for good, whatever the run does. */
    async failStep() {
      const now = (await attempt())!;
      await finish({ ...reference(now.n), error: { Error: "States.TaskFailed", Cause: "no table" } });
      executions.set(`${job.id}-${now.n}-${now.execution}`, "ended");
    },
    /** The execution ends without having done anything. */
    async loseExecution() {
      const now = await attempt();
      if (now) executions.set(`${job.id}-${now.n}-${now.execution}`, "ended");
    },
    running,
    broken,
    called,
  };
}

type RunEventBody = { [T in RunEvent["type"]]: Omit<Extract<RunEvent, { type: T }>, "n" | "at"> }[RunEvent["type"]];
const started: RunEventBody = {
  type: "started",
  totalSteps: STEPS,
  fromStep: 0,
  rows: 10,
  rowsTooLong: 0,
  validationRows: 0,
  parameters: { total: 1, trainable: 1 },
  baseline: null,
};
const checkpointAt = (step: number) => ({
  step,
  uri: `s3://runs/x/step-${step}/`,
  bytes: 1,
  trainLoss: 1,
  validation: null,
});
const metricsAt = (step: number): RunEventBody => ({
  type: "metrics",
  step,
  totalSteps: STEPS,
  epoch: 0,
  loss: 1,
  tokenAccuracy: null,
  learningRate: 1,
  gradientNorm: 1,
  tokensPerSecond: 1,
  trainedTokens: step,
  validation: null,
});

test("a job goes from queued to succeeded, and says so once, however often its end is repeated", async () => {
  const one = await life();
  await one.settle();
  await one.settle();
  await one.begin();
  expect((await one.current()).status).toBe("preparing");
  await one.step(10);
  expect(await one.current()).toMatchObject({ status: "running", progress: { step: 10, totalSteps: STEPS } });
  await one.leave("succeeded");
  await one.end(3);
  expect(await one.current()).toMatchObject({
    status: "succeeded",
    trainingSeconds: 2,
    tunedModel: expect.stringMatching(/^ft:anneal-tiny:acme::/),
  });
  await one.settle();
  expect((await one.current()).settled).toBe(true);
  const messages: string[] = [];
  for await (const { message } of one.jobs.events(caller, one.id)) messages.push(message);
  expect(messages.filter((message) => /success/.test(message))).toHaveLength(1);
});

test("a machine whose workflow failed is stopped, and the job is at its end", async () => {
  const one = await life();
  await one.settle();
  await one.begin();
  await one.step(1);
  await one.failStep();
  expect([...one.running.values()]).toEqual(["running"]);
  await one.settle();
  expect([...one.running.values()]).toEqual(["over"]);
  expect(await one.current()).toMatchObject({ status: "failed", settled: true, error: { code: "workflow_failed" } });
});

test("a run that succeeded without a model has failed, and is not begun again and again", async () => {
  const one = await life();
  await one.settle();
  await one.begin();
  await one.leaveWithoutModel();
  await one.end();
  expect(await one.current()).toMatchObject({ status: "failed", attempt: 1, error: { code: "internal" } });
});

test("however much a trainer has written, all of it is taken in", async () => {
  const one = await life();
  await one.settle();
  await one.begin();
  await one.stepOften(500);
  expect(await one.attempt()).toMatchObject({ ingested: 501, step: 500 });
});

test("a run under way goes on under another execution when its file is deleted", async () => {
  const one = await life();
  await one.settle();
  await one.begin();
  await one.step(1);
  await here.datasets.remove(caller, (await one.current()).trainingFile);
  await one.loseExecution();
  await one.settle();
  await one.begin();
  await one.leave("succeeded");
  await one.end();
  expect(await one.current()).toMatchObject({ status: "succeeded", attempt: 1 });
  for await (const { level } of one.jobs.events(caller, one.id)) expect(level).not.toBe("error");
});

test("an end that failed half-way for good is made whole by the next execution", async () => {
  const one = await life();
  await one.settle();
  await one.begin();
  await one.leave("succeeded");
  one.broken.storage = true;
  await expect(one.end()).rejects.toThrow("storage");
  await one.loseExecution();
  one.broken.storage = false;
  await one.settle();
  await one.begin();
  await one.end();
  expect((await one.current()).status).toBe("succeeded");
});

test("an end that failed on its last part is told once", async () => {
  const one = await life();
  await one.settle();
  await one.begin();
  await one.leave("succeeded");
  one.broken.queue = true;
  await expect(one.end()).rejects.toThrow("queue");
  one.broken.queue = false;
  here.time.now += 5000;
  await one.failStep();
  const messages: string[] = [];
  for await (const { message } of one.jobs.events(caller, one.id)) messages.push(message);
  expect(messages.filter((message) => /success/.test(message))).toHaveLength(1);
  expect((await one.current()).status).toBe("succeeded");
});

test("a job that is asked for again under its id is the same one, even when its file is gone", async () => {
  const one = await life();
  const { trainingFile, hyperparameters } = await one.current();
  await here.datasets.remove(caller, trainingFile);
  const rest = { validationFile: null, suffix: null, seed: 1, metadata: null };
  const again = { id: one.id, model: "anneal-tiny", trainingFile, hyperparameters, ...rest };
  expect(await one.jobs.create(caller, again)).toEqual(await one.current());
});

test("a job that is resumed before its run saw the pause is running, not queued", async () => {
  const one = await life();
  await one.settle();
  await one.begin();
  await one.step(1);
  await one.jobs.pause(caller, one.id);
  await one.jobs.resume(caller, one.id);
  await one.step(1);
  expect(await one.current()).toMatchObject({ status: "running", attempt: 1, progress: { step: 2 } });
});

test("a run that is lost three times without getting further is given up, with its last reason", async () => {
  const one = await life();
  for (let attempt = 1; attempt <= 3; attempt++) {
    await one.settle();
    await one.begin();
    await one.die();
    await one.end();
  }
  expect(await one.current()).toMatchObject({
    status: "failed",
    attempt: 3,
    error: { code: "run_lost", message: expect.stringMatching(/taken away/) },
  });
});

test("a run whose machines are at fault is given up late", async () => {
  const one = await life();
  one.fault.blameless = true;
  for (let attempt = 1; attempt <= 20; attempt++) {
    expect((await one.current()).status).toBe("queued");
    await one.settle();
    await one.begin();
    await one.die();
    await one.end();
  }
  expect(await one.current()).toMatchObject({ status: "failed", attempt: 20, error: { code: "run_lost" } });
});

test("a run that is lost but gets further each time goes on", async () => {
  const one = await life();
  for (let attempt = 1; attempt <= 5; attempt++) {
    await one.settle();
    await one.begin();
    await one.step(1);
    await one.die();
    await one.end();
    expect(await one.current()).toMatchObject({ status: "queued", attempt });
  }
  expect((await one.attempt())!.step).toBe(5);
});

test("a job that was cancelled while it waited for a machine gets none", async () => {
  const one = await life();
  await one.settle();
  await one.jobs.cancel(caller, one.id);
  await one.begin();
  expect(one.running.size).toBe(0);
  await one.end();
  await one.settle();
  expect(await one.current()).toMatchObject({ status: "cancelled", settled: true });
});

test("a run that keeps leaving its machine without getting further is not paid for without end", async () => {
  const one = await life();
  for (let attempt = 0; attempt < 25 && !isOver((await one.current()).status); attempt++) {
    await one.settle();
    await one.begin();
    await one.leave("paused");
    await one.end();
  }
  expect(await one.current()).toMatchObject({ status: "failed", error: { code: "run_lost" } });
});

test("an attempt whose execution was lost is looked after by another one, without a second run", async () => {
  const one = await life();
  await one.settle();
  await one.begin();
  await one.step(3);
  await one.loseExecution();
  await one.settle();
  expect((await one.attempt())!.execution).toBe(2);
  await one.begin();
  expect(one.running.size).toBe(1);
  await one.leave("succeeded");
  await one.end();
  expect((await one.current()).status).toBe("succeeded");
});

/** Anything that can happen to a job, in any order. */
const happenings = [
  "settle",
  "begin",
  "step",
  "succeed",
  "interrupt",
  "die",
  "end",
  "lose",
  "pause",
  "resume",
  "cancel",
] as const;

test("whatever happens in whatever order leaves a legal job, and one that can still be brought to its end", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.constantFrom(...happenings), { maxLength: 25 }), async (sequence) => {
      const one = await life();
      let before: Status = (await one.current()).status;
      const happen = async (what: (typeof happenings)[number]) => {
        here.time.now += 1000;
        const acts = {
          settle: () => one.settle(),
          begin: () => one.begin(),
          step: () => one.step(2),
          succeed: () => one.leave("succeeded"),
          interrupt: () => one.leave("paused"),
          die: () => one.die(),
          end: () => one.end(2),
          lose: () => one.loseExecution(),
          pause: () => one.jobs.pause(caller, one.id),
          resume: () => one.jobs.resume(caller, one.id),
          cancel: () => one.jobs.cancel(caller, one.id),
        };
        const refused = await acts[what]().then(
          () => false,
          (error: unknown) => {
            if (error instanceof DomainError && error.code === "conflict") return true;
            throw error;
          },
        );
        const { status } = await one.current();
        if (refused) expect(status).toBe(before);
        if (status !== before) expect(reachable(before)).toContain(status);
        before = status;
      };
      for (const what of sequence) await happen(what);
      // However it stands now, doing what the schedule and the workflow do brings it to an end.
      if (before === "paused") await happen("resume");
      for (let round = 0; round < 6 && !isOver((await one.current()).status); round++)
        for (const what of ["settle", "begin", "step", "succeed", "end"] as const) await happen(what);
      expect(isOver((await one.current()).status)).toBe(true);
      // A run that was cancelled is first told, and then it ends.
      for (const what of ["settle", "end", "settle"] as const) await happen(what);
      expect((await one.current()).settled).toBe(true);
      expect([...one.running.values()].filter((each) => each === "running")).toEqual([]);
    }),
    { numRuns: 40 },
  );
});

/** One happening may pass through more than one status. */
function reachable(from: Status): Set<Status> {
  const found = new Set<Status>(transitions[from]);
  for (const next of [...found]) for (const further of transitions[next]) found.add(further);
  return found;
}

test("nothing leads out of the end", () => {
  for (const status of ["succeeded", "failed", "cancelled"] as const) {
    expect(isOver(status)).toBe(true);
    expect(canBecome(status, "queued")).toBe(false);
  }
});
