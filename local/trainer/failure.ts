/** Why a run cannot succeed, in the words of the contract's `failed` event. */
import type { RunEvent } from "../../shared/runs.ts";

export type FailureCode = Extract<RunEvent, { type: "failed" }>["code"];

/** `message` goes to the user: it says what to change. */
export class TrainingFailure extends Error {
  readonly code: FailureCode;
  constructor(code: FailureCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
