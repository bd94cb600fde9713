import type { Access, Caller } from "../authority.ts";
import { S3Error } from "./error.ts";
import type { Exchange } from "./handler.ts";
import { sourceOf } from "./headers.ts";
import type { Objects } from "./objects.ts";
import type { StoredObject } from "./stored-object.ts";

export const bucketArn = (bucket: string) => `arn:aws:s3:::${bucket}`;
export const objectArn = (bucket: string, key: string) => `${bucketArn(bucket)}/${key}`;

type Needs = (exchange: Pick<Exchange, "request" | "query" | "bucket" | "key">) => readonly Access[];

const onBucket =
  (action: string): Needs =>
  ({ bucket }) => [{ action, resource: bucketArn(bucket) }];
const onObject =
  (action: string): Needs =>
  ({ bucket, key }) => [{ action, resource: objectArn(bucket, key) }];
/** Whoever copies must be allowed to read what is copied. */
const withSource =
  (needs: Needs): Needs =>
  (exchange) => {
    const header = exchange.request.headers["x-amz-copy-source"] as string | undefined;
    if (header === undefined) return needs(exchange);
    const source = sourceOf(header);
    return [...needs(exchange), { action: "s3:GetObject", resource: objectArn(source.bucket, source.key) }];
  };
const put = onObject("s3:PutObject");

/** What each operation needs, by `METHOD level ?subresource`: nothing else is answered. */
export const accesses = {
  "GET service": () => [{ action: "s3:ListAllMyBuckets", resource: "*" }],
  "PUT bucket": onBucket("s3:CreateBucket"),
  "HEAD bucket": onBucket("s3:ListBucket"),
  "DELETE bucket": onBucket("s3:DeleteBucket"),
  "GET bucket ?location": onBucket("s3:GetBucketLocation"),
  "GET bucket ?list-type": ({ bucket, query }) => [listing(bucket, query.get("prefix"))],
  // Key by key: what may not be deleted is told among the results.
  "POST bucket ?delete": () => [],
  "PUT object": put,
  "PUT object copy": withSource(put),
  "GET object": onObject("s3:GetObject"),
  "HEAD object": onObject("s3:GetObject"),
  "DELETE object": onObject("s3:DeleteObject"),
  "POST object ?uploads": put,
  "PUT object ?partNumber&uploadId": withSource(put),
  "POST object ?uploadId": put,
  "DELETE object ?uploadId": onObject("s3:AbortMultipartUpload"),
  "GET object ?uploadId": onObject("s3:ListMultipartUploadParts"),
} satisfies Record<string, Needs>;
export type OperationName = keyof typeof accesses;

/** Throws AccessDenied. */
export function demand(caller: Caller, access: Access): void {
  const refusal = caller.refusal(access);
  if (refusal) throw new S3Error("AccessDenied", refusal);
}

/** An object, to be read. That there is none is told only to those who may list it: NoSuchKey, and to others AccessDenied. */
export function find(exchange: { objects: Objects; caller: Caller }, bucket: string, key: string): StoredObject {
  const object = exchange.objects.find(bucket, key);
  if (object) return object;
  // The key stands for the prefix here: who may list below `a/` hears that `a/b` is not there.
  demand(exchange.caller, listing(bucket, key));
  throw new S3Error("NoSuchKey", "The specified key does not exist.");
}

const listing = (bucket: string, prefix: string | null): Access => ({
  action: "s3:ListBucket",
  resource: bucketArn(bucket),
  ...(prefix !== null && { context: { "s3:prefix": prefix } }),
});
