import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  BatchGetItemCommand,
  CreateTableCommand,
  DescribeTableCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  waitUntilTableExists,
} from "@aws-sdk/client-dynamodb";
import {
  CreateTrainingJobCommand,
  type CreateTrainingJobCommandInput,
  DescribeTrainingJobCommand,
  SageMakerClient,
  StopTrainingJobCommand,
} from "@aws-sdk/client-sagemaker";
import {
  DescribeExecutionCommand,
  SendTaskFailureCommand,
  SendTaskSuccessCommand,
  SFNClient,
  StartExecutionCommand,
  StopExecutionCommand,
} from "@aws-sdk/client-sfn";
import {
  CreateQueueCommand,
  GetQueueUrlCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startDynamodb } from "../../local/emulators/dynamodb.ts";
import { startSagemaker } from "../../local/emulators/sagemaker.ts";
import { startStepFunctions } from "../../local/emulators/step-functions.ts";
import { startStorage } from "../../local/emulators/storage.ts";
import { callers, refused } from "./callers.ts";

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "authority-"));
});
afterAll(() => rm(dir, { recursive: true }));

const region = "us-east-1";
const no = (action: string, resource: string) => ({
  name: "AccessDeniedException",
  message: refused(action, resource),
});
const nobody = {
  name: "UnrecognizedClientException",
  message: "The security token included in the request is invalid.",
};

test("DynamoDB: a table and each of its indexes by themselves", async () => {
  const table = "arn:aws:dynamodb:us-east-1:000000000000:table/things";
  const { authority, operator, limited, stranger } = callers(
    { Action: "dynamodb:PutItem", Resource: table },
    { Action: "dynamodb:BatchGetItem", Resource: table },
    { Action: "dynamodb:Query", Resource: `${table}/index/live` },
  );
  const server = await startDynamodb({ dir, authority });
  const as = (credentials: typeof operator) =>
    new DynamoDBClient({ endpoint: server.url, region, credentials, maxAttempts: 1 });
  const key = { AttributeName: "pk", KeyType: "HASH" as const };
  await as(operator).send(
    new CreateTableCommand({
      TableName: "things",
      BillingMode: "PAY_PER_REQUEST",
      AttributeDefinitions: [{ AttributeName: "pk", AttributeType: "S" }],
      KeySchema: [key],
      GlobalSecondaryIndexes: [{ IndexName: "live", KeySchema: [key], Projection: { ProjectionType: "ALL" } }],
    }),
  );
  await waitUntilTableExists({ client: as(operator), maxWaitTime: 10, minDelay: 1 }, { TableName: "things" });
  const function_ = as(limited);
  const item = { pk: { S: "a" } };
  const query = {
    TableName: "things",
    KeyConditionExpression: "pk = :pk",
    ExpressionAttributeValues: { ":pk": { S: "a" } },
  };
  await function_.send(new PutItemCommand({ TableName: "things", Item: item }));
  await function_.send(new BatchGetItemCommand({ RequestItems: { things: { Keys: [item] } } }));
  expect((await function_.send(new QueryCommand({ ...query, IndexName: "live" }))).Count).toBe(1);
  await expect(function_.send(new QueryCommand(query))).rejects.toMatchObject(no("dynamodb:Query", table));
  await expect(function_.send(new GetItemCommand({ TableName: "things", Key: item }))).rejects.toMatchObject(
    no("dynamodb:GetItem", table),
  );
  await expect(function_.send(new DescribeTableCommand({ TableName: "other" }))).rejects.toMatchObject(
    no("dynamodb:DescribeTable", table.replace("things", "other")),
  );
  const others = { RequestItems: { things: { Keys: [item] }, other: { Keys: [item] } } };
  await expect(function_.send(new BatchGetItemCommand(others))).rejects.toMatchObject(
    no("dynamodb:BatchGetItem", table.replace("things", "other")),
  );
  await expect(as(stranger).send(new PutItemCommand({ TableName: "things", Item: item }))).rejects.toMatchObject(
    nobody,
  );
  const unsigned = await fetch(server.url, {
    method: "POST",
    headers: { "x-amz-target": "DynamoDB_20120810.ListTables" },
  });
  expect(await unsigned.json()).toMatchObject({ __type: expect.stringContaining("MissingAuthenticationToken") });
  await server.close();
});

