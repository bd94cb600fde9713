import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  DescribeExecutionCommand,
  GetExecutionHistoryCommand,
  ListExecutionsCommand,
  SendTaskFailureCommand,
  SendTaskHeartbeatCommand,
  SendTaskSuccessCommand,
  SFNClient,
  StartExecutionCommand,
  StopExecutionCommand,
} from "@aws-sdk/client-sfn";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type StepFunctions, startStepFunctions } from "../../local/emulators/step-functions.ts";
import { manualClock } from "./clock.ts";

const arn = (name: string) => `arn:aws:lambda:us-east-1:000000000000:function:${name}`;
const stateMachineArn = "arn:aws:states:us-east-1:000000000000:stateMachine:training";
const text = readFileSync(new URL("../../infra/workflows/training.asl.json", import.meta.url), "utf8");
const training = JSON.parse(text.replaceAll(/\$\{(\w+)\}/g, (_, name) => arn(name)));

type Payload = Record<string, never> & { token: string };
let dir: string;
let clock: ReturnType<typeof manualClock>;
let workflows: StepFunctions;
let sfn: SFNClient;
let functions: Record<string, (payload: Payload) => unknown>;
let calls: string[];
let tokens: string[];

const start = async () => {
  workflows = await startStepFunctions({
    dir,
    clock,
    invoke: async (functionArn, payload) => {
      const name = functionArn.split(":").at(-1)!;
      calls.push(name);
      const { token } = payload as Payload;
      if (token) tokens.push(token);
      return functions[name]?.(payload as Payload);
    },
  });
  workflows.define(stateMachineArn, training);
  sfn = new SFNClient({
    endpoint: workflows.url,
    region: "us-east-1",
    credentials: { accessKeyId: "a", secretAccessKey: "b" },
  });
};
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "workflows-"));
  clock = manualClock();
  [calls, tokens] = [[], []];
  functions = {
    PrepareRun: () => ({ proceed: true, heartbeatSeconds: 60 }),
    InspectRun: () => ({ over: true }),
    FinishRun: () => ({ status: "succeeded" }),
  };
  await start();
});
afterEach(async () => {
  await workflows.close();
  await rm(dir, { recursive: true });
});

const run = { organization: "o", job: "j", attempt: 1 };
const begin = async (input: object = run, name?: string) =>
  (await sfn.send(new StartExecutionCommand({ stateMachineArn, input: JSON.stringify(input), name }))).executionArn!;
const describe = (executionArn: string) => sfn.send(new DescribeExecutionCommand({ executionArn }));
const until = async (holds: () => boolean | Promise<boolean>) => {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 3));
};
const over = async (executionArn: string) => {
  await until(async () => (await describe(executionArn)).status !== "RUNNING");
  return describe(executionArn);
};

test("the training workflow waits for its token and ends when it is called back", async () => {
  const execution = await begin();
  await until(() => tokens.length === 1);
  await sfn.send(new SendTaskSuccessCommand({ taskToken: tokens[0], output: '{"outcome":"succeeded"}' }));
  const { status, output, input } = await over(execution);
  expect(status).toBe("SUCCEEDED");
  expect(JSON.parse(input!)).toEqual({ organization: "o", job: "j", attempt: 1 });
  expect(JSON.parse(output!)).toMatchObject({
    job: "j",
    report: { outcome: "succeeded" },
    finished: { status: "succeeded" },
  });
  expect(calls).toEqual(["PrepareRun", "StartRun", "InspectRun", "FinishRun"]);
  const { events } = await sfn.send(new GetExecutionHistoryCommand({ executionArn: execution }));
  expect(events!.map(({ type }) => type)).toContain("ChoiceStateEntered");
  expect(events!.at(-1)!.type).toBe("ExecutionSucceeded");
  expect(clock.timers).toBe(0);
});

