import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  PutObjectCommand,
  type S3Client,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import type { BlobWriter } from "../blobs.ts";

/** S3 wants parts of at least 5 MiB, and at most 10,000 of them: 8 MiB reaches 78 GiB. */
const PART_BYTES = 8 << 20;

/** One object written part by part. What fits into a single part is put at once. */
export async function writer(
  client: S3Client,
  target: { Bucket: string; Key: string; ContentType: string },
): Promise<BlobWriter> {
  const { Bucket, Key } = target;
  let waiting: Uint8Array[] = [];
  let bytes = 0;
  let UploadId: string | undefined;
  const parts: { ETag: string | undefined; PartNumber: number }[] = [];

  async function flush() {
    const Body = Buffer.concat(waiting);
    waiting = [];
    bytes = 0;
    UploadId ??= (await client.send(new CreateMultipartUploadCommand(target))).UploadId;
    const PartNumber = parts.length + 1;
    const { ETag } = await client.send(new UploadPartCommand({ Bucket, Key, UploadId, PartNumber, Body }));
    parts.push({ ETag, PartNumber });
  }

  return {
    async write(chunk) {
      // Copied, because the caller may use its buffer again.
      waiting.push(chunk.slice());
      bytes += chunk.byteLength;
      if (bytes >= PART_BYTES) await flush();
    },
    async close() {
      if (!UploadId) {
        await client.send(new PutObjectCommand({ ...target, Body: Buffer.concat(waiting) }));
        return;
      }
      if (bytes > 0) await flush();
      await client.send(
        new CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload: { Parts: parts } }),
      );
    },
    async abort() {
      if (UploadId) await client.send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId }));
    },
  };
}
