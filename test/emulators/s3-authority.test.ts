import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { createPresignedPost } from "@aws-sdk/s3-presigned-post";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Storage, startStorage } from "../../local/emulators/storage.ts";
import { callers, refused } from "./callers.ts";

const Bucket = "things";
const below = (prefix: string) => `arn:aws:s3:::things/${prefix}*`;
const { authority, operator, limited, stranger } = callers(
  { Action: "s3:GetObject", Resource: below("read/") },
  { Action: "s3:GetObject", Resource: below("blind/") },
  { Action: "s3:PutObject", Resource: below("write/") },
  { Action: "s3:DeleteObject", Resource: below("write/") },
  { Action: "s3:ListBucket", Resource: "arn:aws:s3:::things", Condition: { StringLike: { "s3:prefix": "read/*" } } },
);
let dir: string;
let storage: Storage;
let mine: S3Client;
let all: S3Client;
const as = (credentials: typeof operator) =>
  new S3Client({ endpoint: storage.s3Url, region: "us-east-1", credentials });
const no = (action: string, resource: string) => ({ name: "AccessDenied", message: refused(action, resource) });
const put = (client: S3Client, Key: string) => client.send(new PutObjectCommand({ Bucket, Key, Body: "1" }));

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "s3-authority-"));
  storage = await startStorage({ dir, authority });
  [mine, all] = [as(limited), as(operator)];
  await all.send(new CreateBucketCommand({ Bucket }));
  for (const key of ["read/1", "blind/1", "write/1", "other/1"]) await put(all, key);
});
afterAll(async () => {
  await storage.close();
  await rm(dir, { recursive: true });
});

test("an object is read, written and deleted where the role allows it", async () => {
  await put(mine, "write/2");
  await mine.send(new GetObjectCommand({ Bucket, Key: "read/1" }));
  await mine.send(new DeleteObjectCommand({ Bucket, Key: "write/2" }));
  await expect(put(mine, "read/2")).rejects.toMatchObject(no("s3:PutObject", "arn:aws:s3:::things/read/2"));
  await expect(mine.send(new GetObjectCommand({ Bucket, Key: "other/1" }))).rejects.toMatchObject(
    no("s3:GetObject", "arn:aws:s3:::things/other/1"),
  );
  await expect(mine.send(new DeleteObjectCommand({ Bucket, Key: "read/1" }))).rejects.toMatchObject(
    no("s3:DeleteObject", "arn:aws:s3:::things/read/1"),
  );
  await expect(put(as(stranger), "write/2")).rejects.toMatchObject({ name: "InvalidAccessKeyId" });
  await expect(put(as({ ...limited, secretAccessKey: "guessed" }), "write/2")).rejects.toMatchObject({
    name: "SignatureDoesNotMatch",
  });
});

test("that an object is absent is told to those who may list it", async () => {
  const get = (Key: string) => mine.send(new GetObjectCommand({ Bucket, Key }));
  await expect(get("read/none")).rejects.toMatchObject({ name: "NoSuchKey" });
  await expect(get("blind/none")).rejects.toMatchObject(no("s3:ListBucket", "arn:aws:s3:::things"));
  const head = (Key: string) => mine.send(new HeadObjectCommand({ Bucket, Key }));
  await expect(head("read/none")).rejects.toMatchObject({ $metadata: { httpStatusCode: 404 } });
  await expect(head("blind/none")).rejects.toMatchObject({ $metadata: { httpStatusCode: 403 } });
});

test("a listing is of a prefix that the role allows", async () => {
  const list = (Prefix?: string) => mine.send(new ListObjectsV2Command({ Bucket, Prefix }));
  expect((await list("read/")).KeyCount).toBe(1);
  await expect(list("write/")).rejects.toMatchObject(no("s3:ListBucket", "arn:aws:s3:::things"));
  await expect(list()).rejects.toMatchObject({ name: "AccessDenied" });
});

test("several deletions succeed and fail one by one", async () => {
  await put(all, "write/3");
  const Objects = ["write/3", "read/1"].map((Key) => ({ Key }));
  const { Deleted, Errors } = await mine.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }));
  expect(Deleted).toEqual([{ Key: "write/3" }]);
  expect(Errors).toMatchObject([{ Key: "read/1", Code: "AccessDenied" }]);
  await all.send(new HeadObjectCommand({ Bucket, Key: "read/1" }));
});

test("an upload in parts is a PutObject, and its end another right", async () => {
  const Key = "write/parts";
  const { UploadId } = await mine.send(new CreateMultipartUploadCommand({ Bucket, Key }));
  const { ETag } = await mine.send(new UploadPartCommand({ Bucket, Key, UploadId, PartNumber: 1, Body: "1" }));
  await expect(mine.send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId }))).rejects.toMatchObject(
    no("s3:AbortMultipartUpload", `arn:aws:s3:::things/${Key}`),
  );
  const Parts = [{ ETag, PartNumber: 1 }];
  await mine.send(new CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload: { Parts } }));
  await expect(mine.send(new CreateMultipartUploadCommand({ Bucket, Key: "read/parts" }))).rejects.toMatchObject(
    no("s3:PutObject", "arn:aws:s3:::things/read/parts"),
  );
});

test("who copies must be allowed to read the source", async () => {
  const copy = (key: string) =>
    mine.send(new CopyObjectCommand({ Bucket, Key: "write/copy", CopySource: `things/${key}` }));
  await copy("read/1");
  await expect(copy("other/1")).rejects.toMatchObject(no("s3:GetObject", "arn:aws:s3:::things/other/1"));
});

test("a presigned URL or form can do what its signer may, whoever uses it", async () => {
  const url = (Key: string) => getSignedUrl(mine, new GetObjectCommand({ Bucket, Key }));
  expect((await fetch(await url("read/1"))).status).toBe(200);
  const shut = await fetch(await url("other/1"));
  expect([shut.status, await shut.text()]).toEqual([403, expect.stringContaining("s3:GetObject on resource")]);
  const post = async (Key: string) => {
    const { url, fields } = await createPresignedPost(mine, { Bucket, Key });
    const form = new FormData();
    for (const [name, value] of Object.entries(fields)) form.append(name, value);
    form.append("file", new Blob(["1"]));
    return fetch(url, { method: "POST", body: form });
  };
  expect((await post("write/form")).status).toBe(204);
  const refusal = await post("read/form");
  expect([refusal.status, await refusal.text()]).toEqual([403, expect.stringContaining("s3:PutObject on resource")]);
});
