/**
 * `npm run key -- --org ORG --scopes a,b [--name N]` prints a new API key, whether or not the laptop runs. When it does
 * not, its database is opened for a moment, and made when there is none yet. `--revoke ID` takes a key back.
 * With `--table NAME` it works on the table of an installation in AWS, with the credentials of whoever runs it.
 */
import { mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { makeTable } from "../shared/aws/table.ts";
import { Scope } from "../shared/caller.ts";
import { type Keys, makeKeys } from "../shared/keys.ts";
import { keysIn } from "./credentials.ts";
import { startDynamodb } from "./emulators/dynamodb.ts";
import { type AwsSettings, awsSettings } from "./endpoints.ts";
import { variable } from "./lambda/declared.ts";
import { holder, takeLock } from "./lock.ts";
import { provisionTables } from "./provision.ts";
import { readParts } from "./resources.ts";
import { ownIdentity, Runtime, readState } from "./state.ts";
import { synthesize } from "./synth.ts";

const USAGE = `npm run key -- --org ORG --scopes ${Scope.options.join(",")} [--name NAME] [--table TABLE]
       npm run key -- --revoke ID [--table TABLE]`;
const dataDir = resolve(process.env.ANNEAL_DATA || join(import.meta.dirname, "..", ".anneal"));

try {
  const { table, command } = readArguments();
  const answer = await (table
    ? command(makeKeys({ table: makeTable({ tableName: table }) }))
    : withTable((...at) => command(keysIn(...at))));
  process.stdout.write(`${answer}\n`);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
  process.exit(1);
}

/** What to do with the keys, wherever they are; it answers with the line to print. */
function readArguments(): { table: string | undefined; command: (keys: Keys) => Promise<string> } {
  const string = { type: "string" } as const;
  const { values } = parseArgs({
    options: { org: string, scopes: string, name: string, table: string, revoke: string },
  });
  const { org, scopes, name = org, table, revoke } = values;
  if (revoke) {
    // The whole key will do as well: the id is its first half.
    const id = revoke.replace(/^ann_/, "").replace(/\..*$/, "");
    return { table, command: async (keys) => ((await keys.revoke(id)) ? `Revoked ${id}.` : `There is no key ${id}.`) };
  }
  if (!org || !scopes) throw new Error(`Usage: ${USAGE}`);
  const wanted = { organization: org, name: name ?? org, scopes: scopes.split(",").map((each) => each.trim()) };
  return { table, command: async (keys) => (await keys.create(wanted)).key };
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
