import { StateMachine, type StateMachineDefinition } from "aws-local-stepfunctions";

type State = Record<string, unknown> & { Type?: string };
type Machine = { States: Record<string, State>; StartAt: string; TimeoutSeconds?: number; QueryLanguage?: string };

/** How a task is run: by calling the function with the state's input, by `lambda:invoke`, or by the latter and waiting for its token. */
export type Integration = "function" | "invoke" | "callback";
export interface Task {
  integration: Integration;
  /** The function's ARN when the integration is "function". */
  resource: string;
}
/** What the task handler of a prepared machine receives. */
export interface TaskInput {
  call: unknown;
  timeoutSeconds?: number;
  heartbeatSeconds?: number;
}

/** The interpreter's own limit on a task, which must never be what ends one: a timer of it holds no more than 24.8 days. */
const LONGEST_SECONDS = 2_147_483;
/** The interpreter passes over these silently. */
const UNKNOWN = ["Assign", "Arguments", "Output", "Credentials"];

/**
 * Makes a definition one that the interpreter runs as AWS would. It has no heartbeats, ends a task after 60 seconds by
 * default, and overflows its timers: so each task's time limits travel with its input to our handler, which keeps them,
 * and the machine's own limit is handed out. Throws with what is invalid, or valid but not supported here.
 */
export function prepare(definition: object): {
  machine: StateMachine;
  tasks: Map<string, Task>;
  timeoutSeconds: number | undefined;
} {
  // Validates; the machine that is run is made from what was rewritten.
  new StateMachine(definition as StateMachineDefinition);
  const { TimeoutSeconds: timeoutSeconds, ...rest } = structuredClone(definition) as Machine;
  const tasks = new Map<string, Task>();
  rewrite(rest, tasks);
  const machine = new StateMachine(rest as unknown as StateMachineDefinition, {
    validationOptions: { noValidate: true },
  });
  return { machine, tasks, timeoutSeconds };
}

function rewrite(machine: Omit<Machine, "TimeoutSeconds">, tasks: Map<string, Task>) {
  for (const [name, state] of Object.entries(machine.States)) {
    const unknown = Object.keys(state).find((field) => UNKNOWN.includes(field));
    const language = state.QueryLanguage ?? machine.QueryLanguage ?? "JSONPath";
    if (unknown || language !== "JSONPath")
      throw new Error(
        `State '${name}': ${unknown ?? language} is not supported here; write it in JSONPath without variables.`,
      );
    for (const inner of [state.ItemProcessor, state.Iterator, ...((state.Branches as unknown[]) ?? [])])
      if (inner) rewrite(inner as Machine, tasks);
    if (state.Type !== "Task") continue;
    if (tasks.has(name)) throw new Error(`State '${name}' is there twice; names are unique in the whole machine.`);
    tasks.set(name, taskOf(name, state.Resource as string));
    machine.States[name] = withLimits(state);
  }
}

function taskOf(name: string, resource: string): Task {
  if (/^arn:[\w-]+:lambda:[\w-]*:\d*:function:/.test(resource)) return { integration: "function", resource };
  const [, optimized] = /^arn:[\w-]+:states:::lambda:(invoke(?:\.waitForTaskToken)?)$/.exec(resource) ?? [];
  if (!optimized) throw new Error(`State '${name}': the resource '${resource}' is not supported here.`);
  return { integration: optimized === "invoke" ? "invoke" : "callback", resource };
}

/** The state with its time limits moved into its parameters, where paths are resolved like any other. */
function withLimits(state: State): State {
  const { Parameters, TimeoutSeconds, TimeoutSecondsPath, HeartbeatSeconds, HeartbeatSecondsPath, ...rest } = state;
  const limit = (name: string, seconds: unknown, path: unknown) =>
    path !== undefined ? { [`${name}.$`]: path } : seconds !== undefined ? { [name]: seconds } : {};
  return {
    ...rest,
    Parameters: {
      ...(Parameters === undefined ? { "call.$": "$" } : { call: Parameters }),
      ...limit("timeoutSeconds", TimeoutSeconds, TimeoutSecondsPath),
      ...limit("heartbeatSeconds", HeartbeatSeconds, HeartbeatSecondsPath),
    },
    TimeoutSeconds: LONGEST_SECONDS,
  };
}
