/** Why a run cannot succeed, in the words of the contract's `failed` event. */
import type { RunConfig, RunEvent } from "../../shared/runs.ts";

export type FailureCode = Extract<RunEvent, { type: "failed" }>["code"];

/** `message` goes to the user: it says what to change. */
export class TrainingFailure extends Error {
  readonly code: FailureCode;
  constructor(code: FailureCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** Training has diverged: `what` is no longer a number at `step`. */
export const lossNotFinite = (what: string, step: number, run: RunConfig) =>
  new TrainingFailure(
    "loss_not_finite",
    `The ${what} is no longer a number at step ${step}: lower the learning rate, now ${run.hyperparameters.learningRate}`,
  );