test("SQS: a queue and what is done with it", async () => {
  const arn = "arn:aws:sqs:us-east-1:000000000000:mine";
  const { authority, operator, limited, stranger } = callers({ Action: "sqs:SendMessage", Resource: arn });
  const server = await startStorage({ dir, authority });
  const as = (credentials: typeof operator) =>
    new SQSClient({ endpoint: server.sqsUrl, region, credentials, maxAttempts: 1 });
  for (const QueueName of ["mine", "other"]) await as(operator).send(new CreateQueueCommand({ QueueName }));
  const QueueUrl = `${server.sqsUrl}/000000000000/mine`;
  const function_ = as(limited);
  await function_.send(new SendMessageCommand({ QueueUrl, MessageBody: "1" }));
  await function_.send(new SendMessageBatchCommand({ QueueUrl, Entries: [{ Id: "1", MessageBody: "2" }] }));
  await expect(function_.send(new ReceiveMessageCommand({ QueueUrl }))).rejects.toMatchObject({
    message: refused("sqs:ReceiveMessage", arn),
    $metadata: { httpStatusCode: 403 },
  });
  const elsewhere = { QueueUrl: QueueUrl.replace("mine", "other"), MessageBody: "1" };
  await expect(function_.send(new SendMessageCommand(elsewhere))).rejects.toThrow(
    refused("sqs:SendMessage", arn.replace("mine", "other")),
  );
  await expect(function_.send(new GetQueueUrlCommand({ QueueName: "mine" }))).rejects.toThrow(
    refused("sqs:GetQueueUrl", arn),
  );
  await expect(as(stranger).send(new SendMessageCommand({ QueueUrl, MessageBody: "1" }))).rejects.toThrow(
    nobody.message,
  );
  await server.close();
});

test("Step Functions: a machine, its executions and its tokens", async () => {
  const machine = (name: string) => `arn:aws:states:us-east-1:000000000000:stateMachine:${name}`;
  const execution = "arn:aws:states:us-east-1:000000000000:execution:mine";
  const { authority, operator, limited, stranger } = callers(
    { Action: "states:StartExecution", Resource: machine("mine") },
    { Action: "states:DescribeExecution", Resource: `${execution}:*` },
    { Action: "states:SendTaskSuccess", Resource: machine("mine") },
  );
  const tokens: Record<string, string> = {};
  const invoke = async (_: string, payload: unknown, machineArn: string) => {
    tokens[machineArn] = (payload as { token: string }).token;
  };
  const server = await startStepFunctions({ dir, authority, invoke });
  const parameters = { FunctionName: "f", Payload: { "token.$": "$$.Task.Token" } };
  const wait = {
    Type: "Task",
    Resource: "arn:aws:states:::lambda:invoke.waitForTaskToken",
    Parameters: parameters,
    End: true,
  };
  for (const name of ["mine", "other"]) server.define(machine(name), { StartAt: "Wait", States: { Wait: wait } });
  const as = (credentials: typeof operator) =>
    new SFNClient({ endpoint: server.url, region, credentials, maxAttempts: 1 });
  const function_ = as(limited);
  const start = (client: SFNClient, name: string) =>
    client.send(new StartExecutionCommand({ stateMachineArn: machine(name), name: "one" }));

  const { executionArn } = await start(function_, "mine");
  await start(as(operator), "other");
  await expect(start(function_, "other")).rejects.toMatchObject(no("states:StartExecution", machine("other")));
  await expect(start(as(stranger), "mine")).rejects.toMatchObject(nobody);
  expect(await function_.send(new DescribeExecutionCommand({ executionArn }))).toMatchObject({ status: "RUNNING" });
  await expect(function_.send(new StopExecutionCommand({ executionArn }))).rejects.toMatchObject(
    no("states:StopExecution", `${execution}:one`),
  );
  await expect.poll(() => Object.keys(tokens).length).toBe(2);
  const [mine, other] = [tokens[machine("mine")], tokens[machine("other")]];
  const answer = (taskToken: string | undefined) =>
    function_.send(new SendTaskSuccessCommand({ taskToken, output: "1" }));
  await expect(answer(other)).rejects.toMatchObject(no("states:SendTaskSuccess", machine("other")));
  await expect(function_.send(new SendTaskFailureCommand({ taskToken: mine }))).rejects.toMatchObject(
    no("states:SendTaskFailure", machine("mine")),
  );
  await answer(mine);
  await server.close();
});

