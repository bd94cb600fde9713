import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { makeTable } from "../shared/aws/table.ts";
import { Scope } from "../shared/caller.ts";
import { DomainError } from "../shared/errors.ts";
import { makeKeys } from "../shared/keys.ts";
import type { AwsSettings } from "./endpoints.ts";
import { Credentials, readState, writeState } from "./state.ts";

const ORGANIZATION = "laptop";

/** The first key: made at the first start, kept as long as the table knows it, with every scope. Written for the user to find. */
export async function firstKey(options: {
  dataDir: string;
  tableName: string;
  aws: AwsSettings;
  baseUrl: string;
}): Promise<Credentials> {
  const { dataDir, tableName, aws, baseUrl } = options;
  const keys = keysIn(aws, tableName);
  const known = readState(dataDir, "credentials.json", Credentials);
  const kept = known && (await isKnown(keys, known.apiKey)) ? known : null;
  const apiKey =
    kept?.apiKey ?? (await keys.create({ organization: ORGANIZATION, name: "first key", scopes: Scope.options })).key;
  const credentials = { baseUrl, apiKey, organization: kept?.organization ?? ORGANIZATION };
  writeState(dataDir, "credentials.json", credentials);
  return credentials;
}

export const keysIn = (aws: AwsSettings, tableName: string) =>
  makeKeys({ table: makeTable({ tableName, client: new DynamoDBClient(aws.client("dynamodb")) }) });

async function isKnown(keys: ReturnType<typeof makeKeys>, apiKey: string): Promise<boolean> {
  try {
    await keys.authenticate(apiKey);
    return true;
  } catch (error) {
    if (error instanceof DomainError) return false;
    throw error;
  }
}
