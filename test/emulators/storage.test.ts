import { fork } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
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
  ListPartsCommand,
  PutObjectCommand,
  PutObjectTaggingCommand,
  S3Client,
  UploadPartCommand,
  UploadPartCopyCommand,
} from "@aws-sdk/client-s3";
import { CreateQueueCommand, ReceiveMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { createPresignedPost } from "@aws-sdk/s3-presigned-post";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Storage, startStorage } from "../../local/emulators/storage.ts";

const credentials = { accessKeyId: "local", secretAccessKey: "local" };
const Bucket = "things";
let dir: string;
let storage: Storage;
let s3: S3Client;

const clientOf = (endpoint: string) => new S3Client({ endpoint, region: "us-east-1", credentials });
const start = async () => {
  storage = await startStorage({ dir });
  s3 = clientOf(storage.s3Url);
};
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "storage-"));
  await start();
  await s3.send(new CreateBucketCommand({ Bucket }));
});
afterAll(async () => {
  await storage.close();
  await rm(dir, { recursive: true });
});

const put = (Key: string, Body: string | Buffer = "hello", more = {}) =>
  s3.send(new PutObjectCommand({ Bucket, Key, Body, ...more }));
const get = async (Key: string, more = {}) => {
  const { Body, ...rest } = await s3.send(new GetObjectCommand({ Bucket, Key, ...more }));
  return { ...rest, text: await Body!.transformToString() };
};

test("an object comes back with its bytes, type and metadata", async () => {
  const { ETag } = await put("a/b c.txt", "hello", { ContentType: "text/plain", Metadata: { who: "me" } });
  expect(await get("a/b c.txt")).toMatchObject({
    text: "hello",
    ContentType: "text/plain",
    Metadata: { who: "me" },
    ETag,
    ContentLength: 5,
    ChecksumCRC32: "NhCmhg==",
  });
  expect(await s3.send(new HeadObjectCommand({ Bucket, Key: "a/b c.txt" }))).toMatchObject({ ContentLength: 5, ETag });
  expect(await get("a/b c.txt", { Range: "bytes=1-2" })).toMatchObject({ text: "el", ContentRange: "bytes 1-2/5" });
  expect(await get("a/b c.txt", { Range: "bytes=-2" })).toMatchObject({ text: "lo" });
  await expect(get("a/b c.txt", { Range: "bytes=9-" })).rejects.toMatchObject({ name: "InvalidRange" });
  await put("empty", "");
  expect(await get("empty")).toMatchObject({ text: "" });
});

test("a stream arrives in chunks, and its checksum is verified", async () => {
  const bytes = randomBytes(3_000_000);
  const chunks = () => Readable.from([bytes.subarray(0, 1_000_001), bytes.subarray(1_000_001)]);
  await s3.send(new PutObjectCommand({ Bucket, Key: "stream", Body: chunks(), ContentLength: bytes.length }));
  const { Body, ContentEncoding } = await s3.send(new GetObjectCommand({ Bucket, Key: "stream" }));
  expect(Buffer.compare(Buffer.from(await Body!.transformToByteArray()), bytes)).toBe(0);
  expect(ContentEncoding).toBeUndefined();
  await expect(put("stream", "hello", { ChecksumCRC32: "AAAAAA==" })).rejects.toMatchObject({ name: "BadDigest" });
  expect((await s3.send(new HeadObjectCommand({ Bucket, Key: "stream" }))).ContentLength).toBe(bytes.length);
});

test("no key is a path", async () => {
  const keys = [
    "../../escape",
    "a",
    "a/b",
    "a//b",
    "/",
    "%2e%2e%2f",
    "ümläut/日本.txt",
    "q?x=1&y#z",
    "a+b",
    "..",
    "<&>'\"\u0001",
  ];
  for (const key of keys) await put(key, `of ${key}`);
  for (const key of keys) expect((await get(key)).text).toBe(`of ${key}`);
  const { Contents } = await s3.send(new ListObjectsV2Command({ Bucket }));
  const listed = Contents!.map(({ Key }) => Key!);
  expect(listed).toEqual(expect.arrayContaining(keys));
  expect(listed).toEqual([...listed].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))));
  expect(await readdir(dir)).toEqual(expect.arrayContaining(["s3", "storage.sqlite"]));
});

