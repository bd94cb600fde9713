import { AwsError } from "../aws-json.ts";
import type { Clock } from "../clock.ts";
import { prepare } from "./definition.ts";
import { asHistoryEvent, type InterpreterEvent } from "./history.ts";
import type { Ending, Journal } from "./journal.ts";
import { type Invoke, makeTasks } from "./tasks.ts";
import type { Tokens } from "./tokens.ts";

const MACHINE_STOPPED: Ending = {
  status: "ABORTED",
  error: "MachineStopped",
  cause: "The machine stopped while the execution was running.",
};
export type Executions = ReturnType<typeof makeExecutions>;
export type Log = { execution: string } & InterpreterEvent;

/** State machines and their runs. Those that an earlier process left running are over: nothing of theirs is alive. */
export function makeExecutions(options: {
  journal: Journal;
  clock: Clock;
  tokens: Tokens;
  invoke: Invoke;
  onLog?: ((log: Log) => void) | undefined;
}) {
  const { journal, clock, tokens, invoke, onLog } = options;
  const machines = new Map<string, ReturnType<typeof prepare>>();
  const running = new Map<string, (ending: Ending) => void>();
  for (const arn of journal.running()) journal.end(arn, MACHINE_STOPPED);

  const run = (arn: string, machineArn: string, name: string, input: never) => {
    const { machine, tasks, timeoutSeconds } = machines.get(machineArn)!;
    const ended = new AbortController();
    const { handlers, context: Task } = makeTasks({ machineArn, tasks, invoke, clock, tokens, ended: ended.signal });
    const context = {
      Execution: { Id: arn, Name: name },
      StateMachine: { Id: machineArn, Name: machineArn.split(":").at(-1) },
      Task,
    };
    const { result, abort, eventLogs } = machine.run(input, {
      overrides: { taskResourceLocalHandlers: handlers },
      context,
    });
    const end = (ending: Ending) => {
      callOff();
      running.delete(arn);
      journal.end(arn, ending);
      ended.abort();
      abort();
    };
    const callOff =
      timeoutSeconds === undefined ? () => {} : clock.after(timeoutSeconds * 1000, () => end({ status: "TIMED_OUT" }));
    running.set(arn, end);
    result.then(
      (output) => running.has(arn) && end({ status: "SUCCEEDED", output: JSON.stringify(output) }),
      (error: Error) => {
        const { name, message } = (error.cause ?? error) as Error;
        if (running.has(arn)) end({ status: "FAILED", error: name, cause: message });
      },
    );
    void record(arn, eventLogs as AsyncIterable<InterpreterEvent>);
  };

  const record = async (arn: string, events: AsyncIterable<InterpreterEvent>) => {
    let id = 0;
    for await (const event of events) {
      onLog?.({ execution: arn, ...event });
      if (closed) return;
      const told = asHistoryEvent(event);
      if (told) journal.log(arn, ++id, { id, previousEventId: id - 1, ...told });
    }
  };

  let closed = false;
  return {
    machines: () => [...machines.keys()],
    /** Replaces the definition for executions to come. Throws when it is not valid or not supported. */
    define: (arn: string, definition: object) => void machines.set(arn, prepare(definition)),
    /** The same name and input while it runs is the same execution. Throws what StartExecution does. */
    start(machineArn: string, name: string, input: string) {
      if (!machines.has(machineArn))
        throw new AwsError("StateMachineDoesNotExist", `State Machine Does Not Exist: '${machineArn}'`);
      const arn = `${machineArn.replace(":stateMachine:", ":execution:")}:${name}`;
      const known = journal.find(arn);
      if (known?.status === "RUNNING" && known.input === input) return known;
      if (known) throw new AwsError("ExecutionAlreadyExists", `Execution Already Exists: '${arn}'`);
      const parsed = parse(input);
      journal.begin({ arn, machine: machineArn, name, input });
      run(arn, machineArn, name, parsed as never);
      return journal.find(arn)!;
    },
    /** Quiet when it is over already. Throws ExecutionDoesNotExist. */
    stop(arn: string, error?: string, cause?: string) {
      this.find(arn);
      running.get(arn)?.({
        status: "ABORTED",
        ...(error !== undefined && { error }),
        ...(cause !== undefined && { cause }),
      });
      return this.find(arn);
    },
    find(arn: string) {
      const execution = journal.find(arn);
      if (!execution) throw new AwsError("ExecutionDoesNotExist", `Execution Does Not Exist: '${arn}'`);
      return execution;
    },
    close() {
      for (const end of [...running.values()]) end(MACHINE_STOPPED);
      closed = true;
    },
  };
}

function parse(input: string): unknown {
  try {
    return JSON.parse(input);
  } catch (error) {
    throw new AwsError("InvalidExecutionInput", `Invalid State Machine Execution Input: '${(error as Error).message}'`);
  }
}
