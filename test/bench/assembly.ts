import { execFile } from "node:child_process";
import { statSync } from "node:fs";
import { promisify } from "node:util";
import { type FunctionName, functions } from "../../functions/declarations.ts";
import { readAssembly } from "../../local/synth.ts";
import { ROOT } from "./laptop.ts";

export interface Bundle {
  readonly name: FunctionName;
  /** The one file that Lambda loads. */
  readonly path: string;
  /** Of that file; the source map is beside it and is only read for a stack trace. */
  readonly bytes: number;
}

/** Synthesizes the app with the bundles as they are deployed, below `directory`. A function that is not deployed is left out. */
export async function bundles(directory: string): Promise<Bundle[]> {
  await promisify(execFile)(process.execPath, ["infra/app.ts"], {
    cwd: ROOT,
    // Rules are checked elsewhere; they take longer than the bundles.
    env: { ...process.env, CDK_OUTDIR: directory, CDK_VALIDATION: "false" },
    maxBuffer: 2 ** 26,
  });
  const resources = (await readAssembly(directory)).flatMap(({ template }) => Object.values(template.Resources ?? {}));
  const found: Bundle[] = [];
  for (const [name, { entry }] of Object.entries(functions) as [FunctionName, { entry: string }][]) {
    const resource = resources.find((each) => each.Metadata?.["anneal:entry"] === entry);
    const key = (resource?.Properties?.Code as { S3Key?: string } | undefined)?.S3Key;
    if (!key) continue;
    const path = `${directory}/asset.${key.replace(/\.zip$/, "")}/index.mjs`;
    found.push({ name, path, bytes: statSync(path).size });
  }
  return found;
}
