/**
 * `npm run key -- --org ORG --scopes a,b [--name N]` prints a new API key, whether or not the laptop runs. When it does
 * not, its database is opened for a moment, and made when there is none yet.
 */
import { mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { Scope } from "../shared/caller.ts";
import { keysIn } from "./credentials.ts";
import { startDynamodb } from "./emulators/dynamodb.ts";
import { type AwsSettings, awsSettings } from "./endpoints.ts";
import { variable } from "./lambda/declared.ts";
import { holder, takeLock } from "./lock.ts";
import { provisionTables } from "./provision.ts";
import { readParts } from "./resources.ts";
import { ownIdentity, Runtime, readState } from "./state.ts";
import { synthesize } from "./synth.ts";

const USAGE = `npm run key -- --org ORG --scopes ${Scope.options.join(",")} [--name NAME]`;
const dataDir = resolve(process.env.ANNEAL_DATA ?? join(import.meta.dirname, "..", ".anneal"));

try {
  const { org, scopes, name } = readArguments();
  const key = await withTable((aws, tableName) => keysIn(aws, tableName).create({ organization: org, name, scopes }));
  process.stdout.write(`${key.key}\n`);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
  process.exit(1);
}

function readArguments() {
  const string = { type: "string" } as const;
  const { values } = parseArgs({ options: { org: string, scopes: string, name: string } });
  if (!values.org || !values.scopes) throw new Error(`Usage: ${USAGE}`);
  return {
    org: values.org,
    scopes: values.scopes.split(",").map((each) => each.trim()),
    name: values.name ?? values.org,
  };
}

async function withTable<T>(use: (aws: AwsSettings, tableName: string) => Promise<T>): Promise<T> {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  if (holder(dataDir) === null) return withOwnDatabase(use);
  const runtime = readState(dataDir, "runtime.json", Runtime);
  if (!runtime) throw new Error("The laptop is just starting for the first time. Try again when it is ready.");
  return use(awsSettings(runtime.endpoints, ownIdentity(dataDir)), runtime.tableName);
}

async function withOwnDatabase<T>(use: (aws: AwsSettings, tableName: string) => Promise<T>): Promise<T> {
  await using closing = new AsyncDisposableStack();
  const lock = takeLock(dataDir);
  closing.defer(() => lock.release());
  const synth = { outDir: join(dataDir, "template"), cacheDir: join(dataDir, "cache"), inferenceUrl: "" };
  const [stacks, dynamodb] = await Promise.all([synthesize(synth), startDynamodb({ dir: dataDir })]);
  closing.defer(() => dynamodb.close());
  const parts = readParts(stacks, { sqsUrl: "" });
  const aws = awsSettings({ dynamodb: dynamodb.url }, ownIdentity(dataDir));
  await provisionTables(parts, aws, dataDir);
  return await use(aws, variable(parts, "TABLE_NAME"));
}
