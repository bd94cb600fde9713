/**
 * What a run is trained with when its owner says nothing: LoRA settings that suit `anneal-tiny` on the laptop.
 * The learning rate is high beside what large models take because a million parameters need it; see examples/data/README.md
 * for what these settings reach.
 */
import type { RunConfig } from "../runs.ts";

export const defaults = {
  learningRate: 2e-3,
  warmupRatio: 0.1,
  weightDecay: 0,
  maxGradNorm: 1,
  loraRank: 16,
  loraAlpha: 32,
  maxSequenceLength: 512,
} satisfies Omit<RunConfig["hyperparameters"], "epochs" | "batchSize">;
