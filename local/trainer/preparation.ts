/** Everything a run needs before its first step, read from storage, with every early failure named. */
import { RunConfig } from "../../shared/runs.ts";
import { type BaseModel, readBaseModel } from "./base-model.ts";
import { loadCheckpoint, type Progress } from "./checkpoint.ts";
import { type Rows, readRows } from "./data.ts";
import { sha256 } from "./directory.ts";
import { TrainingFailure } from "./failure.ts";
import { newAdapters } from "./lora.ts";
import { newAdamState } from "./optimizer.ts";
import type { Tensors } from "./safetensors.ts";
import type { Storage } from "./storage.ts";

export interface Prepared {
  run: RunConfig;
  base: BaseModel;
  training: Rows;
  validation: Rows | null;
  trainingSha256: string;
  validationSha256: string | null;
  /** Rows per step: the batch size, or all rows when there are fewer. */
  batchSize: number;
  totalSteps: number;
  stepsPerEpoch: number;
  /** What batches are padded with. */
  padId: number;
  /** Adapters that change nothing: with them the model is the base model. */
  untrained: Tensors;
  /** Where to begin: new adapters, or those of the checkpoint to resume. */
  progress: Progress;
}

/** Throws `invalid_run` naming the field. `uri` is where it was read from. */
export async function readRun(storage: Storage, uri: string): Promise<RunConfig> {
  const file = await storage.read(uri);
  if (!file) throw new TrainingFailure("invalid_run", `There is no run at ${uri}`);
  let body: unknown;
  try {
    body = JSON.parse(new TextDecoder().decode(file));
  } catch (cause) {
    throw new TrainingFailure("invalid_run", `${uri} is not JSON`, { cause });
  }
  const parsed = RunConfig.safeParse(body);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0]!;
  throw new TrainingFailure("invalid_run", `run.json: ${issue.path.join(".") || "(root)"}: ${issue.message}`);
}

export async function prepare(storage: Storage, run: RunConfig): Promise<Prepared> {
  const base = await refuse("model_unreadable", `The base model at ${run.model.uri} cannot be read`, () =>
    readBaseModel((name) => storage.read(run.model.uri + name)),
  );
  const limit = Math.min(run.hyperparameters.maxSequenceLength, base.config.contextLength);
  const read = async (uri: string) => {
    const file = await storage.read(uri);
    if (!file) throw new TrainingFailure("invalid_run", `There is no dataset at ${uri}: upload it again`);
    return { rows: readRows(base.tokenizer, file, limit), sha256: sha256(file) };
  };
  const training = await read(run.dataset.training);
  const validation = run.dataset.validation === null ? null : await read(run.dataset.validation);
  const count = training.rows.rows.length;
  if (!count && training.rows.tooLong) {
    throw new TrainingFailure(
      "all_rows_too_long",
      `All ${training.rows.tooLong} rows have more than ${limit} tokens: shorten them or raise the sequence length`,
    );
  }
  if (!count)
    throw new TrainingFailure(
      "no_training_rows",
      "No row has an assistant message to learn from: add rows with an assistant answer",
    );

  const { epochs, loraRank, loraAlpha } = run.hyperparameters;
  const batchSize = Math.min(run.hyperparameters.batchSize, count);
  const stepsPerEpoch = Math.ceil(count / batchSize);
  const fresh = () => newAdapters(base.config, { rank: loraRank, alpha: loraAlpha }, run.seed);
  const adapters = fresh();
  const progress: Progress = run.resume
    ? await refuse("invalid_run", "The checkpoint to resume cannot be used", () =>
        loadCheckpoint(storage, run.resume!.checkpoint, run, training.sha256, adapters),
      )
    : { step: 0, trainedTokens: 0, adapters, adam: newAdamState(Array.from(adapters.values(), (t) => t.data)) };
  return {
    run,
    base,
    training: training.rows,
    validation: validation?.rows ?? null,
    trainingSha256: training.sha256,
    validationSha256: validation?.sha256 ?? null,
    batchSize,
    totalSteps: epochs * stepsPerEpoch,
    stepsPerEpoch,
    padId: base.tokenizer.id("<|pad|>") ?? base.config.eosId,
    untrained: fresh(),
    progress,
  };
}

async function refuse<T>(code: "model_unreadable" | "invalid_run", what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    throw new TrainingFailure(code, `${what}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}
