import type { Blobs } from "../blobs.ts";
import type { Datasets } from "../datasets/store.ts";
import { type Attempt, makeAttempts, type Outcome } from "../jobs/attempts.ts";
import { makeJobEvents } from "../jobs/events.ts";
import { isOver, type Job } from "../jobs/job.ts";
import { type JobMessage, jobRows } from "../jobs/rows.ts";
import { makeTunedModels, tunedModelName } from "../models.ts";
import type { Queue } from "../queue.ts";
import type { Table } from "../table.ts";
import type { RunReference } from "./prepare-run.ts";
import { makeResultFile } from "./result-file.ts";

/**
 * After so many attempts in a row that ended without a checkpoint further on, a job is given up: soon when the run may
 * be what ends them, late when the provider says that its machines were.
 */
const LOST_AT_MOST = { blamed: 3, altogether: 20 };

/** What Step Functions puts into `$.error` when a step failed for good. */
export interface StepError {
  Error?: string;
  Cause?: string;
}

/** The last step of every execution: the attempt is over, and its job goes where the outcome leads. */
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
      return { ...now, outcome, over: true };
    });
    if (!ended) return;
    const attempt = ended.value;
    const job = await jobs.get(organization, id);
    if (!job || job.attempt !== n) return;
    // What belongs to a success is there before anybody reads of it.
    const resultFiles: string[] = [];
    if (attempt.outcome?.kind === "succeeded" && !isOver(job.status)) {
      await tuned.add(model(job, attempt, attempt.outcome));
      resultFiles.push(await resultFile(job));
    }
    const past = await history(attempt);
    const at = clock();
    const finished = await jobs.change(organization, id, (now) => conclude(now, attempt, { ...past, resultFiles }, at));
    if (finished?.changed) await tell(finished.value, attempt, at);
    await queue.send({ organization, job: id });
  };

  /** Counted afresh from the attempts each time, so that finishing twice adds nothing. */
  async function history(last: Attempt): Promise<History> {
    const past = { seconds: 0, lostInARow: 0, blamedInARow: 0 };
    for await (const attempt of attempts.list(last.organization, last.job)) {
      const further = (attempt.checkpoint?.step ?? 0) > (attempt.resume?.step ?? 0);
      const lost = attempt.outcome?.kind === "lost" && !further ? attempt.outcome : null;
      past.lostInARow = lost ? past.lostInARow + 1 : 0;
      past.blamedInARow = lost ? past.blamedInARow + (lost.blameless ? 0 : 1) : 0;
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

interface History {
  /** Of training, over all attempts. */
  seconds: number;
  lostInARow: number;
  blamedInARow: number;
}
type Findings = History & { resultFiles: string[] };

/** Where the job goes now; null when somebody else has moved it on. */
function conclude(job: Job, attempt: Attempt, findings: Findings, at: number): Job | null {
  if (job.attempt !== attempt.n) return null;
  const { seconds, lostInARow, blamedInARow, resultFiles } = findings;
  const next: Job = { ...job, trainedTokens: attempt.trainedTokens, trainingSeconds: seconds };
  if (isOver(job.status)) return next;
  const { outcome } = attempt;
  const fail = (code: string, message: string): Job => ({
    ...next,
    status: "failed",
    finishedAt: at,
    error: { code, message, param: null },
  });
  switch (outcome?.kind) {
    case "succeeded":
      return { ...next, status: "succeeded", finishedAt: at, tunedModel: tunedModelName(job), resultFiles };
    case "failed":
      return fail(outcome.code, outcome.message);
    case "lost":
      if (blamedInARow >= LOST_AT_MOST.blamed || lostInARow >= LOST_AT_MOST.altogether)
        return fail(
          "run_lost",
          `${lostInARow} runs in a row were lost without getting further. The last one: ${outcome.message}`,
        );
      return job.status === "paused" ? next : { ...next, status: "queued" };
    default:
      // Paused by its owner, or left its machine because that was taken away. A cancelled job is over already.
      return job.status === "paused" ? next : { ...next, status: "queued" };
  }
}

const model = (job: Job, attempt: Attempt, outcome: Extract<Outcome, { kind: "succeeded" }>) => ({
  organization: job.organization,
  name: tunedModelName(job),
  job: job.id,
  requested: job.model,
  baseModel: job.baseModel,
  standIn: job.standIn,
  createdAt: attempt.createdAt,
  gguf: outcome.gguf,
  files: outcome.model,
});

const explain = ({ Error: name = "Error", Cause: cause = "" }: StepError) => {
  let message = cause;
  try {
    message = (JSON.parse(cause) as { errorMessage?: string }).errorMessage ?? cause;
  } catch {
    // The cause is plain text, which is a good message as it is.
  }
  return { code: "workflow_failed", message: `A step of the training workflow failed (${name}): ${message}` };
};