test("listings go page by page and fold at a delimiter", async () => {
  for (const name of ["l/1/a", "l/1/b", "l/2/a", "l/x", "l/y"]) await put(name);
  const pages: string[][] = [];
  for (let token: string | undefined; pages.length === 0 || token; ) {
    const page = await s3.send(
      new ListObjectsV2Command({ Bucket, Prefix: "l/", MaxKeys: 2, ContinuationToken: token }),
    );
    pages.push(page.Contents!.map(({ Key }) => Key!));
    token = page.NextContinuationToken;
  }
  expect(pages).toEqual([["l/1/a", "l/1/b"], ["l/2/a", "l/x"], ["l/y"]]);
  const folded = await s3.send(new ListObjectsV2Command({ Bucket, Prefix: "l/", Delimiter: "/", MaxKeys: 2 }));
  expect(folded.CommonPrefixes).toEqual([{ Prefix: "l/1/" }, { Prefix: "l/2/" }]);
  const rest = await s3.send(
    new ListObjectsV2Command({ Bucket, Prefix: "l/", Delimiter: "/", ContinuationToken: folded.NextContinuationToken }),
  );
  expect(rest.Contents!.map(({ Key }) => Key)).toEqual(["l/x", "l/y"]);
  expect(rest).toMatchObject({ IsTruncated: false, KeyCount: 2 });
});

test("what is deleted is gone, and deleting nothing is quiet", async () => {
  for (const key of ["d1", "d2", "d3"]) await put(key);
  await s3.send(new DeleteObjectCommand({ Bucket, Key: "d1" }));
  const { Deleted } = await s3.send(
    new DeleteObjectsCommand({ Bucket, Delete: { Objects: [{ Key: "d2" }, { Key: "d3" }, { Key: "never & was" }] } }),
  );
  expect(Deleted).toHaveLength(3);
  for (const key of ["d1", "d2", "d3"]) await expect(get(key)).rejects.toMatchObject({ name: "NoSuchKey" });
  await expect(s3.send(new HeadObjectCommand({ Bucket, Key: "d1" }))).rejects.toMatchObject({ name: "NotFound" });
  await expect(s3.send(new GetObjectCommand({ Bucket: "absent", Key: "x" }))).rejects.toMatchObject({
    name: "NoSuchBucket",
  });
});

test("copies keep or replace the metadata", async () => {
  await put("from é", "copied", { ContentType: "text/plain" });
  const CopySource = `${Bucket}/${encodeURIComponent("from é")}`;
  await s3.send(new CopyObjectCommand({ Bucket, Key: "to", CopySource }));
  expect(await get("to")).toMatchObject({ text: "copied", ContentType: "text/plain" });
});

test("conditions on a write hold", async () => {
  const { ETag } = await put("once", "1", { IfNoneMatch: "*" });
  await expect(put("once", "2", { IfNoneMatch: "*" })).rejects.toMatchObject({ name: "PreconditionFailed" });
  await put("once", "3", { IfMatch: ETag });
  await expect(put("once", "4", { IfMatch: ETag })).rejects.toMatchObject({ name: "PreconditionFailed" });
  expect((await get("once")).text).toBe("3");
});

test("an upload in parts becomes one object", async () => {
  const Key = "parts";
  const big = randomBytes(5 * 1024 * 1024);
  await put("tail", "0123456789");
  const { UploadId } = await s3.send(new CreateMultipartUploadCommand({ Bucket, Key, ContentType: "x/y" }));
  const one = await s3.send(new UploadPartCommand({ Bucket, Key, UploadId, PartNumber: 1, Body: big }));
  const two = await s3.send(
    new UploadPartCopyCommand({
      Bucket,
      Key,
      UploadId,
      PartNumber: 3,
      CopySource: `${Bucket}/tail`,
      CopySourceRange: "bytes=2-4",
    }),
  );
  const { Parts } = await s3.send(new ListPartsCommand({ Bucket, Key, UploadId }));
  expect(Parts!.map(({ PartNumber, Size }) => [PartNumber, Size])).toEqual([
    [1, big.length],
    [3, 3],
  ]);
  const complete = (parts: { PartNumber: number; ETag: string | undefined }[]) =>
    s3.send(new CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload: { Parts: parts } }));
  const [first, second] = [
    { PartNumber: 1, ETag: one.ETag },
    { PartNumber: 3, ETag: two.CopyPartResult!.ETag },
  ];
  await expect(complete([second, first])).rejects.toMatchObject({ name: "InvalidPartOrder" });
  await expect(complete([{ PartNumber: 2, ETag: one.ETag }])).rejects.toMatchObject({ name: "InvalidPart" });
  const done = await complete([first, second]);
  expect(done.ETag).toMatch(/^"[\da-f]{32}-2"$/);
  expect(await s3.send(new HeadObjectCommand({ Bucket, Key }))).toMatchObject({
    ContentLength: big.length + 3,
    ContentType: "x/y",
  });
  expect((await get(Key, { Range: `bytes=${big.length}-` })).text).toBe("234");
  await expect(complete([first])).rejects.toMatchObject({ name: "NoSuchUpload" });

  const other = await s3.send(new CreateMultipartUploadCommand({ Bucket, Key: "aborted" }));
  const where = { Bucket, Key: "aborted", UploadId: other.UploadId };
  const parts = [1, 2].map(async (PartNumber) => ({
    PartNumber,
    ETag: (await s3.send(new UploadPartCommand({ ...where, PartNumber, Body: "small" }))).ETag,
  }));
  await expect(
    s3.send(new CompleteMultipartUploadCommand({ ...where, MultipartUpload: { Parts: await Promise.all(parts) } })),
  ).rejects.toMatchObject({ name: "EntityTooSmall" });
  await s3.send(new AbortMultipartUploadCommand(where));
  await expect(s3.send(new ListPartsCommand(where))).rejects.toMatchObject({ name: "NoSuchUpload" });
});

