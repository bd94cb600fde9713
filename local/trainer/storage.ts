/** Where a run is read and written: S3 in earnest, a map in tests. Everything is addressed by `s3://bucket/key`. */
import { GetObjectCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";

export interface Storage {
  /** The whole object, or null when there is none. */
  read(uri: string): Promise<Uint8Array | null>;
  write(uri: string, body: Uint8Array | string): Promise<void>;
}

const parse = (uri: string) => {
  const [, bucket, key] = /^s3:\/\/([^/]+)\/(.+)$/.exec(uri) ?? [];
  if (!bucket || !key) throw new Error(`${uri} is not s3://bucket/key`);
  return { Bucket: bucket, Key: key };
};

export function s3Storage(client: S3Client): Storage {
  return {
    read: async (uri) => {
      try {
        const { Body } = await client.send(new GetObjectCommand(parse(uri)));
        return await Body!.transformToByteArray();
      } catch (error) {
        if (error instanceof Error && (error.name === "NoSuchKey" || error.name === "NotFound")) return null;
        throw error;
      }
    },
    write: async (uri, body) => {
      await client.send(new PutObjectCommand({ ...parse(uri), Body: body }));
    },
  };
}

/** The SDK takes region, credentials and endpoint from the environment; an emulator's endpoint needs the bucket in the path. */
export const environmentStorage = (): Storage =>
  s3Storage(new S3Client({ forcePathStyle: Boolean(process.env.AWS_ENDPOINT_URL_S3 ?? process.env.AWS_ENDPOINT_URL) }));

/** Objects in `files`, by URI, in the order they were first written. */
export function memoryStorage(files = new Map<string, Uint8Array>()): Storage & { files: Map<string, Uint8Array> } {
  return {
    files,
    read: async (uri) => files.get(uri) ?? null,
    write: async (uri, body) =>
      void files.set(uri, typeof body === "string" ? new TextEncoder().encode(body) : body.slice()),
  };
}
