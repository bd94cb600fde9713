import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ListBucketsCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { GetQueueAttributesCommand, ListQueuesCommand, SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { jsonl, processed, rows, until, upload, type World, world } from "../world.ts";

let here: World;
let s3: S3Client;
let sqs: SQSClient;
beforeAll(async () => {
  here = await world();
  const read = (name: string) => JSON.parse(readFileSync(join(here.dataDir, name), "utf8"));
  const { endpoints } = read("runtime.json");
  const settings = { region: "us-east-1", credentials: read("identity.json") };
  s3 = new S3Client({ ...settings, endpoint: endpoints.s3, forcePathStyle: true });
  sqs = new SQSClient({ ...settings, endpoint: endpoints.sqs });
});
afterAll(async () => {
  s3.destroy();
  sqs.destroy();
  await here.close();
});

const named = async (pattern: RegExp) => {
  const { QueueUrls = [] } = await sqs.send(new ListQueuesCommand({}));
  return QueueUrls.find((url) => pattern.test(url))!;
};

test("an object that is dropped straight under the upload prefix becomes a dataset of its organization", async () => {
  const { Buckets = [] } = await s3.send(new ListBucketsCommand({}));
  const Bucket = Buckets.map(({ Name }) => Name!).find((name) => /datasets/.test(name))!;
  const Key = "uploads/laptop/from the crm/täglich +1.csv";
  await s3.send(new PutObjectCommand({ Bucket, Key, Body: "prompt,completion\nhello,hi\nbye,see you\n" }));
  const files = await until(
    () => here.openai.files.list(),
    ({ data }) => data.some(({ filename, status }) => filename === "täglich +1.csv" && status === "processed"),
  );
  const dropped = files.data.find(({ filename }) => filename === "täglich +1.csv")!;
  expect((await here.request("GET", `/api/v1/datasets/${dropped.id}/report`)).body).toMatchObject({
    format: "csv",
    rows: { accepted: 2 },
  });
  // What lies outside the layout is nobody's, and stops nothing.
  await s3.send(new PutObjectCommand({ Bucket, Key: "uploads/stray", Body: "x" }));
});

test("a poisoned message ends in the dead letters, and the others are worked on meanwhile", async () => {
  const QueueUrl = await named(/jobs.*queue/i);
  await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: "not a job" }));
  const file = await upload(here.openai, jsonl(rows(4)));
  expect(await processed(here.openai, file.id)).toMatchObject({ status: "processed" });
  const deadLetters = await named(/jobs.*deadletters/i);
  const waiting = await until(
    async () =>
      (
        await sqs.send(
          new GetQueueAttributesCommand({ QueueUrl: deadLetters, AttributeNames: ["ApproximateNumberOfMessages"] }),
        )
      ).Attributes,
    (attributes) => attributes?.ApproximateNumberOfMessages !== "0",
  );
  expect(waiting).toEqual({ ApproximateNumberOfMessages: "1" });
});
