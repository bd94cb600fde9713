/** What the laptop and a function's worker thread say to each other. Events and results travel as JSON, as in Lambda. */

export type ToWorker =
  | { type: "invoke"; requestId: string; event: string; deadline: number }
  /** The last chunk went out: send the next one. */
  | { type: "drained" }
  /** The client left: nobody reads this invocation's stream any more. */
  | { type: "cancel" };

export type FromWorker =
  /** The entry is loaded. */
  | { type: "ready" }
  | { type: "result"; payload: string }
  | { type: "failed"; failure: Failure }
  | { type: "head"; head: Head }
  | { type: "chunk"; bytes: Uint8Array }
  /** The stream is over and the handler has returned. */
  | { type: "ended" };

export interface WorkerSetup {
  readonly entry: string;
  readonly functionName: string;
  readonly functionArn: string;
  readonly memoryMiB: number;
  readonly cacheDir: string;
}

/** The first part of a streamed reply, before its body. */
export interface Head {
  readonly statusCode?: number;
  readonly headers?: Record<string, string>;
  readonly multiValueHeaders?: Record<string, string[]>;
}

/** A function's error as Lambda reports it. */
export interface Failure {
  readonly errorType: string;
  readonly errorMessage: string;
  readonly trace: readonly string[];
}

/** An invocation that failed. Its name is the error's type, which is what a state machine's Retry and Catch look at. */
export class FunctionError extends Error {
  readonly failure: Failure;

  constructor(failure: Failure) {
    super(failure.errorMessage);
    this.name = failure.errorType;
    this.failure = failure;
  }
}

export const failure = (errorType: string, errorMessage: string) =>
  new FunctionError({ errorType, errorMessage, trace: [] });

export function failureOf(thrown: unknown): Failure {
  if (!(thrown instanceof Error)) return { errorType: "Error", errorMessage: String(thrown), trace: [] };
  const cause = thrown.cause instanceof Error ? [`caused by ${thrown.cause.stack}`] : [];
  return {
    errorType: thrown.name || "Error",
    errorMessage: thrown.message,
    trace: [...(thrown.stack ?? "").split("\n"), ...cause],
  };
}