test("what S3 would do and this does not is refused", async () => {
  await put("tagged");
  await expect(
    s3.send(new PutObjectTaggingCommand({ Bucket, Key: "tagged", Tagging: { TagSet: [] } })),
  ).rejects.toMatchObject({ $metadata: { httpStatusCode: 501 } });
  expect((await get("tagged")).text).toBe("hello");
  await expect(put("tagged", "x", { ChecksumSHA256: "x".repeat(43) })).rejects.toMatchObject({
    name: "NotImplemented",
  });
});

test("a stranger's signature opens nothing", async () => {
  await put("private");
  const stranger = new S3Client({
    endpoint: storage.s3Url,
    region: "us-east-1",
    credentials: { ...credentials, secretAccessKey: "wrong" },
  });
  await expect(stranger.send(new GetObjectCommand({ Bucket, Key: "private" }))).rejects.toMatchObject({
    name: "SignatureDoesNotMatch",
  });
  expect((await fetch(`${storage.s3Url}/${Bucket}/private`)).status).toBe(403);
});

test("presigned URLs read and write until they expire, and name the download", async () => {
  const Key = "pre signed/é.txt";
  const putUrl = await getSignedUrl(s3, new PutObjectCommand({ Bucket, Key }), { expiresIn: 60 });
  expect((await fetch(putUrl, { method: "PUT", body: "by url" })).status).toBe(200);
  const ResponseContentDisposition = 'attachment; filename="my file.txt"';
  const url = await getSignedUrl(s3, new GetObjectCommand({ Bucket, Key, ResponseContentDisposition }), {
    expiresIn: 60,
  });
  const reply = await fetch(url, { headers: { origin: "http://localhost:9" } });
  expect(await reply.text()).toBe("by url");
  expect(reply.headers.get("content-disposition")).toBe(ResponseContentDisposition);
  expect(reply.headers.get("access-control-allow-origin")).toBe("*");
  expect((await fetch(url, { method: "PUT", body: "x" })).status).toBe(403);
  expect((await fetch(url.replace("pre%20signed", "other"))).status).toBe(403);
  const old = await getSignedUrl(s3, new GetObjectCommand({ Bucket, Key }), {
    expiresIn: 60,
    signingDate: new Date(Date.now() - 61_000),
  });
  const refused = await fetch(old);
  expect([refused.status, await refused.text()]).toEqual([403, expect.stringContaining("Request has expired")]);
});

