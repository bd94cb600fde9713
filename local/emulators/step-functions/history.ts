/** The interpreter's log, as far as it is read here. */
export interface InterpreterEvent {
  type: string;
  timestamp: number;
  state?: { name: string; type: string; input: unknown; output?: unknown };
  Error?: string;
  Cause?: unknown;
}

/** An event of GetExecutionHistory without its numbers, or null for what AWS does not tell. */
export function asHistoryEvent(event: InterpreterEvent): object | null {
  const told = kinds[event.type]?.(event);
  return told ? { timestamp: event.timestamp / 1000, ...told } : null;
}

const failure = ({ Error: error, Cause: cause }: InterpreterEvent) => ({
  error,
  cause: typeof cause === "string" ? cause : JSON.stringify(cause),
});
const kinds: Record<string, (event: InterpreterEvent) => object> = {
  ExecutionStarted: () => ({ type: "ExecutionStarted" }),
  ExecutionSucceeded: () => ({ type: "ExecutionSucceeded" }),
  ExecutionAborted: () => ({ type: "ExecutionAborted" }),
  ExecutionTimeout: () => ({ type: "ExecutionTimedOut" }),
  ExecutionFailed: (event) => ({ type: "ExecutionFailed", executionFailedEventDetails: failure(event) }),
  StateEntered: ({ state }) => ({
    type: `${state!.type}StateEntered`,
    stateEnteredEventDetails: { name: state!.name, input: JSON.stringify(state!.input) },
  }),
  StateExited: ({ state }) => ({
    type: `${state!.type}StateExited`,
    stateExitedEventDetails: { name: state!.name, output: JSON.stringify(state!.output ?? null) },
  }),
  StateFailed: (event) => ({
    type: "TaskFailed",
    taskFailedEventDetails: { resourceType: "lambda", resource: event.state!.name, ...failure(event) },
  }),
};
