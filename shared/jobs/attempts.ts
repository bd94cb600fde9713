import * as z from "zod";
import { CheckpointInfo, Control } from "../runs.ts";
import { collection, type Table } from "../table.ts";

/** How an attempt ended. `lost`: without a word of the trainer's own; `blameless` when its machine was at fault. */
export const Outcome = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("succeeded"), gguf: z.string(), model: z.string(), bytes: z.number() }),
  z.object({ kind: z.literal("paused") }),
  z.object({ kind: z.literal("stopped") }),
  z.object({ kind: z.literal("failed"), code: z.string(), message: z.string() }),
  z.object({ kind: z.literal("lost"), message: z.string(), blameless: z.boolean().default(false) }),
]);
export type Outcome = z.infer<typeof Outcome>;

/** The code of an attempt that failed because a step of the workflow did. */
export const WORKFLOW_FAILED = "workflow_failed";

/** Neither the trainer nor the provider has said that the run is over: its machine may still be running. */
export const mayStillRun = ({ outcome }: Pick<Attempt, "outcome">) =>
  outcome === null || (outcome.kind === "failed" && outcome.code === WORKFLOW_FAILED);

/** One run of a job on a training provider. */
export const Attempt = z.object({
  organization: z.string(),
  job: z.string(),
  n: z.int().positive(),
  createdAt: z.number(),
  /** The name of its training job at the provider; fixed from the beginning, so that a retry cannot start two. */
  providerJob: z.string(),
  /** Which execution of the workflow looks after it: 1, 2 when the first was lost, … */
  execution: z.int().positive(),
  /** What the trainer was last told in control.json. */
  command: Control.shape.command,
  /** The task token of the step that waits for it. */
  token: z.string().nullable(),
  resume: z.object({ checkpoint: z.string(), step: z.int() }).nullable(),
  /** The provider was asked to run it. */
  startedAt: z.number().nullable(),
  /** The last event of the trainer's that was taken in. */
  ingested: z.int(),
  step: z.int(),
  /** Up to this step its metrics were told, by this attempt or one before. A resumed run repeats some steps; they are told once. */
  told: z.int(),
  totalSteps: z.int().nullable(),
  epoch: z.number(),
  loss: z.number().nullable(),
  tokensPerSecond: z.number().nullable(),
  trainedTokens: z.int(),
  baseline: CheckpointInfo.shape.validation,
  validation: CheckpointInfo.shape.validation,
  checkpoint: CheckpointInfo.nullable(),
  seconds: z.number().nullable(),
  outcome: Outcome.nullable(),
  /** When the workflow came to its end. */
  endedAt: z.number().nullable(),
  /** The job has taken note of the outcome. */
  over: z.boolean(),
});
export type Attempt = z.infer<typeof Attempt>;

/** Attempts of a job, in the partition `organization/job`. */
export const makeAttempts = (table: Table) => {
  const attempts = collection(table, { name: "attempt", schema: Attempt });
  const id = (n: number) => String(n).padStart(4, "0");
  return {
    get: (organization: string, job: string, n: number) => attempts.get(`${organization}/${job}`, id(n)),
    /** Known by the name of its training job as well. */
    async insert(attempt: Attempt) {
      const { organization, job, n } = attempt;
      await owners(table).insert("-", attempt.providerJob, { organization, job, attempt: n });
      return attempts.insert(`${organization}/${job}`, id(n), attempt);
    },
    change: (attempt: Pick<Attempt, "organization" | "job" | "n">, decide: (current: Attempt) => Attempt | null) =>
      attempts.change(`${attempt.organization}/${attempt.job}`, id(attempt.n), decide),
    list: (organization: string, job: string) => attempts.list(`${organization}/${job}`),
  };
};
export type Attempts = ReturnType<typeof makeAttempts>;

/** SageMaker allows 63 characters of a–z, A–Z, 0–9 and hyphens. */
export const providerJobName = (job: string, n: number) => `anneal-${job}-${n}`;

/** Whose attempt a training job of the provider is; null when it is none of ours. The provider's events carry only the name. */
const Owner = z.object({ organization: z.string(), job: z.string(), attempt: z.int() });
const owners = (table: Table) => collection(table, { name: "provider-job", schema: Owner });
export const runOfProviderJob = (table: Table, name: string) => owners(table).get("-", name);

export const executionName = ({ job, n, execution }: Pick<Attempt, "job" | "n" | "execution">) =>
  `${job}-${n}-${execution}`;

/** A new attempt, which goes on from the last whole checkpoint of those before it. */
export function nextAttempt(job: { organization: string; id: string }, previous: Attempt | null, now: number): Attempt {
  const n = (previous?.n ?? 0) + 1;
  const checkpoint = previous?.checkpoint ?? null;
  return {
    organization: job.organization,
    job: job.id,
    n,
    createdAt: now,
    providerJob: providerJobName(job.id, n),
    execution: 1,
    command: "continue",
    token: null,
    resume: checkpoint && { checkpoint: checkpoint.uri, step: checkpoint.step },
    startedAt: null,
    ingested: 0,
    step: checkpoint?.step ?? 0,
    told: previous?.told ?? 0,
    totalSteps: previous?.totalSteps ?? null,
    epoch: previous?.epoch ?? 0,
    loss: previous?.loss ?? null,
    tokensPerSecond: null,
    trainedTokens: previous?.trainedTokens ?? 0,
    baseline: previous?.baseline ?? null,
    validation: previous?.validation ?? null,
    checkpoint,
    seconds: null,
    outcome: null,
    endedAt: null,
    over: false,
  };
}
