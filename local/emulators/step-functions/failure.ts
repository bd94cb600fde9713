/** A task's failure as the interpreter reads it: `name` is matched by Retry and Catch, `message` becomes the cause. */
export class TaskFailure extends Error {
  /** The interpreter asks for these two. */
  isRetryable = true;
  isCatchable = true;

  constructor(name: string, cause: string) {
    super(cause);
    this.name = name;
  }

  /** For tasks of an execution that was stopped: nothing may be tried again or caught in its name. */
  static ofEnded(): TaskFailure {
    return TaskFailure.final("States.ExecutionEnded", "The execution has ended.");
  }

  /** One that States.ALL neither retries nor catches. */
  static final(name: string, cause: string): TaskFailure {
    return Object.assign(new TaskFailure(name, cause), { isRetryable: false, isCatchable: false });
  }

  /** What a function threw, in Lambda's voice: the error is named by its type, and the cause is Lambda's error document. */
  static ofFunction(thrown: unknown): TaskFailure {
    const { errorType, errorMessage, name, message, stack } = thrown as Record<string, string | undefined>;
    const type = errorType ?? name ?? "Error";
    const trace = stack?.split("\n").map((line) => line.trim()) ?? [];
    return new TaskFailure(
      type,
      JSON.stringify({ errorType: type, errorMessage: errorMessage ?? message ?? String(thrown), trace }),
    );
  }
}
