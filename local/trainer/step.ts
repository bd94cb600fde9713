/** One optimizer step of a run. */
import { epochOrder, makeBatch } from "./data.ts";
import type { Engine } from "./engine.ts";
import { lossNotFinite } from "./failure.ts";
import { adamStep, scheduledRate } from "./optimizer.ts";
import type { Prepared } from "./preparation.ts";

export interface StepResult {
  /** Of the batch before the update. */
  loss: number;
  accuracy: number;
  learningRate: number;
  /** Before clipping. */
  gradientNorm: number;
  /** Tokens of the batch that are not padding. */
  tokens: number;
}

/**
 * Gives the function that takes a run's next step: which rows, at which rate, is all a function of `progress.step`, the seed
 * and the data. It updates `prepared.progress` in place and throws `loss_not_finite` when training has diverged.
 */
export function makeStepper(prepared: Prepared, engine: Engine): () => Promise<StepResult> {
  const { run, progress, training, batchSize, stepsPerEpoch, totalSteps, padId } = prepared;
  const { learningRate: peak, warmupRatio, weightDecay, maxGradNorm } = run.hyperparameters;
  const warmup = Math.ceil(warmupRatio * totalSteps);
  const parameters = Array.from(progress.adapters.values(), (tensor) => tensor.data);
  let order: { epoch: number; batches: number[][] } | null = null;

  return async () => {
    const epoch = Math.floor(progress.step / stepsPerEpoch);
    if (order?.epoch !== epoch)
      order = { epoch, batches: epochOrder(training.rows.length, batchSize, run.seed, epoch) };
    const rows = order.batches[progress.step % stepsPerEpoch]!.map((i) => training.rows[i]!);
    const batch = makeBatch(rows, batchSize, padId);
    const { loss, accuracy, gradients } = await engine.gradients(progress.adapters, batch);
    const learningRate = scheduledRate(progress.step, { peak, warmup, total: totalSteps });
    const gradientNorm = adamStep(parameters, gradients, progress.adam, { learningRate, weightDecay, maxGradNorm });
    if (!Number.isFinite(loss)) throw lossNotFinite("loss", progress.step + 1, run);
    if (!Number.isFinite(gradientNorm)) throw lossNotFinite("gradient", progress.step + 1, run);
    progress.step++;
    progress.trainedTokens += batch.tokens;
    return { loss, accuracy, learningRate, gradientNorm, tokens: batch.tokens };
  };
}