test("SageMaker: a job, the role that is handed over, and tags", async () => {
  const arn = (name: string) => `arn:aws:sagemaker:us-east-1:000000000000:training-job/${name}`;
  const role = (name: string) => `arn:aws:iam::000000000000:role/${name}`;
  const PassedToService = { StringEquals: { "iam:PassedToService": "sagemaker.amazonaws.com" } };
  const { authority, operator, limited, stranger } = callers(
    { Action: "sagemaker:CreateTrainingJob", Resource: arn("anneal-*") },
    { Action: "sagemaker:DescribeTrainingJob", Resource: arn("anneal-*") },
    { Action: "iam:PassRole", Resource: role("trainer"), Condition: PassedToService },
    { Action: "iam:PassRole", Resource: role("gone") },
  );
  const server = await startSagemaker({
    dir,
    authority,
    env: (roleArn) => (roleArn === role("trainer") ? {} : null),
    trainerEntry: new URL("./fake-trainer.ts", import.meta.url).pathname,
    emit: () => {},
  });
  const as = (credentials: typeof operator) =>
    new SageMakerClient({ endpoint: server.url, region, credentials, maxAttempts: 1 });
  const create = (TrainingJobName: string, more: Partial<CreateTrainingJobCommandInput> = {}, who = limited) =>
    as(who).send(
      new CreateTrainingJobCommand({
        TrainingJobName,
        AlgorithmSpecification: { TrainingImage: "image", TrainingInputMode: "File" },
        RoleArn: role("trainer"),
        OutputDataConfig: { S3OutputPath: "s3://runs/out/" },
        ResourceConfig: { InstanceType: "ml.g5.2xlarge", InstanceCount: 1, VolumeSizeInGB: 50 },
        StoppingCondition: { MaxRuntimeInSeconds: 3600 },
        Environment: { ANNEAL_RUN: "s3://runs/succeed/run.json" },
        ...more,
      }),
    );
  await create("anneal-1");
  await expect(create("other-1")).rejects.toMatchObject(no("sagemaker:CreateTrainingJob", arn("other-1")));
  await expect(create("anneal-2", { RoleArn: role("admin") })).rejects.toMatchObject(no("iam:PassRole", role("admin")));
  await expect(create("anneal-3", { Tags: [{ Key: "a", Value: "b" }] })).rejects.toMatchObject(
    no("sagemaker:AddTags", arn("anneal-3")),
  );
  await expect(create("anneal-4", { RoleArn: role("gone") })).rejects.toMatchObject({
    name: "ValidationException",
    message: expect.stringContaining(`Could not assume role ${role("gone")}`),
  });
  await expect(create("anneal-5", {}, stranger)).rejects.toMatchObject(nobody);
  await as(limited).send(new DescribeTrainingJobCommand({ TrainingJobName: "anneal-1" }));
  await expect(as(limited).send(new StopTrainingJobCommand({ TrainingJobName: "anneal-1" }))).rejects.toMatchObject(
    no("sagemaker:StopTrainingJob", arn("anneal-1")),
  );
  await server.close();
});
