import type { Blobs } from "../blobs.ts";
import type { Caller } from "../caller.ts";
import type { Datasets } from "../datasets/store.ts";
import { unfitForTraining } from "../datasets/trainable.ts";
import { type Attempt, executionName, makeAttempts, mayStillRun, nextAttempt } from "../jobs/attempts.ts";
import { makeJobEvents } from "../jobs/events.ts";
import { isOver, type Job } from "../jobs/job.ts";
import { jobRows } from "../jobs/rows.ts";
import { type Control, runPrefix } from "../runs.ts";
import type { Table } from "../table.ts";
import type { Workflows } from "../workflows.ts";
import type { TrainingProvider } from "./provider.ts";

/** Jobs that are settled side by side, so that many or slow ones do not use up the minute. */
const AT_ONCE = 16;

/**
 * Makes the world agree with a job: starts the attempt it waits for, tells a running one to pause or stop, and
 * gives an attempt that lost its execution another. Doing it once more changes nothing, so the queue and the
 * schedule both call it whenever there may be something to do.
 */
export function makeSettle(parts: {
  table: Table;
  datasets: Datasets;
  runs: Blobs;
  workflows: Workflows;
  provider: TrainingProvider;
  clock: () => number;
}) {
  const { table, datasets, runs, workflows, provider, clock } = parts;
  const jobs = jobRows(table);
  const attempts = makeAttempts(table);
  const events = makeJobEvents(table);

  async function settle(organization: string, id: string): Promise<void> {
    const job = await jobs.get(organization, id);
    if (!job || job.settled) return;
    const attempt = job.attempt > 0 ? await attempts.get(organization, id, job.attempt) : null;
    if (attempt && !attempt.over) return lookAfter(job, attempt);
    // Nobody looks after its machine any more.
    if (attempt && mayStillRun(attempt)) await provider.stop(attempt.providerJob);
    if (job.status === "queued") return begin(job, attempt);
    if (job.status === "paused" || isOver(job.status))
      await jobs.change(organization, id, (now) => (now.status === job.status ? { ...now, settled: true } : null));
  }

  /** An attempt under way hears what its job wants, and has an execution. */
  async function lookAfter(job: Job, attempt: Attempt) {
    await tell(attempt, job.status === "paused" ? "pause" : isOver(job.status) ? "stop" : "continue");
    if (isOver(job.status) && attempt.startedAt) await provider.stop(attempt.providerJob);
    const state = await workflows.state(executionName(attempt));
    if (state === "running") return;
    if (state === "absent") return execute(attempt);
    // It ended without ending the attempt: another one takes over.
    const taken = await attempts.change(attempt, (now) =>
      now.over || now.execution !== attempt.execution ? null : { ...now, execution: now.execution + 1, token: null },
    );
    if (taken?.changed) await execute(taken.value);
  }

  const execute = (attempt: Attempt) =>
    workflows.start(executionName(attempt), {
      organization: attempt.organization,
      job: attempt.job,
      attempt: attempt.n,
    });

  /** The next attempt of a queued job, once its files are ready. */
  async function begin(job: Job, previous: Attempt | null) {
    if (!job.validated && !(await validate(job))) return;
    const attempt = nextAttempt(job, previous, clock());
    await attempts.insert(attempt);
    // There before the trainer looks: to ask S3 for what is not there needs a right to list.
    await control(attempt, "continue");
    const begun = await jobs.change(job.organization, job.id, (now) =>
      now.status === "queued" && now.attempt === job.attempt ? { ...now, attempt: attempt.n } : null,
    );
    if (begun?.changed) await execute(attempt);
  }

  /** False while a file is still being looked at, and when one was rejected: then the job has failed. */
  async function validate(job: Job): Promise<boolean> {
    const owner: Caller = { organization: job.organization, keyId: "settle", scopes: [] };
    for (const [id, param] of [
      [job.trainingFile, "training_file"],
      [job.validationFile, "validation_file"],
    ] as const) {
      if (id === null) continue;
      const file = await datasets.find(owner, id);
      if (file?.status === "awaiting" || file?.status === "uploaded") return false;
      const wrong = unfitForTraining(id, file);
      if (wrong) return fail(job, param, wrong);
    }
    const now = clock();
    await jobs.change(job.organization, job.id, (current) => ({ ...current, validated: true }));
    await events.tell(job, "4-validated", { at: now, message: "Files validated, moving job to queued state" });
    return true;
  }

  async function fail(job: Job, param: string, message: string): Promise<false> {
    const now = clock();
    const error = { code: "invalid_file", message, param };
    const failed = await jobs.change(job.organization, job.id, (current) =>
      current.status === "queued" ? { ...current, status: "failed", finishedAt: now, error, settled: true } : null,
    );
    if (failed?.changed) await events.tell(job, "9-failed", { at: now, level: "error", message });
    return false;
  }

  /** The object first: a trainer that is told twice does the same. */
  async function tell(attempt: Attempt, command: Control["command"]) {
    // A pause or a stop is repeated: an earlier word may have been on its way and have come after it.
    if (attempt.command === command && command === "continue") return;
    await control(attempt, command);
    await attempts.change(attempt, (now) => (now.command === command ? null : { ...now, command }));
  }

  const control = ({ organization, job, n }: Attempt, command: Control["command"]) =>
    runs.put(`${runPrefix(organization, job, n)}control.json`, JSON.stringify({ command }), "application/json");

  return {
    settle,
    /** Settles every job that needs it. One that fails delays no other; the failures are returned. */
    async settleAll(): Promise<{ settled: number; failures: { job: string; error: unknown }[] }> {
      let settled = 0;
      const failures: { job: string; error: unknown }[] = [];
      const waiting = jobs.live()[Symbol.asyncIterator]();
      const work = async () => {
        for (let next = await waiting.next(); !next.done; next = await waiting.next()) {
          const { partition: organization, id } = next.value;
          try {
            await settle(organization, id);
            settled++;
          } catch (error) {
            failures.push({ job: id, error });
          }
        }
      };
      await Promise.all(Array.from({ length: AT_ONCE }, work));
      return { settled, failures };
    },
  };
}
