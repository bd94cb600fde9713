import { createHash } from "node:crypto";
import { createWriteStream, existsSync, mkdirSync } from "node:fs";
import { readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { GetObjectCommand, HeadObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { OpenAiError } from "./error.ts";
import { checkGguf } from "./gguf-header.ts";

export type Files = ReturnType<typeof makeFiles>;

/** Models on this machine's disk: each object of S3 is fetched once per content, checked, and kept until its content changes. */
export function makeFiles(dir: string, env: Record<string, string>) {
  mkdirSync(dir, { recursive: true });
  const s3 = new S3Client({
    region: env.AWS_REGION ?? "us-east-1",
    ...(env.AWS_ENDPOINT_URL_S3 && { endpoint: env.AWS_ENDPOINT_URL_S3, forcePathStyle: true }),
    ...(env.AWS_ACCESS_KEY_ID && {
      credentials: { accessKeyId: env.AWS_ACCESS_KEY_ID, secretAccessKey: env.AWS_SECRET_ACCESS_KEY ?? "" },
    }),
  });
  const fetching = new Map<string, Promise<string>>();

  const fetch = async (model: string, object: { Bucket: string; Key: string }, etag: string) => {
    const of = hash(model);
    const path = join(dir, `${of}-${hash(etag)}.gguf`);
    if (existsSync(path)) return path;
    for (const old of await readdir(dir)) if (old.startsWith(of)) await rm(join(dir, old));
    const partial = `${path}.partial`;
    const { Body } = await s3.send(new GetObjectCommand({ ...object, IfMatch: etag }));
    await pipeline(Body as Readable, createWriteStream(partial));
    try {
      await checkGguf(partial);
    } catch (error) {
      await rm(partial);
      throw new OpenAiError(
        400,
        `The model '${model}' is no GGUF that can be served: ${(error as Error).message}`,
        "model",
        "invalid_model",
      );
    }
    await rename(partial, path);
    return path;
  };

  return {
    /** The path of the model as it is in S3 now. Throws 404 when it is not there and 400 when it is no GGUF. */
    async pathOf(model: string): Promise<string> {
      const [, Bucket, Key] = /^s3:\/\/([^/]+)\/(.+\.gguf)$/.exec(model) ?? [];
      if (!Bucket || !Key) throw missing(model, "it must be the s3:// address of a .gguf");
      const etag = await etagOf(model, { Bucket, Key });
      const known = fetching.get(model + etag);
      if (known) return known;
      const path = fetch(model, { Bucket, Key }, etag).finally(() => fetching.delete(model + etag));
      fetching.set(model + etag, path);
      return path;
    },
    close: () => s3.destroy(),
  };

  async function etagOf(model: string, object: { Bucket: string; Key: string }): Promise<string> {
    try {
      return (await s3.send(new HeadObjectCommand(object))).ETag!;
    } catch (error) {
      if (["NotFound", "NoSuchBucket"].includes((error as Error).name)) throw missing(model, "there is no such object");
      throw error;
    }
  }
}

const missing = (model: string, why: string) =>
  new OpenAiError(404, `The model '${model}' does not exist: ${why}.`, "model", "model_not_found");
const hash = (text: string) => createHash("sha256").update(text).digest("hex").slice(0, 24);