test("a form uploads what its policy allows, and nothing else", async () => {
  const { url, fields } = await createPresignedPost(s3, {
    Bucket,
    // biome-ignore lint/suspicious/noTemplateCurlyInString: S3's own placeholder
    Key: "uploads/${filename}",
    Conditions: [
      ["content-length-range", 2, 10],
      ["starts-with", "$Content-Type", "text/"],
    ],
    Expires: 60,
  });
  const post = (changed: Record<string, string> = {}, text = "hello", name = "my file.txt") => {
    const form = new FormData();
    for (const [key, value] of Object.entries({ ...fields, "Content-Type": "text/plain", ...changed }))
      form.append(key, value);
    form.append("file", new Blob([text]), name);
    return fetch(url, { method: "POST", body: form, headers: { origin: "http://localhost:9" } });
  };
  const answer = async (reply: Promise<Response>) => [
    (await reply).status,
    /<Code>(\w+)/.exec(await (await reply).text())?.[1],
  ];
  expect((await post()).status).toBe(204);
  expect(await get("uploads/my file.txt")).toMatchObject({ text: "hello", ContentType: "text/plain" });
  expect(await answer(post({ "Content-Type": "image/png" }))).toEqual([403, "AccessDenied"]);
  expect(await answer(post({ key: "elsewhere" }))).toEqual([403, "AccessDenied"]);
  expect(await answer(post({ "x-amz-meta-extra": "1" }))).toEqual([403, "AccessDenied"]);
  expect(await answer(post({}, "x".repeat(11)))).toEqual([400, "EntityTooLarge"]);
  expect(await answer(post({}, "x".repeat(9_000_000)))).toEqual([400, "EntityTooLarge"]);
  expect(await answer(post({ key: "elsewhere" }, "x".repeat(9_000_000)))).toEqual([403, "AccessDenied"]);
  expect(await answer(post({}, "x"))).toEqual([400, "EntityTooSmall"]);
  expect(await answer(post({ "X-Amz-Signature": "00".repeat(32) }))).toEqual([403, "SignatureDoesNotMatch"]);
  const policy = {
    ...JSON.parse(Buffer.from(fields.Policy!, "base64").toString()),
    expiration: "2099-01-01T00:00:00Z",
  };
  expect(await answer(post({ Policy: Buffer.from(JSON.stringify(policy)).toString("base64") }))).toEqual([
    403,
    "SignatureDoesNotMatch",
  ]);
  const preflight = await fetch(url, {
    method: "OPTIONS",
    headers: { origin: "http://localhost:9", "access-control-request-method": "POST" },
  });
  expect([preflight.status, preflight.headers.get("access-control-allow-methods")]).toEqual([
    200,
    expect.stringContaining("POST"),
  ]);
});

test("objects and their notifications outlive the process", async () => {
  const sqs = new SQSClient({ endpoint: storage.sqsUrl, region: "us-east-1", credentials });
  const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: "created" }));
  storage.onObjectCreated(Bucket, { prefix: "in/", suffix: ".txt" }, QueueUrl!);
  await put("in/my file é.txt", "hello");
  await put("in/other.bin");
  await storage.close();
  await start();
  expect((await get("in/my file é.txt")).text).toBe("hello");
  const again = new SQSClient({ endpoint: storage.sqsUrl, region: "us-east-1", credentials });
  const { Messages } = await again.send(
    new ReceiveMessageCommand({ QueueUrl: `${storage.sqsUrl}/000000000000/created`, MaxNumberOfMessages: 10 }),
  );
  expect(Messages).toHaveLength(1);
  expect(JSON.parse(Messages![0]!.Body!).Records[0]).toMatchObject({
    eventSource: "aws:s3",
    eventName: "ObjectCreated:Put",
    s3: {
      bucket: { name: Bucket },
      object: {
        key: "in/my+file+%C3%A9.txt",
        size: 5,
        eTag: "5d41402abc4b2a76b9719d911017c592",
        sequencer: expect.stringMatching(/^[\dA-F]{18}$/),
      },
    },
  });
});

test("SIGKILL loses nothing that was answered, and leaves nothing behind of what was not", async () => {
  const place = await mkdtemp(join(tmpdir(), "killed-"));
  const child = fork(new URL("./storage-process.ts", import.meta.url).pathname, [place], { execArgv: [] });
  const url = (await once(child, "message"))[0] as string;
  const killed = clientOf(url);
  await killed.send(new PutObjectCommand({ Bucket, Key: "whole", Body: "whole" }));
  const half = request(`${url}/${Bucket}`, {
    method: "POST",
    headers: { "content-type": "multipart/form-data; boundary=x" },
  });
  half.on("error", () => {});
  const { fields } = await createPresignedPost(killed, { Bucket, Key: "half" });
  for (const [name, value] of Object.entries(fields))
    half.write(`--x\r\ncontent-disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`);
  half.write('--x\r\ncontent-disposition: form-data; name="file"; filename="f"\r\n\r\nhalf of it');
  while ((await readdir(join(place, "s3", Bucket))).length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
  child.kill("SIGKILL");
  await once(child, "exit");

  const revived = await startStorage({ dir: place });
  const { Body } = await clientOf(revived.s3Url).send(new GetObjectCommand({ Bucket, Key: "whole" }));
  expect(await Body!.transformToString()).toBe("whole");
  expect(await readdir(join(place, "s3", Bucket))).toHaveLength(1);
  await revived.close();
  await rm(place, { recursive: true });
});
