/**
 * Every Lambda function: where its code is, what it is told by its environment, and its size.
 * The infrastructure must give each one exactly the variables named here, or it does not compile;
 * the function reads them with `environment(declaration)`.
 */
export interface Declaration<Variable extends string = string> {
  /** From the root of the repository. */
  readonly entry: string;
  readonly environment: readonly Variable[];
  readonly memoryMiB: number;
  readonly timeoutSeconds: number;
}

const declare = <const Variable extends string>(declaration: Declaration<Variable>) => declaration;

/** Where the state is: in every function. */
const STATE = ["TABLE_NAME", "DATASETS_BUCKET", "RUNS_BUCKET"] as const;
/** What the installation can do; see infra/settings.ts. */
const PLACE = ["PLACE", "MODEL_ALIASES", "TRAINER_INSTANCE_TYPE"] as const;

/** Who changes a job tells the queue, and `on-job` makes the world agree with it. */
const JOBS = ["JOBS_QUEUE_URL"] as const;
const TRAINER = ["TRAINER_IMAGE", "TRAINER_ROLE_ARN"] as const;

const api = { memoryMiB: 1024, timeoutSeconds: 29 };
const step = { memoryMiB: 512, timeoutSeconds: 60 };

export const functions = {
  apiOpenai: declare({ entry: "functions/api/openai/main.ts", environment: [...STATE, ...PLACE, ...JOBS], ...api }),
  apiLangdb: declare({ entry: "functions/api/langdb/main.ts", environment: [...STATE, ...PLACE, ...JOBS], ...api }),
  apiAnneal: declare({ entry: "functions/api/anneal/main.ts", environment: [...STATE, ...PLACE, ...JOBS], ...api }),
  apiInference: declare({
    entry: "functions/api/inference/main.ts",
    environment: [...STATE, ...PLACE, "INFERENCE_URL"],
    memoryMiB: 512,
    timeoutSeconds: 900,
  }),
  onUpload: declare({
    entry: "functions/on-upload.ts",
    environment: [...STATE, ...PLACE, ...JOBS],
    memoryMiB: 2048,
    timeoutSeconds: 900,
  }),
  onJob: declare({
    entry: "functions/on-job.ts",
    environment: [...STATE, ...PLACE, ...TRAINER, "TRAINING_WORKFLOW_ARN"],
    ...step,
  }),
  onRunEvent: declare({ entry: "functions/on-run-event.ts", environment: [...STATE, ...PLACE], ...step }),
  onTrainingState: declare({ entry: "functions/on-training-state.ts", environment: [...STATE, ...PLACE], ...step }),
  prepareRun: declare({
    entry: "functions/steps/prepare-run.ts",
    environment: [...STATE, ...PLACE],
    memoryMiB: 1024,
    timeoutSeconds: 300,
  }),
  startRun: declare({ entry: "functions/steps/start-run.ts", environment: [...STATE, ...PLACE, ...TRAINER], ...step }),
  awaitRun: declare({ entry: "functions/steps/await-run.ts", environment: [...STATE, ...PLACE], ...step }),
  inspectRun: declare({
    entry: "functions/steps/inspect-run.ts",
    environment: [...STATE, ...PLACE, ...TRAINER],
    ...step,
  }),
  finishRun: declare({ entry: "functions/steps/finish-run.ts", environment: [...STATE, ...PLACE, ...JOBS], ...step }),
  reconcile: declare({
    entry: "functions/reconcile.ts",
    environment: [...STATE, ...PLACE, ...TRAINER, "TRAINING_WORKFLOW_ARN"],
    ...step,
  }),
} satisfies Record<string, Declaration>;

export type FunctionName = keyof typeof functions;
export type EnvironmentOf<D extends Declaration> = Record<D["environment"][number], string>;

/** The variables a function declared, all of them; throws with the names of those that are not set. */
export function environment<D extends Declaration>(
  declaration: D,
  from: NodeJS.ProcessEnv = process.env,
): EnvironmentOf<D> {
  const absent = declaration.environment.filter((name) => from[name] === undefined);
  if (absent.length > 0) throw new Error(`${declaration.entry} needs ${absent.join(", ")} in its environment`);
  return Object.fromEntries(declaration.environment.map((name) => [name, from[name]])) as EnvironmentOf<D>;
}
