import type { IncomingMessage } from "node:http";
import { objectArn } from "./access.ts";
import { S3Error } from "./error.ts";
import { type Handler, replyXml } from "./handler.ts";
import { insides, textOf, type Xml, xml } from "./xml.ts";

const iso = (at: number) => new Date(at).toISOString();

export const listBuckets: Handler = ({ response, objects }) => {
  const buckets = objects
    .buckets()
    .map(({ name, createdAt }) => xml("Bucket", [xml("Name", name), xml("CreationDate", iso(createdAt))]));
  replyXml(response, xml("ListAllMyBucketsResult", [xml("Owner", [xml("ID", "local")]), xml("Buckets", buckets)]));
};

export const createBucket: Handler = ({ response, bucket, objects }) => {
  objects.createBucket(bucket);
  response.writeHead(200, { location: `/${bucket}` }).end();
};

export const headBucket: Handler = ({ response }) => response.writeHead(200).end();

export const deleteBucket: Handler = ({ response, bucket, objects }) => {
  objects.removeBucket(bucket);
  response.writeHead(204).end();
};

export const locateBucket: Handler = ({ response }) => replyXml(response, xml("LocationConstraint", ""));

export const deleteObjects: Handler = async ({ request, response, caller, bucket, objects }) => {
  const document = await text(request);
  const keys = insides(document, "Object").map((inside) => textOf(inside, "Key"));
  if (keys.length === 0 || keys.length > 1000 || keys.includes(undefined))
    throw new S3Error(
      "MalformedXML",
      "The XML you provided was not well-formed or did not validate against our published schema",
    );
  const quiet = textOf(document, "Quiet") === "true";
  const results = (keys as string[]).map((key) => {
    const refusal = caller.refusal({ action: "s3:DeleteObject", resource: objectArn(bucket, key) });
    if (refusal) return xml("Error", [xml("Key", key), xml("Code", "AccessDenied"), xml("Message", refusal)]);
    objects.remove(bucket, key);
    return quiet ? undefined : xml("Deleted", [xml("Key", key)]);
  });
  replyXml(response, xml("DeleteResult", results));
};

/** ListObjectsV2. A continuation token is the last key or common prefix that was listed. */
export const listObjects: Handler = ({ response, query, bucket, objects }) => {
  const prefix = query.get("prefix") ?? "";
  const delimiter = query.get("delimiter") ?? "";
  const most = Math.min(Number(query.get("max-keys") ?? 1000), 1000);
  const token = query.get("continuation-token");
  const after = token === null ? (query.get("start-after") ?? "") : Buffer.from(token, "base64url").toString("utf8");
  const name = query.get("encoding-type") === "url" ? encodeURIComponent : (key: string) => key;

  const contents: Xml[] = [];
  const groups: string[] = [];
  let [last, truncated] = ["", false];
  // A group is listed once: the keys below it are skipped by starting behind the last of them.
  for (let from = isGroup(after, prefix, delimiter) ? behind(after) : after, done = false; !done; ) {
    done = true;
    for (const object of objects.list(bucket, prefix, from)) {
      if (contents.length + groups.length >= most) {
        truncated = most > 0;
        break;
      }
      const end = delimiter === "" ? -1 : object.key.indexOf(delimiter, prefix.length);
      if (end >= 0) {
        last = object.key.slice(0, end + delimiter.length);
        groups.push(last);
        from = behind(last);
        done = false;
        break;
      }
      last = object.key;
      contents.push(
        xml("Contents", [
          xml("Key", name(object.key)),
          xml("LastModified", iso(object.modifiedAt)),
          xml("ETag", `"${object.etag}"`),
          xml("Size", object.size),
          xml("StorageClass", "STANDARD"),
        ]),
      );
    }
  }
  replyXml(
    response,
    xml("ListBucketResult", [
      xml("Name", bucket),
      xml("Prefix", name(prefix)),
      delimiter === "" ? undefined : xml("Delimiter", delimiter),
      xml("MaxKeys", most),
      xml("KeyCount", contents.length + groups.length),
      xml("IsTruncated", String(truncated)),
      truncated ? xml("NextContinuationToken", Buffer.from(last).toString("base64url")) : undefined,
      ...contents,
      ...groups.map((group) => xml("CommonPrefixes", [xml("Prefix", name(group))])),
    ]),
  );
};

const isGroup = (key: string, prefix: string, delimiter: string) =>
  delimiter !== "" && key.length > prefix.length && key.endsWith(delimiter);
const behind = (group: string) => `${group}\u{10ffff}`;

/** A request's body as text, up to 1 MiB: S3's XML documents are smaller. */
export async function text(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    bytes += (chunk as Buffer).length;
    if (bytes > 1024 * 1024) throw new S3Error("MalformedXML", "The XML you provided was larger than 1 MiB");
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks).toString("utf8");
}
