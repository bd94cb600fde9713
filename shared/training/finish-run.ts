import type { Blobs } from "../blobs.ts";
import type { Datasets } from "../datasets/store.ts";
import { type Attempt, makeAttempts } from "../jobs/attempts.ts";
import { makeJobEvents } from "../jobs/events.ts";
import { isOver, type Job } from "../jobs/job.ts";
import { type JobMessage, jobRows } from "../jobs/rows.ts";
import { makeTunedModels } from "../models.ts";
import type { Queue } from "../queue.ts";
import type { Table } from "../table.ts";
import { conclude, explain, type History, type StepError, tunedModelOf } from "./conclusion.ts";
import type { RunReference } from "./prepare-run.ts";
import { makeResultFile } from "./result-file.ts";

/**
 * The last step of every execution: the job goes where the outcome leads, and the attempt is over. Each part may be
 * done again, at the same time of the events, so that one that fails half-way is made whole by the next try.
 */
export function makeFinishRun(parts: {
  table: Table;
  datasets: Datasets;
  datasetBlobs: Blobs;
  queue: Queue<JobMessage>;
  clock: () => number;
}) {
  const { table, datasets, datasetBlobs, queue, clock } = parts;
  const jobs = jobRows(table);
  const attempts = makeAttempts(table);
  const events = makeJobEvents(table);
  const tuned = makeTunedModels(table);
  const resultFile = makeResultFile({ datasets, blobs: datasetBlobs, events });

  return async (run: RunReference & { error?: StepError }) => {
    const { organization, job: id, attempt: n, error } = run;
    const ended = await attempts.change({ organization, job: id, n }, (now) => {
      const outcome = now.outcome ?? (error ? { kind: "failed" as const, ...explain(error) } : null);
      return { ...now, outcome, endedAt: now.endedAt ?? clock() };
    });
    if (!ended) return;
    await moveOn(ended.value, ended.value.endedAt!);
    // Last, because a job whose attempt is over is looked after by nobody.
    await attempts.change(ended.value, (now) => (now.over ? null : { ...now, over: true }));
    await queue.send({ organization, job: id });
  };

  async function moveOn(attempt: Attempt, at: number) {
    const { organization, job: id } = attempt;
    const job = await jobs.get(organization, id);
    if (!job || job.attempt !== attempt.n) return;
    // What belongs to a success is there before anybody reads of it.
    const resultFiles: string[] = [];
    if (attempt.outcome?.kind === "succeeded" && !isOver(job.status)) {
      await tuned.add(tunedModelOf(job, attempt, attempt.outcome));
      resultFiles.push(await resultFile(job));
    }
    const past = await history(attempt);
    const moved = await jobs.change(organization, id, (now) => conclude(now, attempt, { ...past, resultFiles }, at));
    if (moved?.changed) await tell(moved.value, attempt, at);
  }

  /** Counted afresh from the attempts each time, so that finishing twice adds nothing. */
  async function history(last: Attempt): Promise<History> {
    const past = { seconds: 0, lostInARow: 0, blamedInARow: 0 };
    for await (const attempt of attempts.list(last.organization, last.job)) {
      const further = (attempt.checkpoint?.step ?? 0) > (attempt.resume?.step ?? 0);
      const { outcome } = attempt;
      const blamed = outcome?.kind === "lost" && !outcome.blameless ? 1 : 0;
      past.lostInARow = further ? 0 : past.lostInARow + 1;
      past.blamedInARow = outcome?.kind === "lost" && !further ? past.blamedInARow + blamed : 0;
      past.seconds += attempt.seconds ?? 0;
    }
    return past;
  }

  async function tell(job: Job, attempt: Attempt, at: number) {
    const { outcome } = attempt;
    const say = (what: string, message: string, level: "info" | "warn" | "error" = "info") =>
      events.tell(job, `${what}-${attempt.n}`, { at, level, message });
    if (job.status === "succeeded") {
      await say("7-model", `New fine-tuned model created: ${job.tunedModel}`);
      await say("9-succeeded", "The job has successfully completed");
    } else if (job.status === "failed") {
      await say("9-failed", job.error?.message ?? "The job failed.", "error");
    } else if (job.status === "paused") {
      await say("8-left", `The run has left its machine; step ${attempt.checkpoint?.step ?? 0} is saved.`);
    } else if (job.status === "queued" && outcome?.kind === "lost") {
      await say(
        "8-lost",
        `The run was lost (${outcome.message}); it goes on from step ${attempt.checkpoint?.step ?? 0}.`,
        "warn",
      );
    } else if (job.status === "queued" && outcome?.kind === "paused") {
      await say(
        "8-interrupted",
        `The run was interrupted and goes on from step ${attempt.checkpoint?.step ?? 0}.`,
        "warn",
      );
    }
  }
}