test("a run that goes silent is inspected and awaited again with a token of its own", async () => {
  functions.InspectRun = () => ({ over: calls.filter((name) => name === "InspectRun").length > 1 });
  const execution = await begin();
  await until(() => tokens.length === 1);
  clock.advance(59_000);
  await sfn.send(new SendTaskHeartbeatCommand({ taskToken: tokens[0] }));
  clock.advance(59_000);
  expect((await describe(execution)).status).toBe("RUNNING");
  expect(calls).not.toContain("InspectRun");
  clock.advance(1_000);
  await until(() => tokens.length === 2);
  expect(tokens[1]).not.toBe(tokens[0]);
  await expect(sfn.send(new SendTaskSuccessCommand({ taskToken: tokens[0], output: "{}" }))).rejects.toMatchObject({
    name: "TaskTimedOut",
  });
  await sfn.send(new SendTaskFailureCommand({ taskToken: tokens[1], error: "DomainError.invalid", cause: "no rows" }));
  const { status, output } = await over(execution);
  expect(status).toBe("SUCCEEDED");
  expect(JSON.parse(output!)).toMatchObject({
    silence: { Error: "States.HeartbeatTimeout" },
    error: { Error: "DomainError.invalid", Cause: "no rows" },
  });
});

test("a callback may come before its function has returned", async () => {
  functions.StartRun = ({ token }) => sfn.send(new SendTaskSuccessCommand({ taskToken: token, output: "{}" }));
  expect((await over(await begin())).status).toBe("SUCCEEDED");
});

test("errors are retried by their type, caught, and told", async () => {
  let tries = 0;
  functions.PrepareRun = () => {
    throw Object.assign(
      new Error(`try ${++tries}`),
      tries === 1 ? { errorType: "Transient" } : { name: "DomainError.invalid" },
    );
  };
  const { output } = await over(await begin());
  expect(calls).toEqual(["PrepareRun", "PrepareRun", "FinishRun"]);
  const { error } = JSON.parse(output!);
  expect([error.Error, JSON.parse(error.Cause)]).toEqual([
    "DomainError.invalid",
    expect.objectContaining({ errorType: "DomainError.invalid", errorMessage: "try 2" }),
  ]);
});

test("a task that takes longer than its time is over", async () => {
  functions.PrepareRun = () => new Promise(() => {});
  const slow = { Type: "Task", Resource: arn("PrepareRun"), TimeoutSeconds: 600, End: true };
  workflows.define(stateMachineArn, { StartAt: "Slow", States: { Slow: slow } });
  const execution = await begin();
  await until(() => calls.length === 1);
  clock.advance(600_000);
  expect(await over(execution)).toMatchObject({ status: "FAILED", error: "States.Timeout" });
});

test("a machine's own time limit holds, and 35 days are no overflow", async () => {
  workflows.define(stateMachineArn, { ...training, TimeoutSeconds: 35 * 86_400 });
  const execution = await begin();
  await until(() => tokens.length === 1);
  expect((await describe(execution)).status).toBe("RUNNING");
  await sfn.send(new StopExecutionCommand({ executionArn: execution }));
  workflows.define(stateMachineArn, { ...training, TimeoutSeconds: 30 });
  const short = await begin();
  await until(() => tokens.length === 2);
  clock.advance(30_000);
  expect((await describe(short)).status).toBe("TIMED_OUT");
});

