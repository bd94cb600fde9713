/**
 * One attempt of a run, from its `run.json` to its `done` or `failed` event. Keeps the trainer contract of `shared/runs.ts`.
 * Storage, clock and signal are arguments: nothing here knows S3, processes or the time of day.
 */
import type { CheckpointInfo, Evaluation } from "../../shared/runs.ts";
import { saveCheckpoint } from "./checkpoint.ts";
import { watchControl } from "./control.ts";
import { type Engine, makeEngine } from "./engine.ts";
import { evaluateRows } from "./evaluate.ts";
import { type Clock, type Events, makeEvents } from "./events.ts";
import { lossNotFinite, TrainingFailure } from "./failure.ts";
import { type FinalModel, saveFinalModel } from "./final-model.ts";
import { type Prepared, prepare, readRun } from "./preparation.ts";
import type { Tensors } from "./safetensors.ts";
import { planSaves } from "./saving.ts";
import { makeStepper } from "./step.ts";
import type { Storage } from "./storage.ts";
import { parameterCount } from "./weights.ts";

export interface TrainerDependencies {
  storage: Storage;
  clock: Clock;
  /** Aborted: save, say so and leave (SIGTERM). */
  signal: AbortSignal;
  /** Awaited between steps, so that a process can hear signals. */
  breathe?: () => Promise<void>;
}

export type Outcome = "succeeded" | "paused" | "stopped" | "failed";
type Ending = { outcome: Exclude<Outcome, "failed">; checkpoint: CheckpointInfo | null; model: FinalModel | null };

/** Trains what the `run.json` at `runUri` says. Rejects only when events cannot be written; every other end is an event. */
export async function train(runUri: string, dependencies: TrainerDependencies): Promise<Outcome> {
  const { storage, clock } = dependencies;
  const begin = clock.now();
  const events = makeEvents(storage, runUri.slice(0, runUri.lastIndexOf("/") + 1), clock);
  let prepared: Prepared | null = null;
  let engine: Engine | null = null;
  try {
    const run = await readRun(storage, runUri);
    await events.log("info", `Reading the rows and the base model ${run.model.name}`);
    prepared = await prepare(storage, run);
    engine = makeEngine(prepared.base, run.hyperparameters.loraAlpha / run.hyperparameters.loraRank);
    const ending = await attempt(prepared, engine, dependencies, events);
    const { step, trainedTokens } = prepared.progress;
    // The clock may have been set back meanwhile.
    const seconds = Math.max(0, clock.now() - begin) / 1000;
    await events.emit({ type: "done", ...ending, step, trainedTokens, seconds }, { urgent: true });
    return ending.outcome;
  } catch (error) {
    const code = error instanceof TrainingFailure ? error.code : "internal";
    const message = error instanceof Error ? error.message : String(error);
    await events.emit({ type: "failed", code, message, step: prepared?.progress.step ?? 0 }, { urgent: true });
    return "failed";
  } finally {
    engine?.dispose();
  }
}

async function attempt(
  prepared: Prepared,
  engine: Engine,
  dependencies: TrainerDependencies,
  events: Events,
): Promise<Ending> {
  const { storage, clock, signal, breathe } = dependencies;
  const { run, base, progress, totalSteps, stepsPerEpoch, batchSize, padId } = prepared;
  const validate = async (adapters: Tensors) => {
    const found = await evaluateRows(engine, adapters, prepared.validation?.rows ?? [], { batchSize, padId, breathe });
    if (found && !Number.isFinite(found.loss)) throw lossNotFinite("validation loss", progress.step, run);
    return found;
  };
  const command = watchControl(storage, run.output, clock, signal);
  const takeStep = makeStepper(prepared, engine);
  let checkpoint = null as CheckpointInfo | null;
  let trainLoss: number | null = null;

  const save = async (validation: Evaluation | null): Promise<CheckpointInfo> => {
    const uri = `${run.output}checkpoints/step-${progress.step}/`;
    const bytes = await saveCheckpoint(storage, uri, run, prepared.trainingSha256, progress);
    checkpoint = { step: progress.step, uri, bytes, trainLoss, validation };
    await events.emit({ type: "checkpoint", checkpoint }, { urgent: true });
    return checkpoint;
  };

  const baseline = await validate(prepared.untrained);
  await announce(prepared, baseline, events);
  const plan = planSaves(run.save, stepsPerEpoch, totalSteps, clock);
  while (progress.step < totalSteps) {
    await breathe?.();
    const wanted = await command();
    if (wanted === "stop") return { outcome: "stopped", checkpoint, model: null };
    if (wanted === "pause") {
      const saved = checkpoint?.step === progress.step || run.resume?.step === progress.step;
      return { outcome: "paused", checkpoint: saved ? checkpoint : await save(null), model: null };
    }
    const begin = clock.now();
    const { loss, accuracy: tokenAccuracy, learningRate, gradientNorm, tokens } = await takeStep();
    const tokensPerSecond = tokens / (Math.max(1, clock.now() - begin) / 1000);
    trainLoss = loss;
    const { step, trainedTokens } = progress;
    const due = plan.due(step);
    const validation = due ? await validate(progress.adapters) : null;
    const epoch = step / stepsPerEpoch;
    const measured = { loss, tokenAccuracy, learningRate, gradientNorm, tokensPerSecond, trainedTokens, validation };
    await events.emit({ type: "metrics", step, totalSteps, epoch, ...measured });
    if (due) {
      await save(validation);
      plan.saved();
    }
  }
  // The last step is always saved: without a checkpoint, an earlier attempt has saved it and was lost before its end.
  const validation = checkpoint ? checkpoint.validation : await validate(progress.adapters);
  const model = await saveFinalModel(storage, run, base, progress.adapters, {
    dataset: { training: prepared.trainingSha256, validation: prepared.validationSha256 },
    steps: totalSteps,
    trainedTokens: progress.trainedTokens,
    trainLoss,
    validation,
    baseline,
  });
  return { outcome: "succeeded", checkpoint, model };
}

async function announce(
  { run, base, training, validation, progress, totalSteps }: Prepared,
  baseline: Evaluation | null,
  events: Events,
) {
  const idle = training.nothingToLearn + (validation?.nothingToLearn ?? 0);
  if (idle) await events.log("warn", `${idle} rows have no assistant message to learn from and are left out`);
  if (validation?.tooLong)
    await events.log("warn", `${validation.tooLong} validation rows are too long and are left out`);
  const trainable = Array.from(progress.adapters.values(), (t) => t.data.length).reduce((a, b) => a + b, 0);
  const started = {
    totalSteps,
    fromStep: progress.step,
    rows: training.rows.length,
    rowsTooLong: training.tooLong,
    validationRows: validation?.rows.length ?? 0,
    parameters: { total: parameterCount(base.config), trainable },
    baseline,
  };
  await events.emit({ type: "started", ...started }, { urgent: true });
  if (run.resume) await events.log("info", `Going on from step ${progress.step} of ${totalSteps}`);
}
