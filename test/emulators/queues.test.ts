import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  ChangeMessageVisibilityCommand,
  CreateQueueCommand,
  DeleteMessageBatchCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  PurgeQueueCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Storage, startStorage } from "../../local/emulators/storage.ts";
import { manualClock } from "./clock.ts";

const clock = manualClock();
let dir: string;
let storage: Storage;
let sqs: SQSClient;

const start = async () => {
  storage = await startStorage({ dir, clock });
  sqs = new SQSClient({
    endpoint: storage.sqsUrl,
    region: "us-east-1",
    credentials: { accessKeyId: "a", secretAccessKey: "b" },
  });
};
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "queues-"));
  await start();
});
afterAll(async () => {
  await storage.close();
  await rm(dir, { recursive: true });
});

const queue = async (QueueName: string, Attributes = {}) =>
  (await sqs.send(new CreateQueueCommand({ QueueName, Attributes }))).QueueUrl!;
const send = (QueueUrl: string, MessageBody: string, more = {}) =>
  sqs.send(new SendMessageCommand({ QueueUrl, MessageBody, ...more }));
const receive = async (QueueUrl: string, more = {}) =>
  (
    await sqs.send(
      new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, MessageSystemAttributeNames: ["All"], ...more }),
    )
  ).Messages ?? [];
const counts = async (QueueUrl: string) => {
  const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["All"] }));
  return [
    Attributes!.ApproximateNumberOfMessages,
    Attributes!.ApproximateNumberOfMessagesNotVisible,
    Attributes!.ApproximateNumberOfMessagesDelayed,
  ];
};

test("a queue's URL is on this server, and its name is taken once", async () => {
  const url = await queue("first", { VisibilityTimeout: "60" });
  expect(url).toBe(`${storage.sqsUrl}/000000000000/first`);
  expect(await queue("first", { VisibilityTimeout: "60" })).toBe(url);
  await expect(queue("first", { VisibilityTimeout: "61" })).rejects.toMatchObject({ name: "QueueNameExists" });
  await expect(queue("second", { VisibilityTimeout: "-1" })).rejects.toMatchObject({ name: "InvalidAttributeValue" });
  await expect(sqs.send(new GetQueueUrlCommand({ QueueName: "absent" }))).rejects.toMatchObject({
    name: "QueueDoesNotExist",
  });
});

test("a message is hidden while someone holds it, comes back when they don't delete it, and is gone when they do", async () => {
  const url = await queue("visibility", { VisibilityTimeout: "30" });
  await send(url, "work", { MessageAttributes: { kind: { DataType: "String", StringValue: "x" } } });
  const [first] = await receive(url, { MessageAttributeNames: ["All"] });
  expect(first).toMatchObject({
    Body: "work",
    Attributes: { ApproximateReceiveCount: "1" },
    MessageAttributes: { kind: { StringValue: "x" } },
  });
  expect(await receive(url)).toEqual([]);
  expect(await counts(url)).toEqual(["0", "1", "0"]);
  clock.advance(30_000);
  const [second] = await receive(url);
  expect(second!.Attributes).toMatchObject({ ApproximateReceiveCount: "2" });
  await sqs.send(new DeleteMessageCommand({ QueueUrl: url, ReceiptHandle: first!.ReceiptHandle }));
  expect(await counts(url)).toEqual(["0", "1", "0"]);
  await sqs.send(new DeleteMessageCommand({ QueueUrl: url, ReceiptHandle: second!.ReceiptHandle }));
  expect(await counts(url)).toEqual(["0", "0", "0"]);
  await expect(sqs.send(new DeleteMessageCommand({ QueueUrl: url, ReceiptHandle: "made up" }))).rejects.toMatchObject({
    name: "ReceiptHandleIsInvalid",
  });
});

test("visibility 0 gives a message back at once, and more keeps it longer", async () => {
  const url = await queue("change");
  await send(url, "work");
  const hide = (ReceiptHandle: string, VisibilityTimeout: number) =>
    sqs.send(new ChangeMessageVisibilityCommand({ QueueUrl: url, ReceiptHandle, VisibilityTimeout }));
  const [first] = await receive(url);
  await hide(first!.ReceiptHandle!, 0);
  const [second] = await receive(url);
  await hide(second!.ReceiptHandle!, 100);
  clock.advance(99_000);
  expect(await receive(url)).toEqual([]);
  await expect(hide(first!.ReceiptHandle!, 0)).rejects.toMatchObject({ name: "MessageNotInflight" });
});

