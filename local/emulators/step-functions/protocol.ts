import { randomUUID } from "node:crypto";
import type { RequestListener } from "node:http";
import * as z from "zod";
import type { Authority } from "../authority.ts";
import { AwsError, awsJson, type Operation, operation } from "../aws-json.ts";
import { statesAccess } from "./access.ts";
import type { Executions } from "./executions.ts";
import type { Execution, Journal } from "./journal.ts";
import type { Tokens } from "./tokens.ts";

const MAX_PAYLOAD_BYTES = 256 * 1024;
const seconds = (at: number | null) => (at === null ? undefined : at / 1000);
const show = ({ arn, machine, name, status, startedAt, stoppedAt }: Execution) => ({
  executionArn: arn,
  stateMachineArn: machine,
  name,
  status,
  startDate: seconds(startedAt),
  stopDate: seconds(stoppedAt),
});

/** AWS Step Functions, as far as workflows are started, watched, stopped and called back. */
export function stepFunctionsProtocol({
  executions,
  journal,
  tokens,
  authority,
}: {
  executions: Executions;
  journal: Journal;
  tokens: Tokens;
  authority: Authority;
}): RequestListener {
  const executionArn = z.string();
  const taskToken = z.string().min(1).max(2048);
  const operations = {
    StartExecution: operation(
      z.object({ stateMachineArn: z.string(), name: z.string().default(randomUUID), input: z.string().default("{}") }),
      ({ stateMachineArn, name, input }) => {
        if (!/^[^\s<>{}[\]?*"#%\\^|~`$&,;:/\p{Cc}]{1,80}$/u.test(name))
          throw new AwsError("InvalidName", `Invalid Name: '${name}'`);
        if (Buffer.byteLength(input) > MAX_PAYLOAD_BYTES)
          throw new AwsError("ValidationException", "The input is over 262144 bytes.");
        const { arn, startedAt } = executions.start(stateMachineArn, name, input);
        return { executionArn: arn, startDate: seconds(startedAt) };
      },
    ),
    StopExecution: operation(
      z.object({ executionArn, error: z.string().optional(), cause: z.string().optional() }),
      (input) => ({
        stopDate: seconds(executions.stop(input.executionArn, input.error, input.cause).stoppedAt),
      }),
    ),
    DescribeExecution: operation(z.object({ executionArn }), (input) => {
      const { input: given, output, error, cause, ...execution } = executions.find(input.executionArn);
      return {
        ...show({ ...execution, input: given, output, error, cause }),
        input: given,
        output: output ?? undefined,
        error: error ?? undefined,
        cause: cause ?? undefined,
      };
    }),
    ListExecutions: operation(
      z.object({
        stateMachineArn: z.string(),
        statusFilter: z.string().optional(),
        maxResults: z.int().min(0).max(1000).default(100),
        nextToken: z.string().optional(),
      }),
      ({ stateMachineArn, statusFilter, maxResults, nextToken }) => {
        const page = journal.list(
          stateMachineArn,
          statusFilter,
          maxResults || 100,
          nextToken ? Number(nextToken) : undefined,
        );
        return { executions: page.executions.map(show), nextToken: page.next === null ? undefined : String(page.next) };
      },
    ),
    GetExecutionHistory: operation(z.object({ executionArn, reverseOrder: z.boolean().default(false) }), (input) => {
      const events = journal.history(executions.find(input.executionArn).arn);
      return { events: input.reverseOrder ? events.reverse() : events };
    }),
    ListStateMachines: operation(z.object({}), () => ({
      stateMachines: executions
        .machines()
        .map((arn) => ({ stateMachineArn: arn, name: arn.split(":").at(-1), type: "STANDARD" })),
    })),
    SendTaskSuccess: operation(z.object({ taskToken, output: z.string() }), ({ taskToken, output }) => {
      if (Buffer.byteLength(output) > MAX_PAYLOAD_BYTES)
        throw new AwsError("ValidationException", "The output is over 262144 bytes.");
      tokens.succeed(taskToken, parse(output));
    }),
    SendTaskFailure: operation(
      z.object({ taskToken, error: z.string().max(256).default(""), cause: z.string().max(32_768).default("") }),
      ({ taskToken, error, cause }) => tokens.fail(taskToken, error, cause),
    ),
    SendTaskHeartbeat: operation(z.object({ taskToken }), ({ taskToken }) => tokens.beat(taskToken)),
  } satisfies Record<string, Operation>;
  return awsJson<keyof typeof operations>({
    version: "1.0",
    target: "AWSStepFunctions",
    operations,
    authority,
    access: statesAccess(tokens),
    invalid: "ValidationException",
  });
}

function parse(output: string): unknown {
  try {
    return JSON.parse(output);
  } catch (error) {
    throw new AwsError("InvalidOutput", `Invalid Output: '${(error as Error).message}'`);
  }
}
