import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CreateTableCommand, DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { CreateBucketCommand, S3Client } from "@aws-sdk/client-s3";
import { startDynamodb } from "../../local/emulators/dynamodb.ts";
import { startStorage } from "../../local/emulators/storage.ts";
import { makeBlobs } from "../../shared/aws/blobs.ts";
import { makeTable } from "../../shared/aws/table.ts";
import type { Caller } from "../../shared/caller.ts";
import { makeDatasets } from "../../shared/datasets/store.ts";

export const caller: Caller = { organization: "acme", keyId: "test", scopes: [] };

/** The real table and buckets, embedded, and a clock that the test sets. */
export async function state() {
  const dir = mkdtempSync(join(tmpdir(), "anneal-state-"));
  const [dynamodb, storage] = await Promise.all([startDynamodb({ dir }), startStorage({ dir })]);
  const settings = { region: "us-east-1", credentials: { accessKeyId: "local", secretAccessKey: "local" } };
  const client = new DynamoDBClient({ ...settings, endpoint: dynamodb.url });
  const s3 = new S3Client({ ...settings, endpoint: storage.s3Url, forcePathStyle: true });
  const key = (AttributeName: string, KeyType: "HASH" | "RANGE") => ({ AttributeName, KeyType });
  await client.send(
    new CreateTableCommand({
      TableName: "table",
      BillingMode: "PAY_PER_REQUEST",
      AttributeDefinitions: ["pk", "sk", "live", "liveId"].map((AttributeName) => ({
        AttributeName,
        AttributeType: "S",
      })),
      KeySchema: [key("pk", "HASH"), key("sk", "RANGE")],
      GlobalSecondaryIndexes: [
        {
          IndexName: "live",
          KeySchema: [key("live", "HASH"), key("liveId", "RANGE")],
          Projection: { ProjectionType: "ALL" },
        },
      ],
    }),
  );
  for (const Bucket of ["datasets", "runs"]) await s3.send(new CreateBucketCommand({ Bucket }));
  const time = { now: Date.parse("2026-11-20T12:00:00Z") };
  const clock = () => time.now;
  const table = makeTable({ tableName: "table", client, clock });
  const datasetBlobs = makeBlobs({ bucket: "datasets", client: s3 });
  const runs = makeBlobs({ bucket: "runs", client: s3 });
  const datasets = makeDatasets({ table, blobs: datasetBlobs, clock });
  return {
    time,
    clock,
    table,
    datasetBlobs,
    runs,
    datasets,
    /** For a program of its own that is to find the same table. */
    environment: {
      AWS_ENDPOINT_URL_DYNAMODB: dynamodb.url,
      AWS_REGION: settings.region,
      AWS_ACCESS_KEY_ID: settings.credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: settings.credentials.secretAccessKey,
    },
    async close() {
      client.destroy();
      s3.destroy();
      await dynamodb.close();
      await storage.close();
      rmSync(dir, { recursive: true });
    },
  };
}
export type State = Awaited<ReturnType<typeof state>>;

/** A dataset that is ready, as preparing leaves it. */
export async function readyDataset({ datasets, datasetBlobs }: State, rows = 10) {
  const dataset = await datasets.create(caller, { filename: "a.jsonl", purpose: "fine-tune" }, async (key) => {
    await datasetBlobs.put(key, "{}");
    return 2;
  });
  await datasets.settle(dataset, {
    reason: null,
    summary: { method: "supervised", rows, tokens: rows * 10, tokensEstimated: false, sha256: "0".repeat(64) },
  });
  return dataset.id;
}
