/** The loss over a set of rows. */
import type { Evaluation } from "../../shared/runs.ts";
import { makeBatch, type Row } from "./data.ts";
import type { Engine } from "./engine.ts";
import type { Tensors } from "./safetensors.ts";

export interface EvaluationOptions {
  batchSize: number;
  padId: number;
  /** Awaited between batches, so that a process can hear signals. */
  breathe?: (() => Promise<void>) | undefined;
}

/** Means over all learned tokens of `rows`, or null when there are none. Changes nothing. */
export async function evaluateRows(
  engine: Engine,
  adapters: Tensors,
  rows: Row[],
  { batchSize, padId, breathe }: EvaluationOptions,
): Promise<Evaluation | null> {
  if (!rows.length) return null;
  let [loss, accuracy, tokens] = [0, 0, 0];
  for (let first = 0; first < rows.length; first += batchSize) {
    await breathe?.();
    const batch = makeBatch(rows.slice(first, first + batchSize), batchSize, padId);
    const score = await engine.score(adapters, batch);
    loss += score.loss * batch.learned;
    accuracy += score.accuracy * batch.learned;
    tokens += batch.learned;
  }
  return { loss: loss / tokens, tokenAccuracy: accuracy / tokens, tokens };
}
