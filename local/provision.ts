import {
  CreateTableCommand,
  type CreateTableCommandInput,
  DescribeTableCommand,
  DynamoDBClient,
  ResourceNotFoundException,
  type TableDescription,
} from "@aws-sdk/client-dynamodb";
import { CreateBucketCommand, HeadBucketCommand, NotFound, S3Client } from "@aws-sdk/client-s3";
import { CreateQueueCommand, QueueDoesNotExist, SetQueueAttributesCommand, SQSClient } from "@aws-sdk/client-sqs";
import type { AwsSettings } from "./endpoints.ts";
import type { Part, Parts } from "./resources.ts";

/**
 * Makes the template's tables, buckets and queues where they are not yet; what is there keeps its content.
 * Throws when a table has other keys or indexes than the template now wants.
 */
export async function provision(parts: Parts, aws: AwsSettings, dataDir: string): Promise<void> {
  await Promise.all([provisionTables(parts, aws, dataDir), provisionBuckets(parts, aws), provisionQueues(parts, aws)]);
}

export async function provisionTables(parts: Parts, aws: AwsSettings, dataDir: string): Promise<void> {
  const client = new DynamoDBClient(aws.client("dynamodb"));
  await Promise.all(parts.of("AWS::DynamoDB::GlobalTable").map((table) => provisionTable(client, table, dataDir)));
  client.destroy();
}

async function provisionTable(client: DynamoDBClient, table: Part, dataDir: string) {
  const wanted = table.properties as unknown as CreateTableCommandInput;
  const { KeySchema, AttributeDefinitions, GlobalSecondaryIndexes, LocalSecondaryIndexes } = wanted;
  const existing = await describe(client, table.name);
  if (existing) {
    const [is, should] = [shape(existing), shape(wanted)];
    if (is === should) return;
    // The emulator cannot add an index to a table, and to drop the table would be to drop everything.
    throw new Error(
      `The table in ${dataDir} was made by another version of the template (it has ${is}; the template wants ${should}). ` +
        "Start with another ANNEAL_DATA, or remove that directory if its data may go.",
    );
  }
  await client.send(
    new CreateTableCommand({
      TableName: table.name,
      KeySchema,
      AttributeDefinitions,
      BillingMode: "PAY_PER_REQUEST",
      ...(GlobalSecondaryIndexes && {
        GlobalSecondaryIndexes: GlobalSecondaryIndexes.map(({ IndexName, KeySchema, Projection }) => ({
          IndexName,
          KeySchema,
          Projection,
        })),
      }),
      ...(LocalSecondaryIndexes && { LocalSecondaryIndexes }),
    }),
  );
}

async function describe(client: DynamoDBClient, TableName: string): Promise<TableDescription | null> {
  try {
    return (await client.send(new DescribeTableCommand({ TableName }))).Table ?? null;
  } catch (error) {
    if (error instanceof ResourceNotFoundException) return null;
    throw error;
  }
}

/** Keys and indexes in one line, the same for the template's words and the emulator's. */
function shape(
  table: Pick<
    TableDescription,
    "KeySchema" | "AttributeDefinitions" | "GlobalSecondaryIndexes" | "LocalSecondaryIndexes"
  >,
): string {
  const types = new Map(table.AttributeDefinitions?.map((each) => [each.AttributeName, each.AttributeType]));
  const keys = (schema: { AttributeName?: string }[] = []) =>
    schema.map(({ AttributeName }) => `${AttributeName}:${types.get(AttributeName)}`).join("+");
  const indexes = [...(table.GlobalSecondaryIndexes ?? []), ...(table.LocalSecondaryIndexes ?? [])].map(
    ({ IndexName, KeySchema, Projection }) => `${IndexName}(${keys(KeySchema)} ${Projection?.ProjectionType})`,
  );
  return [`keys ${keys(table.KeySchema)}`, ...indexes.sort()].join(", ");
}

async function provisionBuckets(parts: Parts, aws: AwsSettings) {
  const client = new S3Client(aws.client("s3"));
  await Promise.all(
    parts.of("AWS::S3::Bucket").map(async ({ name }) => {
      try {
        await client.send(new HeadBucketCommand({ Bucket: name }));
      } catch (error) {
        if (!(error instanceof NotFound)) throw error;
        await client.send(new CreateBucketCommand({ Bucket: name }));
      }
    }),
  );
  client.destroy();
}

const QUEUE_ATTRIBUTES = [
  "VisibilityTimeout",
  "MessageRetentionPeriod",
  "DelaySeconds",
  "ReceiveMessageWaitTimeSeconds",
];

async function provisionQueues(parts: Parts, aws: AwsSettings) {
  const client = new SQSClient(aws.client("sqs"));
  // Dead letters first: a redrive policy must name a queue that exists.
  const queues = parts.of("AWS::SQS::Queue").sort((a, b) => redrives(a) - redrives(b));
  for (const { name, ref, properties } of queues) {
    const given = QUEUE_ATTRIBUTES.filter((attribute) => properties[attribute] !== undefined);
    const Attributes: Record<string, string> = Object.fromEntries(
      given.map((each) => [each, String(properties[each])]),
    );
    if (properties.RedrivePolicy) Attributes.RedrivePolicy = JSON.stringify(properties.RedrivePolicy);
    try {
      await client.send(new SetQueueAttributesCommand({ QueueUrl: ref, Attributes }));
    } catch (error) {
      if (!(error instanceof QueueDoesNotExist)) throw error;
      await client.send(new CreateQueueCommand({ QueueName: name, Attributes }));
    }
  }
  client.destroy();
}

const redrives = ({ properties }: Part) => (properties.RedrivePolicy ? 1 : 0);
