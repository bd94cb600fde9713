import type { AccessOf } from "../aws-json.ts";
import type { Tokens } from "./tokens.ts";

/** What each operation needs. Throws what a token is refused with when it is none. */
export function statesAccess(tokens: Pick<Tokens, "machineOf">) {
  const on =
    (operation: string, field: string): AccessOf =>
    (input) => [{ action: `states:${operation}`, resource: `${input[field]}` }];
  const callback =
    (operation: string): AccessOf =>
    ({ taskToken }) => [{ action: `states:${operation}`, resource: tokens.machineOf(`${taskToken}`) }];
  return {
    StartExecution: on("StartExecution", "stateMachineArn"),
    StopExecution: on("StopExecution", "executionArn"),
    DescribeExecution: on("DescribeExecution", "executionArn"),
    ListExecutions: on("ListExecutions", "stateMachineArn"),
    GetExecutionHistory: on("GetExecutionHistory", "executionArn"),
    ListStateMachines: () => [{ action: "states:ListStateMachines", resource: "*" }],
    SendTaskSuccess: callback("SendTaskSuccess"),
    SendTaskFailure: callback("SendTaskFailure"),
    SendTaskHeartbeat: callback("SendTaskHeartbeat"),
  } satisfies Record<string, AccessOf>;
}
