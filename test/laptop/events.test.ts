import { PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { ReceiveMessageCommand, SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { temporaryDirectory, type World, world } from "./fixtures/world.ts";

const directory = temporaryDirectory();
let laptop: World;
let sqs: SQSClient;
const url = (name: string) => `${laptop.aws.endpoints.sqs}/000000000000/${name}`;
const send = (MessageBody: string) =>
  sqs.send(new SendMessageCommand({ QueueUrl: url("platform-queue"), MessageBody }));

beforeAll(async () => {
  laptop = await world(directory.path);
  sqs = new SQSClient(laptop.aws.client("sqs"));
});
afterAll(async () => {
  sqs.destroy();
  await laptop.close();
  directory.remove();
});

test("a message reaches its function as Lambda hands it over", async () => {
  await send("hello");
  expect(JSON.parse(await laptop.noted("message", "hello"))).toEqual({ received: "1", eventSource: "aws:sqs" });
});

test("a poisoned message ends in the dead letters, and those beside it are done", async () => {
  await Promise.all([send("poison"), send("healthy")]);
  const { Messages } = await sqs.send(
    new ReceiveMessageCommand({ QueueUrl: url("platform-deadletters"), WaitTimeSeconds: 20 }),
  );
  expect(Messages?.map(({ Body }) => Body)).toEqual(["poison"]);
  expect(JSON.parse(await laptop.noted("message", "poison"))).toMatchObject({ received: "2" });
  expect(JSON.parse(await laptop.noted("message", "healthy"))).toMatchObject({ received: "1" });
});

test("a new object below the prefix becomes a message", async () => {
  const s3 = new S3Client(laptop.aws.client("s3"));
  await s3.send(new PutObjectCommand({ Bucket: "data-bucket", Key: "in/one", Body: "1" }));
  await expect.poll(async () => Object.keys(await laptop.notes("message")).join(" ")).toContain("ObjectCreated");
  s3.destroy();
});

test("a schedule fires right at the start", async () => {
  const event = JSON.parse(await laptop.noted("event", "aws.events/Scheduled Event"));
  expect(event).toMatchObject({
    account: "000000000000",
    resources: ["arn:aws:events:us-east-1:000000000000:rule/platform-often"],
    detail: {},
  });
});
