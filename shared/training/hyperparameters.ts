import type { Hyperparameters } from "../jobs/job.ts";
import { defaults } from "./defaults.ts";

/** Optimizer steps that a run with everything on `auto` aims for: enough to see the loss settle on a small dataset. */
const AUTO_STEPS = 120;
const AUTO_BATCH = 8;
const AUTO_EPOCHS = { least: 1, most: 25 };

export interface ResolvedHyperparameters {
  epochs: number;
  batchSize: number;
  learningRateMultiplier: number;
}

/** Gives every `auto` a number for this many training rows, by the rule in docs/training.md. */
export function resolveHyperparameters(asked: Hyperparameters, rows: number): ResolvedHyperparameters {
  const batchSize = asked.batchSize === "auto" ? Math.max(1, Math.min(AUTO_BATCH, rows)) : asked.batchSize;
  const steps = Math.ceil(rows / batchSize);
  const epochs =
    asked.epochs === "auto"
      ? Math.max(AUTO_EPOCHS.least, Math.min(AUTO_EPOCHS.most, Math.round(AUTO_STEPS / steps)))
      : asked.epochs;
  return {
    epochs,
    batchSize,
    learningRateMultiplier: asked.learningRateMultiplier === "auto" ? 1 : asked.learningRateMultiplier,
  };
}

/** What the trainer is told: the caller's choices over the defaults of this house. */
export const trainerHyperparameters = (resolved: ResolvedHyperparameters) => ({
  ...defaults,
  epochs: resolved.epochs,
  batchSize: resolved.batchSize,
  learningRate: defaults.learningRate * resolved.learningRateMultiplier,
});
