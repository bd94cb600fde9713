import { readFileSync } from "node:fs";
import { join } from "node:path";
import { GetObjectCommand, ListBucketsCommand, S3Client } from "@aws-sdk/client-s3";
import * as z from "zod";
import type { Place } from "./place.ts";
import type { Screen } from "./screen.ts";
import type { Run } from "./training.ts";

const Runtime = z.object({ endpoints: z.object({ s3: z.string() }) });
const Identity = z.object({ accessKeyId: z.string(), secretAccessKey: z.string() });
const Credentials = z.object({ organization: z.string() });
const Manifest = z.object({ files: z.record(z.string(), z.object({ bytes: z.number() })) });

/** Shows where the weights are. On a laptop of its own the demo reads the run's manifest from its S3 and throws when there is none. */
export async function showModel({ screen, place, run }: { screen: Screen; place: Place; run: Run }): Promise<void> {
  screen.heading("Your weights");
  screen.fact("model", run.model);
  const directory = (organization: string) => `runs/${organization}/${run.job}/${run.attempt}/model/`;
  if (!place.dataDir) {
    screen.fact("directory", `${directory("<organization>")} in the runs bucket`);
    return;
  }
  const { dataDir } = place;
  const state = <T>(name: string, schema: z.ZodType<T>) =>
    schema.parse(JSON.parse(readFileSync(join(dataDir, name), "utf8")));
  const s3 = new S3Client({
    endpoint: state("runtime.json", Runtime).endpoints.s3,
    region: "us-east-1",
    credentials: state("identity.json", Identity),
    forcePathStyle: true,
  });
  const { Buckets = [] } = await s3.send(new ListBucketsCommand({}));
  const bucket = Buckets.find(({ Name }) => Name?.includes("-runs"))?.Name;
  if (!bucket) throw new Error("The laptop's S3 has no bucket for runs");
  const prefix = directory(state("credentials.json", Credentials).organization);
  const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: `${prefix}manifest.json` }));
  const { files } = Manifest.parse(JSON.parse((await Body?.transformToString()) ?? ""));
  screen.fact("directory", `s3://${bucket}/`, prefix);
  const listed = Object.entries(files).map(([name, { bytes }]) => `${name} (${size(bytes)})`);
  screen.fact("files", ...listed);
}

const size = (bytes: number) => (bytes < 1e6 ? `${(bytes / 1e3).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`);

/** What someone who has seen this would do next. */
export function whatNext({ screen, place, run }: { screen: Screen; place: Place; run: Run }): void {
  screen.heading("What next");
  if (place.dataDir && place.keeps) {
    screen.line("  This laptop, with the tuned model in it, starts again with");
    screen.line(`    ANNEAL_DATA=${place.dataDir} npm start`);
    screen.line("  It prints its URL; the key is in credentials.json in that directory.");
  } else if (place.dataDir) {
    screen.line("  This laptop is removed now; `npm run demo -- --keep` leaves it. A lasting one:");
    screen.line("    npm start    # prints its URL; the key is in .anneal/credentials.json");
  }
  const model = place.keeps ? run.model : "anneal-tiny";
  screen.line("  Then, from any shell:");
  screen.line('    curl $URL/v1/chat/completions -H "authorization: Bearer $KEY" \\');
  screen.line("      -H 'content-type: application/json' -d '{\"messages\":");
  screen.line('      [{"role":"user","content":"Where does a dog live?"}],');
  screen.line(`      "model":"${model}"}'`);
  screen.line("  And in code that uses OpenAI's client, one line changes:");
  screen.line("    new OpenAI({ baseURL: URL + '/v1', apiKey: KEY })");
  screen.line();
}
