import { ConditionalCheckFailedException, DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DeleteCommand, DynamoDBDocumentClient, GetCommand, PutCommand, QueryCommand } from "@aws-sdk/lib-dynamodb";
import type { Key, Row, Table, WriteOptions } from "../table.ts";

interface Item extends Key {
  value: unknown;
  version: number;
  live?: string;
  liveId?: string;
  /** Seconds since 1970: DynamoDB's own unit for expiry. */
  expiresAt?: number;
}

/** DynamoDB refuses to look for keys that it could not hold. Some are names that callers chose. */
const couldBe = ({ pk, sk }: Key) => sk !== "" && Buffer.byteLength(sk) <= 1024 && Buffer.byteLength(pk) <= 2048;

/** The table in DynamoDB. Expired rows are not there, whether or not DynamoDB has removed them yet. */
export function makeTable(options: { tableName: string; client?: DynamoDBClient; clock?: () => number }): Table {
  const { tableName: TableName, clock = Date.now } = options;
  const client = DynamoDBDocumentClient.from(options.client ?? new DynamoDBClient({}), {
    marshallOptions: { removeUndefinedValues: true },
  });

  const toItem = (key: Key, value: unknown, version: number, { live, expiresAt }: WriteOptions): Item => ({
    ...key,
    value,
    version,
    ...(live && { live, liveId: `${key.pk}/${key.sk}` }),
    ...(expiresAt !== undefined && { expiresAt: Math.ceil(expiresAt / 1000) }),
  });
  const toRow = ({ pk, sk, value, version }: Item): Row => ({ key: { pk, sk }, value, version });
  const expired = (item: Item) => item.expiresAt !== undefined && item.expiresAt * 1000 <= clock();

  async function put(Item: Item, condition: string, values?: Record<string, unknown>): Promise<boolean> {
    try {
      await client.send(
        new PutCommand({
          TableName,
          Item,
          ConditionExpression: condition,
          ...(values && { ExpressionAttributeValues: values }),
        }),
      );
      return true;
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) return false;
      throw error;
    }
  }

  async function* pages(input: Omit<ConstructorParameters<typeof QueryCommand>[0], "TableName">): AsyncIterable<Row> {
    let from: Record<string, unknown> | undefined;
    do {
      const page = await client.send(new QueryCommand({ ...input, TableName, ExclusiveStartKey: from }));
      for (const item of (page.Items ?? []) as Item[]) if (!expired(item)) yield toRow(item);
      from = page.LastEvaluatedKey;
    } while (from);
  }

  return {
    async read(key) {
      const { pk, sk } = key;
      if (!couldBe(key)) return null;
      const { Item } = await client.send(new GetCommand({ TableName, Key: { pk, sk }, ConsistentRead: true }));
      return Item && !expired(Item as Item) ? toRow(Item as Item) : null;
    },
    insert: (key, value, options = {}) =>
      put(toItem(key, value, 1, options), "attribute_not_exists(pk) OR expiresAt <= :now", {
        ":now": Math.floor(clock() / 1000),
      }),
    replace: (key, version, value, options = {}) =>
      put(toItem(key, value, version + 1, options), "version = :version", { ":version": version }),
    async remove({ pk, sk }) {
      await client.send(new DeleteCommand({ TableName, Key: { pk, sk } }));
    },
    query(pk, { after, descending = false } = {}) {
      const beyond = after === undefined ? "" : ` AND sk ${descending ? "<" : ">"} :after`;
      return pages({
        KeyConditionExpression: `pk = :pk${beyond}`,
        ExpressionAttributeValues: { ":pk": pk, ...(after !== undefined && { ":after": after }) },
        ScanIndexForward: !descending,
        ConsistentRead: true,
      });
    },
    async *live(kind) {
      const rows = pages({
        IndexName: "live",
        KeyConditionExpression: "live = :live",
        ExpressionAttributeValues: { ":live": kind },
      });
      for await (const { key } of rows) yield key;
    },
  };
}
