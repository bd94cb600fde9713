import { spawn } from "node:child_process";
import { readFile, rm } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { ACCOUNT, REGION, type Stack, type Template } from "./template.ts";

export const ROOT = fileURLToPath(new URL("..", import.meta.url));

/**
 * Synthesizes the CDK app for the laptop and reads its templates. In a process of its own, so that the CDK's memory is
 * given back. Validation and bundling are for deployment: without them it takes a second instead of eight.
 * Throws with what the CDK app wrote when it fails.
 */
export async function synthesize(options: {
  outDir: string;
  cacheDir: string;
  inferenceUrl: string;
}): Promise<Stack[]> {
  const { outDir, cacheDir, inferenceUrl } = options;
  // A stack that was taken out of the app would otherwise still be found there.
  await rm(outDir, { recursive: true, force: true });
  const context = {
    "aws:cdk:bundling-stacks": [],
    place: "laptop",
    account: ACCOUNT,
    region: REGION,
    trainerImage: "local",
    inferenceUrl,
  };
  await run("infra/app.ts", {
    CDK_VALIDATION: "false",
    CDK_CONTEXT_JSON: JSON.stringify(context),
    CDK_OUTDIR: outDir,
    NODE_COMPILE_CACHE: cacheDir,
  });
  return readAssembly(outDir);
}

/** The stacks of a cloud assembly. */
export async function readAssembly(directory: string): Promise<Stack[]> {
  const read = async (file: string) => JSON.parse(await readFile(`${directory}/${file}`, "utf8"));
  const manifest = (await read("manifest.json")) as { artifacts: Record<string, Artifact> };
  const stacks = Object.entries(manifest.artifacts).filter(([, { type }]) => type === "aws:cloudformation:stack");
  return Promise.all(
    stacks.map(async ([name, { properties }]) => ({
      name,
      template: (await read(properties.templateFile)) as Template,
    })),
  );
}

interface Artifact {
  type: string;
  properties: { templateFile: string };
}

async function run(entry: string, env: Record<string, string>): Promise<void> {
  const child = spawn(process.execPath, [entry], {
    cwd: ROOT,
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      said += text;
    });
  }
  const code = await new Promise((resolve, reject) => child.once("error", reject).once("close", resolve));
  if (code !== 0) throw new Error(`${entry} could not be synthesized:\n${said.trim()}`);
}
