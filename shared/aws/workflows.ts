import {
  DescribeExecutionCommand,
  ExecutionAlreadyExists,
  ExecutionDoesNotExist,
  InvalidToken,
  SendTaskHeartbeatCommand,
  SendTaskSuccessCommand,
  SFNClient,
  StartExecutionCommand,
  TaskDoesNotExist,
  TaskTimedOut,
} from "@aws-sdk/client-sfn";
import type { Callbacks, Workflows } from "../workflows.ts";

/** A state machine in Step Functions (Standard, so that names are unique for 90 days). */
export function makeWorkflows({ arn, client = new SFNClient({}) }: { arn: string; client?: SFNClient }): Workflows {
  const executionArn = (name: string) => `${arn.replace(":stateMachine:", ":execution:")}:${name}`;
  return {
    async start(name, input) {
      const command = new StartExecutionCommand({ stateMachineArn: arn, name, input: JSON.stringify(input) });
      await client.send(command).catch(unless(ExecutionAlreadyExists));
    },
    async state(name) {
      try {
        const { status } = await client.send(new DescribeExecutionCommand({ executionArn: executionArn(name) }));
        return status === "RUNNING" || status === "PENDING_REDRIVE" ? "running" : "ended";
      } catch (error) {
        if (error instanceof ExecutionDoesNotExist) return "absent";
        throw error;
      }
    },
  };
}

/** Answers to task tokens. A token whose step has ended, by whatever way, is nobody's any more. */
export function makeCallbacks(client = new SFNClient({})): Callbacks {
  const nobodyWaits = unless(TaskDoesNotExist, TaskTimedOut, InvalidToken);
  return {
    async succeed(taskToken, output) {
      await client.send(new SendTaskSuccessCommand({ taskToken, output: JSON.stringify(output) })).catch(nobodyWaits);
    },
    async heartbeat(taskToken) {
      await client.send(new SendTaskHeartbeatCommand({ taskToken })).catch(nobodyWaits);
    },
  };
}

const unless =
  (...kinds: (abstract new (...args: never[]) => Error)[]) =>
  (error: unknown) => {
    if (!kinds.some((kind) => error instanceof kind)) throw error;
  };
