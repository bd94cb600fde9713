import type { Dataset } from "../../../shared/datasets/dataset.ts";
import { invalid } from "../../../shared/errors.ts";
import type { Checkpoint, JobEvent } from "../../../shared/jobs/events.ts";
import type { Hyperparameters, Job, Status } from "../../../shared/jobs/job.ts";
import type { NewJob } from "../../../shared/jobs/jobs.ts";
import type { Upload } from "../../../shared/uploads.ts";
import type { CreateJob } from "./schemas.ts";

const seconds = (milliseconds: number) => Math.floor(milliseconds / 1000);

const statuses = {
  queued: "queued",
  preparing: "queued",
  running: "running",
  paused: "paused",
  succeeded: "succeeded",
  failed: "failed",
  cancelled: "cancelled",
} as const satisfies Record<Status, string>;

/** Throws `invalid` for what is not offered, naming the field. */
export function toNewJob(body: CreateJob): NewJob {
  const { method } = body;
  if (method && method.type !== "supervised")
    throw invalid("method.type", `'method.type': '${method.type}' is not offered here yet; use 'supervised'.`);
  if (body.integrations && body.integrations.length > 0)
    throw invalid(
      "integrations",
      "'integrations': none is offered here; leave the field out. Metrics are in the job's events.",
    );
  const asked = { ...body.hyperparameters, ...method?.hyperparameters, ...method?.supervised?.hyperparameters };
  return {
    model: body.model,
    trainingFile: body.training_file,
    validationFile: body.validation_file,
    suffix: body.suffix,
    seed: body.seed,
    metadata: body.metadata,
    hyperparameters: {
      epochs: asked.n_epochs ?? "auto",
      batchSize: asked.batch_size ?? "auto",
      learningRateMultiplier: asked.learning_rate_multiplier ?? "auto",
    },
  };
}

const hyperparameters = ({ epochs, batchSize, learningRateMultiplier }: Hyperparameters) => ({
  n_epochs: epochs,
  batch_size: batchSize,
  learning_rate_multiplier: learningRateMultiplier,
});

/** `fine_tuning.job`, with every nullable key present. */
export function fromJob(job: Job) {
  const chosen = hyperparameters(job.resolved ?? job.hyperparameters);
  return {
    object: "fine_tuning.job",
    id: job.id,
    model: job.model,
    created_at: seconds(job.createdAt),
    finished_at: job.finishedAt && seconds(job.finishedAt),
    fine_tuned_model: job.tunedModel,
    organization_id: job.organization,
    result_files: job.resultFiles,
    status: job.status === "queued" && !job.validated ? "validating_files" : statuses[job.status],
    validation_file: job.validationFile,
    training_file: job.trainingFile,
    hyperparameters: chosen,
    trained_tokens: job.trainedTokens,
    error: job.error,
    integrations: [],
    seed: job.seed,
    estimated_finish: null,
    method: { type: "supervised", supervised: { hyperparameters: chosen } },
    metadata: job.metadata,
  };
}

export const fromEvent = (event: JobEvent) => ({
  object: "fine_tuning.job.event",
  id: event.id,
  created_at: seconds(event.at),
  level: event.level,
  message: event.message,
  type: event.type,
  data: event.data ?? {},
});

/** Only what was measured: a run without a validation file has no validation figures. */
export const fromCheckpoint = (job: Job) => (checkpoint: Checkpoint) => ({
  object: "fine_tuning.job.checkpoint",
  id: checkpoint.id,
  created_at: seconds(checkpoint.at),
  fine_tuning_job_id: checkpoint.job,
  fine_tuned_model_checkpoint: `ft:${job.model}:${job.organization}:${job.suffix ?? ""}:${job.id.slice("ftjob-".length)}:ckpt-step-${checkpoint.step}`,
  step_number: checkpoint.step,
  metrics: {
    step: checkpoint.step,
    ...(checkpoint.trainLoss !== null && { train_loss: checkpoint.trainLoss }),
    ...(checkpoint.validation && {
      full_valid_loss: checkpoint.validation.loss,
      full_valid_mean_token_accuracy: checkpoint.validation.tokenAccuracy,
    }),
  },
});

const fileStatuses = {
  awaiting: "uploaded",
  uploaded: "uploaded",
  ready: "processed",
  rejected: "error",
  stored: "processed",
} as const satisfies Record<Dataset["status"], string>;

export const fromDataset = (dataset: Dataset) => ({
  object: "file",
  id: dataset.id,
  bytes: dataset.bytes ?? 0,
  created_at: seconds(dataset.createdAt),
  filename: dataset.filename,
  purpose: dataset.purpose,
  status: fileStatuses[dataset.status],
  ...(dataset.reason && { status_details: dataset.reason.message }),
});

export const fromUpload = (upload: Upload, now: number, dataset?: Dataset) => ({
  object: "upload",
  id: upload.id,
  bytes: upload.bytes,
  created_at: seconds(upload.createdAt),
  filename: upload.filename,
  purpose: upload.purpose,
  status: upload.status === "pending" && upload.expiresAt <= now ? "expired" : upload.status,
  expires_at: seconds(upload.expiresAt),
  file: dataset ? fromDataset(dataset) : null,
});

/** The first `limit` of a list that is longer, as OpenAI pages. */
export async function page<T, U extends { id: string }>(
  items: AsyncIterable<T>,
  limit: number,
  translate: (item: T) => U,
) {
  const data: U[] = [];
  let more = false;
  for await (const item of items) {
    more = data.length === limit;
    if (more) break;
    data.push(translate(item));
  }
  return { object: "list", data, first_id: data[0]?.id ?? null, last_id: data.at(-1)?.id ?? null, has_more: more };
}