test("a waiting consumer gets a message as soon as it is sent, due or given back", async () => {
  const url = await queue("waiting");
  const one = receive(url, { WaitTimeSeconds: 20 });
  await clock.waiting();
  await send(url, "sent");
  expect((await one)[0]!.Body).toBe("sent");
  const two = receive(url, { WaitTimeSeconds: 20 });
  await clock.waiting();
  await send(url, "later", { DelaySeconds: 5 });
  await clock.waiting();
  clock.advance(5_000);
  expect((await two)[0]!.Body).toBe("later");
  const nothing = receive(url, { WaitTimeSeconds: 10 });
  await clock.waiting();
  clock.advance(10_000);
  expect(await nothing).toEqual([]);
});

test("a message that fails too often moves to the dead letters", async () => {
  const dead = await queue("dead");
  const deadLetterTargetArn = "arn:aws:sqs:us-east-1:000000000000:dead";
  await expect(
    queue("lost", {
      RedrivePolicy: JSON.stringify({ deadLetterTargetArn: `${deadLetterTargetArn}er`, maxReceiveCount: 2 }),
    }),
  ).rejects.toMatchObject({ name: "InvalidParameterValue" });
  const url = await queue("live", {
    VisibilityTimeout: "0",
    RedrivePolicy: JSON.stringify({ deadLetterTargetArn, maxReceiveCount: 2 }),
  });
  await send(url, "poison");
  expect(await receive(url)).toHaveLength(1);
  expect(await receive(url)).toHaveLength(1);
  const waiting = receive(dead, { WaitTimeSeconds: 20 });
  expect(await receive(url)).toEqual([]);
  expect((await waiting)[0]!.Body).toBe("poison");
  expect(await counts(url)).toEqual(["0", "0", "0"]);
});

test("a batch fails entry by entry", async () => {
  const url = await queue("batches", { MaximumMessageSize: "1024" });
  const sent = await sqs.send(
    new SendMessageBatchCommand({
      QueueUrl: url,
      Entries: [
        { Id: "a", MessageBody: "1" },
        { Id: "b", MessageBody: "x".repeat(1025) },
        { Id: "c", MessageBody: "2" },
      ],
    }),
  );
  expect(sent.Successful!.map(({ Id }) => Id)).toEqual(["a", "c"]);
  expect(sent.Failed).toMatchObject([{ Id: "b", SenderFault: true, Code: "InvalidParameterValue" }]);
  const messages = await receive(url);
  expect(messages.map(({ Body }) => Body)).toEqual(["1", "2"]);
  await sqs.send(
    new DeleteMessageBatchCommand({
      QueueUrl: url,
      Entries: messages.map(({ ReceiptHandle }, n) => ({ Id: String(n), ReceiptHandle })),
    }),
  );
  expect(await counts(url)).toEqual(["0", "0", "0"]);
  const twice = new SendMessageBatchCommand({
    QueueUrl: url,
    Entries: [
      { Id: "a", MessageBody: "1" },
      { Id: "a", MessageBody: "2" },
    ],
  });
  await expect(sqs.send(twice)).rejects.toMatchObject({ name: "BatchEntryIdsNotDistinct" });
  await send(url, "purged");
  await sqs.send(new PurgeQueueCommand({ QueueUrl: url }));
  expect(await receive(url)).toEqual([]);
});

test("messages outlive the process, and expire", async () => {
  const url = await queue("kept", { MessageRetentionPeriod: "60" });
  await send(url, "kept");
  await storage.close();
  await start();
  const again = (await sqs.send(new GetQueueUrlCommand({ QueueName: "kept" }))).QueueUrl!;
  expect(await receive(again, { VisibilityTimeout: 0 })).toMatchObject([{ Body: "kept" }]);
  clock.advance(61_000);
  expect(await receive(again)).toEqual([]);
});
