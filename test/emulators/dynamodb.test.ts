import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CreateTableCommand, DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoDBDocumentClient, GetCommand, PutCommand, QueryCommand } from "@aws-sdk/lib-dynamodb";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startDynamodb } from "../../local/emulators/dynamodb.ts";

const TableName = "things";
let dir: string;
const clientOf = (endpoint: string) =>
  DynamoDBDocumentClient.from(
    new DynamoDBClient({ endpoint, region: "us-east-1", credentials: { accessKeyId: "a", secretAccessKey: "b" } }),
  );

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "dynamodb-"));
});
afterAll(() => rm(dir, { recursive: true }));

test("what was written survives SIGKILL, indexes too", async () => {
  const child = fork(new URL("./dynamodb-process.ts", import.meta.url).pathname, [dir], { execArgv: [] });
  const client = clientOf((await once(child, "message"))[0] as string);
  await client.send(
    new CreateTableCommand({
      TableName,
      BillingMode: "PAY_PER_REQUEST",
      AttributeDefinitions: ["pk", "sk", "live", "liveId"].map((AttributeName) => ({
        AttributeName,
        AttributeType: "S" as const,
      })),
      KeySchema: [
        { AttributeName: "pk", KeyType: "HASH" },
        { AttributeName: "sk", KeyType: "RANGE" },
      ],
      GlobalSecondaryIndexes: [
        {
          IndexName: "live",
          KeySchema: [
            { AttributeName: "live", KeyType: "HASH" },
            { AttributeName: "liveId", KeyType: "RANGE" },
          ],
          Projection: { ProjectionType: "ALL" },
        },
      ],
    }),
  );
  for (const sk of ["1", "2", "3"])
    await client.send(new PutCommand({ TableName, Item: { pk: "a", sk, live: "job", liveId: sk } }));
  const again = new PutCommand({
    TableName,
    Item: { pk: "a", sk: "1" },
    ConditionExpression: "attribute_not_exists(pk)",
  });
  await expect(client.send(again)).rejects.toMatchObject({ name: "ConditionalCheckFailedException" });
  child.kill("SIGKILL");
  await once(child, "exit");

  const { url, close } = await startDynamodb({ dir });
  const revived = clientOf(url);
  expect((await revived.send(new GetCommand({ TableName, Key: { pk: "a", sk: "3" } }))).Item).toMatchObject({
    liveId: "3",
  });
  const live = new QueryCommand({
    TableName,
    IndexName: "live",
    KeyConditionExpression: "live = :live",
    ExpressionAttributeValues: { ":live": "job" },
  });
  expect((await revived.send(live)).Items).toHaveLength(3);
  await close();
});

test("a client that leaves in mid-request ends nothing", async () => {
  const { url, close } = await startDynamodb({ dir });
  const socket = connect(Number(new URL(url).port), "127.0.0.1");
  await once(socket, "connect");
  socket.write("POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{");
  await new Promise((resolve) => setTimeout(resolve, 20));
  socket.resetAndDestroy();
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect((await clientOf(url).send(new GetCommand({ TableName, Key: { pk: "a", sk: "1" } }))).Item).toBeDefined();
  await close();
});
