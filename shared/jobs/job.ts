import * as z from "zod";
import { CheckpointInfo } from "../runs.ts";

/** Where a job can go from where it is. Every change of status in the system is one of these. */
export const transitions = {
  // A run may go on, or finish, before it sees that it was to pause, and its owner may have asked to resume by then.
  queued: ["preparing", "running", "succeeded", "paused", "cancelled", "failed"],
  preparing: ["running", "queued", "paused", "cancelled", "failed"],
  // Back to `queued` when its machine was taken away: the next attempt goes on from the last checkpoint.
  running: ["succeeded", "queued", "paused", "cancelled", "failed"],
  paused: ["queued", "succeeded", "cancelled", "failed"],
  succeeded: [],
  failed: [],
  cancelled: [],
} as const satisfies Record<string, readonly string[]>;

export const Status = z.enum(["queued", "preparing", "running", "paused", "succeeded", "failed", "cancelled"]);
export type Status = z.infer<typeof Status>;

export const isOver = (status: Status) => transitions[status].length === 0;
export const canBecome = (from: Status, to: Status) => (transitions[from] as readonly Status[]).includes(to);

/** `auto` is resolved when the training data is known; see ../training/hyperparameters.ts. */
const auto = z.literal("auto");
export const Hyperparameters = z.object({
  epochs: z.union([auto, z.int().min(1).max(50)]),
  batchSize: z.union([auto, z.int().min(1).max(256)]),
  learningRateMultiplier: z.union([auto, z.number().positive().max(100)]),
});
export type Hyperparameters = z.infer<typeof Hyperparameters>;

const Progress = z.object({
  step: z.number(),
  totalSteps: z.number(),
  epoch: z.number(),
  loss: z.number().nullable(),
  tokensPerSecond: z.number().nullable(),
});

/** What came of it: the base model and the tuned one on the validation rows. */
const Results = z.object({ baseline: CheckpointInfo.shape.validation, tuned: CheckpointInfo.shape.validation });

const range = { low: z.number(), expected: z.number(), high: z.number(), source: z.string() };
/** What the job was expected to take and cost when it was prepared; null where nothing measured could tell. Seconds and micro-dollars. */
export const Expectation = z.object({
  tokens: z.object({ count: z.number(), estimated: z.boolean() }),
  seconds: z.object(range).nullable(),
  cost: z.object(range).nullable(),
});
export type Expectation = z.infer<typeof Expectation>;

export const Job = z.object({
  organization: z.string(),
  id: z.string(),
  status: Status,
  createdAt: z.number(),
  startedAt: z.number().nullable(),
  finishedAt: z.number().nullable(),
  /** As the caller named it. */
  model: z.string(),
  /** The catalogue's name of what is trained. */
  baseModel: z.string(),
  standIn: z.boolean(),
  provider: z.enum(["local", "sagemaker", "openai"]),
  suffix: z.string().nullable(),
  seed: z.int(),
  trainingFile: z.string(),
  validationFile: z.string().nullable(),
  hyperparameters: Hyperparameters,
  /** What `auto` came to; null until prepared. */
  resolved: z.object({ epochs: z.int(), batchSize: z.int(), learningRateMultiplier: z.number() }).nullable(),
  metadata: z.record(z.string(), z.string()).nullable(),
  quote: Expectation.nullable(),
  /** Its files were found ready. */
  validated: z.boolean(),
  /** The latest attempt; 0 before the first. */
  attempt: z.int(),
  progress: Progress.nullable(),
  trainedTokens: z.int().nullable(),
  results: Results.nullable(),
  /** Validation rows that are trained on as well, and where the first of them are; null without a validation file. */
  leakage: z.object({ rows: z.int(), listed: z.array(z.int()) }).nullable(),
  /** Files with the metrics of every step; empty unless succeeded. */
  resultFiles: z.array(z.string()),
  /** Name of the tuned model; null unless succeeded. */
  tunedModel: z.string().nullable(),
  error: z.object({ code: z.string(), message: z.string(), param: z.string().nullable() }).nullable(),
  /** Seconds of all attempts, as their trainers measured. */
  trainingSeconds: z.number(),
  /** Nothing is left to be done about it by the reconciler. */
  settled: z.boolean(),
});
export type Job = z.infer<typeof Job>;
