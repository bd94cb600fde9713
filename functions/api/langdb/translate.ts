import { providerJobName } from "../../../shared/jobs/attempts.ts";
import type { Job, Status } from "../../../shared/jobs/job.ts";
import type { NewJob } from "../../../shared/jobs/jobs.ts";
import type { CreateJob } from "./schemas.ts";

/** A paused job has begun and is not over. */
const statuses = {
  queued: "pending",
  preparing: "pending",
  running: "running",
  paused: "running",
  succeeded: "succeeded",
  failed: "failed",
  cancelled: "cancelled",
} as const satisfies Record<Status, string>;

/** What the dialect keeps of its own in a job, as labels that every dialect can read. */
export const labels = (project: string, provider: string) => ({ project, provider });

export const toNewJob = (body: CreateJob, project: string, trainingFile: string): NewJob => ({
  model: body.base_model,
  trainingFile,
  validationFile: null,
  suffix: body.suffix,
  seed: null,
  metadata: labels(project, body.provider),
  hyperparameters: {
    epochs: body.hyperparameters?.n_epochs ?? "auto",
    batchSize: body.hyperparameters?.batch_size ?? "auto",
    learningRateMultiplier: body.hyperparameters?.learning_rate_multiplier ?? "auto",
  },
});

/** A job made in another dialect has no project, and is in each. */
export const isOf = (project: string, job: Job) => (job.metadata?.project ?? project) === project;

export function fromJob(job: Job) {
  const { epochs, batchSize, learningRateMultiplier } = job.resolved ?? job.hyperparameters;
  return {
    id: job.id,
    // The name is fixed before the first attempt.
    provider_job_id: providerJobName(job.id, Math.max(job.attempt, 1)),
    status: statuses[job.status],
    base_model: job.model,
    provider: job.metadata?.provider ?? job.provider,
    hyperparameters: {
      batch_size: batchSize,
      learning_rate_multiplier: learningRateMultiplier,
      n_epochs: epochs,
    },
    suffix: job.suffix,
    training_file_id: job.trainingFile,
    validation_file_id: job.validationFile,
    created_at: iso(job.createdAt),
    updated_at: iso(job.finishedAt ?? job.startedAt ?? job.createdAt),
  };
}

/** To the second. */
const iso = (milliseconds: number) => new Date(milliseconds).toISOString().replace(/\.\d+Z$/, "Z");
