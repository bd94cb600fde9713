/**
 * The trainer contract: what the control plane and a trainer say to each other, all of it through S3.
 *
 *     runs/<organization>/<job>/<attempt>/run.json          what to train (RunConfig)
 *                                        /events/<n>.ndjson the trainer appends batches of RunEvent; n = its first event, 8 digits
 *                                        /control.json      the control plane writes (Control)
 *                                        /checkpoints/step-<k>/…   whole once its manifest.json is there
 *                                        /model/…           the final adapter (PEFT layout), tokenizer, GGUF, manifest.json
 *
 * Any program that keeps this contract is a trainer.
 */
import * as z from "zod";

const S3Uri = z.string().regex(/^s3:\/\/[^/]+\/.+$/, "must be s3://bucket/key");
const count = z.int().nonnegative();

export const RunConfig = z.object({
  version: z.literal(1),
  organization: z.string(),
  job: z.string(),
  attempt: z.int().positive(),
  /** The base model: its catalogue name, and the prefix of its files in the Hugging Face layout (ends in a slash). */
  model: z.object({ name: z.string(), uri: S3Uri }),
  method: z.object({ type: z.literal("supervised") }),
  dataset: z.object({ training: S3Uri, validation: S3Uri.nullable() }),
  hyperparameters: z.object({
    epochs: z.int().positive(),
    batchSize: z.int().positive(),
    learningRate: z.number().positive(),
    warmupRatio: z.number().min(0).max(1),
    weightDecay: z.number().nonnegative(),
    maxGradNorm: z.number().positive(),
    loraRank: z.int().positive(),
    loraAlpha: z.number().positive(),
    /** In tokens; rows that are longer are left out and counted. */
    maxSequenceLength: z.int().positive(),
  }),
  /** The same seed, data and hyperparameters give the same weights. */
  seed: count,
  /** A whole checkpoint of an earlier attempt to go on from, or null to begin. */
  resume: z.object({ checkpoint: S3Uri, step: count }).nullable(),
  save: z.object({
    /** Save every so many steps; null: computed from the measured step time. */
    everySteps: z.int().positive().nullable(),
    /** How many seconds of work may be lost to an interruption when the interval is computed. */
    atRiskSeconds: z.number().positive(),
  }),
  /** The directory of this attempt, ends in a slash. */
  output: S3Uri,
});
export type RunConfig = z.infer<typeof RunConfig>;

/** `pause` saves a checkpoint and leaves; `stop` leaves as soon as possible, keeping the checkpoints there are. */
export const Control = z.object({ command: z.enum(["continue", "pause", "stop"]) });
export type Control = z.infer<typeof Control>;

/** Loss in nats per assistant token, accuracy as a share of them (0–1). */
const evaluation = z.object({ loss: z.number(), tokenAccuracy: z.number(), tokens: count });
export type Evaluation = z.infer<typeof evaluation>;

export const CheckpointInfo = z.object({
  step: count,
  uri: S3Uri,
  bytes: count,
  trainLoss: z.number().nullable(),
  validation: evaluation.nullable(),
});
export type CheckpointInfo = z.infer<typeof CheckpointInfo>;

const base = { n: z.int().positive(), at: z.iso.datetime() };

/** Numbered from 1 within an attempt, without gaps. */
export const RunEvent = z.discriminatedUnion("type", [
  z.object({ ...base, type: z.literal("log"), level: z.enum(["info", "warn", "error"]), message: z.string() }),
  /** Once, before the first step: what was read and what the base model makes of the validation rows. */
  z.object({
    ...base,
    type: z.literal("started"),
    totalSteps: count,
    fromStep: count,
    rows: count,
    rowsTooLong: count,
    validationRows: count,
    parameters: z.object({ total: count, trainable: count }),
    baseline: evaluation.nullable(),
  }),
  z.object({
    ...base,
    type: z.literal("metrics"),
    step: count,
    totalSteps: count,
    epoch: z.number(),
    loss: z.number(),
    tokenAccuracy: z.number().nullable(),
    learningRate: z.number(),
    gradientNorm: z.number(),
    tokensPerSecond: z.number(),
    /** Assistant and prompt tokens seen since step 0, over all attempts. */
    trainedTokens: count,
    validation: evaluation.nullable(),
  }),
  z.object({ ...base, type: z.literal("checkpoint"), checkpoint: CheckpointInfo }),
  /** The trainer left as it was told or because it had finished. `paused` and `stopped` mean steps are left to do. */
  z.object({
    ...base,
    type: z.literal("done"),
    outcome: z.enum(["succeeded", "paused", "stopped"]),
    step: count,
    trainedTokens: count,
    /** Wall-clock seconds of this attempt, start-up included. */
    seconds: z.number().nonnegative(),
    /** The last whole checkpoint, or null when none was saved. */
    checkpoint: CheckpointInfo.nullable(),
    /** The final model's directory; only when `succeeded`. */
    model: z.object({ uri: S3Uri, gguf: S3Uri, bytes: count }).nullable(),
  }),
  /** The run cannot succeed. `code` is stable; `message` says what to change. */
  z.object({
    ...base,
    type: z.literal("failed"),
    code: z.enum([
      "invalid_run",
      "no_training_rows",
      "all_rows_too_long",
      "loss_not_finite",
      "model_unreadable",
      "internal",
    ]),
    message: z.string(),
    step: count,
  }),
]);
export type RunEvent = z.infer<typeof RunEvent>;

export const runPrefix = (organization: string, job: string, attempt: number) =>
  `runs/${organization}/${job}/${attempt}/`;
export const eventKey = (prefix: string, first: number) => `${prefix}events/${String(first).padStart(8, "0")}.ndjson`;
