import type { Clock } from "../clock.ts";
import type { Task, TaskInput } from "./definition.ts";
import { TaskFailure } from "./failure.ts";
import type { Tokens } from "./tokens.ts";

const MAX_PAYLOAD_BYTES = 256 * 1024;
/** Calls a function in the name of a state machine. */
export type Invoke = (functionArn: string, payload: unknown, machineArn: string) => Promise<unknown>;

/**
 * The tasks of one execution: a handler per state, and the context whose `$$.Task.Token` is that of the task being entered.
 * The interpreter resolves a state's parameters and calls its handler without a pause between them; so the token that is
 * read meanwhile is the handler's own, a new one for each try.
 */
export function makeTasks(execution: {
  machineArn: string;
  tasks: Map<string, Task>;
  invoke: Invoke;
  clock: Clock;
  tokens: Tokens;
  ended: AbortSignal;
}) {
  const { machineArn, invoke, clock, tokens, ended } = execution;
  let next = tokens.mint(machineArn);
  const context = {
    get Token() {
      return next;
    },
  };

  const integrations = {
    function: async ({ resource }: Task, input: TaskInput) => call(resource, input.call),
    invoke: async (_: Task, input: TaskInput) => {
      const { FunctionName, Payload } = input.call as { FunctionName: string; Payload?: unknown };
      return { ExecutedVersion: "$LATEST", Payload: await call(FunctionName, Payload ?? {}), StatusCode: 200 };
    },
    callback: (_: Task, input: TaskInput, token: string, over: AbortSignal) => {
      const { FunctionName, Payload } = input.call as { FunctionName: string; Payload?: unknown };
      // The token is good before the function runs, which may well call back itself; what it returns means nothing.
      const called = tokens.wait(token, input.heartbeatSeconds, over);
      const failed = call(FunctionName, Payload ?? {}).then(() => new Promise<never>(() => {}));
      return Promise.race([called, failed]);
    },
  } satisfies Record<
    Task["integration"],
    (task: Task, input: TaskInput, token: string, over: AbortSignal) => Promise<unknown>
  >;

  const call = async (functionArn: string, payload: unknown) => {
    try {
      return await invoke(functionArn, payload, machineArn);
    } catch (thrown) {
      throw TaskFailure.ofFunction(thrown);
    }
  };

  const run = async (task: Task, input: TaskInput): Promise<never> => {
    if (ended.aborted) throw TaskFailure.ofEnded();
    const token = next;
    next = tokens.mint(machineArn);
    const { promise: cut, reject } = Promise.withResolvers<never>();
    // Its token is good for this try and not for the next.
    const over = new AbortController();
    const onEnd = () => reject(TaskFailure.ofEnded());
    ended.addEventListener("abort", onEnd);
    const callOff =
      input.timeoutSeconds === undefined
        ? () => {}
        : clock.after(input.timeoutSeconds * 1000, () => reject(new TaskFailure("States.Timeout", "")));
    try {
      return asJson(
        await Promise.race([integrations[task.integration](task, input, token, over.signal), cut]),
      ) as never;
    } finally {
      callOff();
      over.abort();
      ended.removeEventListener("abort", onEnd);
    }
  };
  const handlers = Object.fromEntries(
    [...execution.tasks].map(([name, task]) => [name, (input: unknown) => run(task, input as TaskInput)]),
  );
  return { handlers, context };
}

/** A result as it would arrive over the wire. Throws DataLimitExceeded over 256 KiB. */
function asJson(result: unknown): unknown {
  const text = JSON.stringify(result ?? null);
  if (Buffer.byteLength(text) > MAX_PAYLOAD_BYTES)
    throw TaskFailure.final(
      "States.DataLimitExceeded",
      "The task returned a result with a size exceeding the maximum number of bytes service limit.",
    );
  return JSON.parse(text);
}
