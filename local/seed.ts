import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { GetObjectCommand, NoSuchKey, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import type { AwsSettings } from "./endpoints.ts";

const GGUF = "model-f16.gguf";
/** Written last: without it, or with another hash, the model is not whole. */
const SEAL = "seed.json";

/**
 * Puts the base models of the repository below `base-models/<name>/` of the bucket, each with the GGUF that serves it,
 * unless they are there unchanged. Says whether there was anything to do.
 */
export async function seedModels(options: { modelsDir: string; bucket: string; aws: AwsSettings }): Promise<boolean> {
  const { modelsDir, bucket: Bucket, aws } = options;
  const client = new S3Client(aws.client("s3"));
  let changed = false;
  for (const model of await directories(modelsDir)) {
    const directory = join(modelsDir, model);
    const files = await Promise.all(
      (await readdir(directory)).sort().map(async (name) => ({ name, bytes: await readFile(join(directory, name)) })),
    );
    const prefix = `base-models/${model}/`;
    const seal = JSON.stringify({ sha256: hash(files) });
    if ((await read(client, Bucket, prefix + SEAL)) === seal) continue;
    const gguf = { name: GGUF, bytes: await exportModel(directory, model) };
    for (const { name, bytes } of [...files, gguf, { name: SEAL, bytes: Buffer.from(seal) }]) {
      await client.send(new PutObjectCommand({ Bucket, Key: prefix + name, Body: bytes }));
    }
    changed = true;
  }
  client.destroy();
  return changed;
}

/** None when there is no such folder: a checkout without models still answers, and says which model is missing. */
async function directories(path: string): Promise<string[]> {
  try {
    return (await readdir(path, { withFileTypes: true })).filter((each) => each.isDirectory()).map(({ name }) => name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}

async function exportModel(directory: string, name: string): Promise<Uint8Array> {
  // Loaded only when there is something to export: the trainer weighs more than the rest of the laptop.
  const [{ readModelDirectory }, { exportGguf }] = await Promise.all([
    import("./trainer/base-model.ts"),
    import("./trainer/gguf.ts"),
  ]);
  return exportGguf(await readModelDirectory(directory), name);
}

async function read(client: S3Client, Bucket: string, Key: string): Promise<string | null> {
  try {
    return await (await client.send(new GetObjectCommand({ Bucket, Key }))).Body!.transformToString();
  } catch (error) {
    if (error instanceof NoSuchKey) return null;
    throw error;
  }
}

function hash(files: readonly { name: string; bytes: Buffer }[]): string {
  const sum = createHash("sha256");
  for (const { name, bytes } of files) sum.update(`${name} ${bytes.length}\n`).update(bytes);
  return sum.digest("hex");
}