test("a name is one execution: again while it runs, never after", async () => {
  const first = await begin({ ...run, job: "j" }, "j-1");
  expect(await begin({ ...run, job: "j" }, "j-1")).toBe(first);
  await expect(begin({ ...run, job: "other" }, "j-1")).rejects.toMatchObject({ name: "ExecutionAlreadyExists" });
  await sfn.send(new StopExecutionCommand({ executionArn: first, error: "Stopped", cause: "by hand" }));
  expect(await describe(first)).toMatchObject({ status: "ABORTED", error: "Stopped", cause: "by hand" });
  await expect(begin({ ...run, job: "j" }, "j-1")).rejects.toMatchObject({ name: "ExecutionAlreadyExists" });
  await expect(begin({}, "a b")).rejects.toMatchObject({ name: "InvalidName" });
  await expect(sfn.send(new StartExecutionCommand({ stateMachineArn, input: "{" }))).rejects.toMatchObject({
    name: "InvalidExecutionInput",
  });
  await expect(sfn.send(new StartExecutionCommand({ stateMachineArn: `${stateMachineArn}x` }))).rejects.toMatchObject({
    name: "StateMachineDoesNotExist",
  });
});

test("a token is good for one try", async () => {
  functions.StartRun = () => {
    throw Object.assign(new Error("no"), { name: "DomainError.invalid" });
  };
  const release = Promise.withResolvers<void>();
  functions.FinishRun = () => release.promise;
  const execution = await begin();
  await until(() => calls.includes("FinishRun"));
  const late = sfn.send(new SendTaskSuccessCommand({ taskToken: tokens[0], output: "{}" }));
  await expect(late).rejects.toMatchObject({ name: "TaskTimedOut" });
  release.resolve();
  expect((await over(execution)).status).toBe("SUCCEEDED");
});

test("stopping ends what waits, and calls nothing more", async () => {
  const execution = await begin();
  await until(() => tokens.length === 1);
  await sfn.send(new StopExecutionCommand({ executionArn: execution }));
  await expect(sfn.send(new SendTaskHeartbeatCommand({ taskToken: tokens[0] }))).rejects.toMatchObject({
    name: "TaskTimedOut",
  });
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(calls).toEqual(["PrepareRun", "StartRun"]);
});

test("made-up tokens are refused", async () => {
  const heartbeat = (taskToken: string) => sfn.send(new SendTaskHeartbeatCommand({ taskToken }));
  await expect(heartbeat("made up")).rejects.toMatchObject({ name: "InvalidToken" });
  await expect(heartbeat(Buffer.alloc(48, 7).toString("base64url"))).rejects.toMatchObject({
    name: "TaskDoesNotExist",
  });
});

test("after a restart what ran is aborted, and what ended is known", async () => {
  const running = await begin({ ...run, job: "runs" });
  await until(() => tokens.length === 1);
  const ended = await begin({ ...run, job: "ends" });
  await until(() => tokens.length === 2);
  await sfn.send(new SendTaskSuccessCommand({ taskToken: tokens[1], output: "{}" }));
  await over(ended);
  await workflows.close();
  await start();
  expect(await describe(running)).toMatchObject({
    status: "ABORTED",
    cause: "The machine stopped while the execution was running.",
  });
  expect(await describe(ended)).toMatchObject({
    status: "SUCCEEDED",
    input: expect.stringContaining('"job":"ends"'),
    output: expect.stringContaining("finished"),
  });
  await expect(sfn.send(new SendTaskHeartbeatCommand({ taskToken: tokens[0] }))).rejects.toMatchObject({
    name: "TaskTimedOut",
  });
  const { executions } = await sfn.send(new ListExecutionsCommand({ stateMachineArn, statusFilter: "ABORTED" }));
  expect(executions!.map(({ executionArn }) => executionArn)).toEqual([running]);
});

test("what the interpreter would pass over is refused", () => {
  const pass = { StartAt: "A", States: { A: { Type: "Pass", End: true } } };
  expect(() => workflows.define(stateMachineArn, { ...pass, QueryLanguage: "JSONata" })).toThrow("not supported");
  const task = { Type: "Task", Resource: "arn:aws:states:::sqs:sendMessage", End: true };
  expect(() => workflows.define(stateMachineArn, { StartAt: "A", States: { A: task } })).toThrow("not supported");
  expect(() => workflows.define(stateMachineArn, { StartAt: "B", States: {} })).toThrow("invalid");
});
