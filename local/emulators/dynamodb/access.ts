import { ACCOUNT } from "../account.ts";
import type { Access } from "../authority.ts";

/** What an operation of DynamoDB needs. A query of an index needs the index and not the table. */
export function dynamodbAccess(operation: string, input: Readonly<Record<string, unknown>>, region: string): Access[] {
  const action = `dynamodb:${operation}`;
  const { TableName, IndexName, RequestItems, ResourceArn } = input;
  if (ResourceArn !== undefined) return [{ action, resource: `${ResourceArn}` }];
  if (RequestItems !== null && typeof RequestItems === "object")
    return Object.keys(RequestItems).map((name) => ({ action, resource: arnOf(name, region) }));
  if (TableName === undefined) return [{ action, resource: "*" }];
  const index = IndexName === undefined ? "" : `/index/${IndexName}`;
  return [{ action, resource: arnOf(`${TableName}`, region) + index }];
}

/** A table may be named by its ARN. */
const arnOf = (table: string, region: string) =>
  table.startsWith("arn:") ? table : `arn:aws:dynamodb:${region}:${ACCOUNT}:table/${table}`;
