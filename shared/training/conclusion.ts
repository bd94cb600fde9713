import { type Attempt, type Outcome, WORKFLOW_FAILED } from "../jobs/attempts.ts";
import { isOver, type Job } from "../jobs/job.ts";
import { tunedModelName } from "../models.ts";

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

export interface History {
  /** Of training, over all attempts. */
  seconds: number;
  lostInARow: number;
  blamedInARow: number;
}
type Findings = History & { resultFiles: string[] };

/** Where the job goes now; null when somebody else has moved it on. */
export function conclude(job: Job, attempt: Attempt, findings: Findings, at: number): Job | null {
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
      if ((job.status === "running" || job.status === "preparing") && lostInARow >= LOST_AT_MOST.altogether)
        return fail("run_lost", `${lostInARow} runs in a row left their machines without getting further.`);
      return job.status === "paused" ? next : { ...next, status: "queued" };
  }
}

export const tunedModelOf = (job: Job, attempt: Attempt, outcome: Extract<Outcome, { kind: "succeeded" }>) => ({
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

/** The outcome of an attempt one of whose steps failed for good. */
export const explain = ({ Error: name = "Error", Cause: cause = "" }: StepError) => {
  let message = cause;
  try {
    message = (JSON.parse(cause) as { errorMessage?: string }).errorMessage ?? cause;
  } catch {
    // The cause is plain text, which is a good message as it is.
  }
  return { code: WORKFLOW_FAILED, message: `A step of the training workflow failed (${name}): ${message}` };
};
