import {
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  NoSuchKey,
  PutObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import type { Blobs } from "../blobs.ts";
import { writer } from "./blob-writer.ts";

/** A bucket in S3. The presigning libraries are loaded when first used: most functions never presign. */
export function makeBlobs({ bucket: Bucket, client = new S3Client({}) }: { bucket: string; client?: S3Client }): Blobs {
  const absent = (error: unknown) => {
    if (error instanceof NoSuchKey) return null;
    throw error;
  };
  const get = (Key: string) => client.send(new GetObjectCommand({ Bucket, Key })).catch(absent);

  return {
    bucket: Bucket,
    async put(Key, Body, ContentType = "application/octet-stream") {
      await client.send(new PutObjectCommand({ Bucket, Key, Body, ContentType }));
    },
    async read(key) {
      const found = await get(key);
      return found && (found.Body as unknown as AsyncIterable<Uint8Array>);
    },
    async text(key) {
      const found = await get(key);
      return found ? await found.Body!.transformToString("utf-8") : null;
    },
    async *list(Prefix, StartAfter) {
      let ContinuationToken: string | undefined;
      do {
        const page = await client.send(new ListObjectsV2Command({ Bucket, Prefix, StartAfter, ContinuationToken }));
        for (const { Key, Size } of page.Contents ?? []) yield { key: Key!, bytes: Size ?? 0 };
        ContinuationToken = page.NextContinuationToken;
      } while (ContinuationToken);
    },
    async remove(Key) {
      await client.send(new DeleteObjectCommand({ Bucket, Key }));
    },
    writer: (Key, ContentType = "application/octet-stream") => writer(client, { Bucket, Key, ContentType }),
    async readUrl(Key, { seconds, filename }) {
      const { getSignedUrl } = await import("@aws-sdk/s3-request-presigner");
      const disposition = `attachment; filename*=UTF-8''${encodeURIComponent(filename)}`;
      const command = new GetObjectCommand({ Bucket, Key, ResponseContentDisposition: disposition });
      return getSignedUrl(client, command, { expiresIn: seconds });
    },
    async uploadForm(Key, { seconds, maxBytes }) {
      const { createPresignedPost } = await import("@aws-sdk/s3-presigned-post");
      const Conditions = [["content-length-range", 1, maxBytes] as ["content-length-range", number, number]];
      return createPresignedPost(client, { Bucket, Key, Conditions, Expires: seconds });
    },
  };
}
