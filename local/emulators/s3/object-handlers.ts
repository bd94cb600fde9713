import { pipeline } from "node:stream/promises";
import { find } from "./access.ts";
import { writeBody, writeStream } from "./body.ts";
import { S3Error } from "./error.ts";
import { type Exchange, type Handler, replyXml } from "./handler.ts";
import { keptHeaders, sourceOf } from "./headers.ts";
import type { Condition, StoredObject } from "./stored-object.ts";
import { xml } from "./xml.ts";

const quote = (etag: string) => `"${etag}"`;
export const iso = (at: number) => new Date(at).toISOString();

export const conditionOf = ({ request }: Exchange): Condition => ({
  ifMatch: request.headers["if-match"],
  ifNoneMatch: request.headers["if-none-match"],
});

export const putObject: Handler = async (exchange) => {
  const { request, response, bucket, key, objects } = exchange;
  const file = objects.fresh();
  const { size, md5, crc32 } = await writeBody(request, objects.pathOf(bucket, file));
  const headers = keptHeaders(request.headers);
  objects.commit({ bucket, key, size, etag: md5, crc32, headers }, file, "Put", conditionOf(exchange));
  response.writeHead(200, { etag: quote(md5), "x-amz-checksum-crc32": crc32, "x-amz-checksum-type": "FULL_OBJECT" });
  response.end();
};

export const copyObject: Handler = async (exchange) => {
  const { request, response, bucket, key, objects } = exchange;
  const source = sourceOf(request.headers["x-amz-copy-source"] as string);
  const from = find(exchange, source.bucket, source.key);
  const replaces = request.headers["x-amz-metadata-directive"] === "REPLACE";
  if (!replaces && source.bucket === bucket && source.key === key)
    throw new S3Error(
      "InvalidRequest",
      "This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata.",
    );
  const file = objects.fresh();
  const { size, md5, crc32 } = await writeStream(objects.read(source.bucket, source.key), objects.pathOf(bucket, file));
  const headers = replaces ? keptHeaders(request.headers) : from.headers;
  const stored = objects.commit({ bucket, key, size, etag: md5, crc32, headers }, file, "Copy");
  replyXml(response, xml("CopyObjectResult", [xml("LastModified", iso(stored.modifiedAt)), xml("ETag", quote(md5))]));
};

export const getObject: Handler = async (exchange) => {
  const { request, response, query, bucket, key, objects } = exchange;
  const object = find(exchange, bucket, key);
  checkReadCondition(exchange, object);
  const range = rangeOf(request.headers.range, object.size);
  const overrides = [...query]
    .filter(([name]) => name.startsWith("response-"))
    .map(([name, value]) => [name.slice(9), value]);
  response.writeHead(range ? 206 : 200, {
    ...object.headers,
    ...Object.fromEntries(overrides),
    etag: quote(object.etag),
    "last-modified": new Date(object.modifiedAt).toUTCString(),
    "accept-ranges": "bytes",
    "content-length": range ? range.last - range.first + 1 : object.size,
    ...(range && { "content-range": `bytes ${range.first}-${range.last}/${object.size}` }),
    ...(!range &&
      object.crc32 &&
      request.headers["x-amz-checksum-mode"] === "ENABLED" && {
        "x-amz-checksum-crc32": object.crc32,
        "x-amz-checksum-type": "FULL_OBJECT",
      }),
  });
  if (request.method === "HEAD") response.end();
  else await pipeline(objects.read(bucket, key, range), response);
};

function checkReadCondition({ request }: Exchange, object: StoredObject) {
  const matches = (header: string) =>
    header === "*" || header.split(",").some((one) => one.trim().replaceAll('"', "") === object.etag);
  const { "if-match": ifMatch, "if-none-match": ifNoneMatch } = request.headers;
  if (ifMatch && !matches(ifMatch))
    throw new S3Error("PreconditionFailed", "At least one of the pre-conditions you specified did not hold");
  if (ifNoneMatch && matches(ifNoneMatch)) throw new S3Error("NotModified", "Not Modified");
}

/** One range of bytes, as S3 reads it: several or malformed ones count as none. Throws InvalidRange when nothing is in it. */
export function rangeOf(header: string | undefined, size: number): { first: number; last: number } | undefined {
  const [, from, to] = /^bytes=(\d*)-(\d*)$/.exec(header ?? "") ?? [];
  if (from === undefined || (from === "" && to === "")) return undefined;
  const first = from === "" ? Math.max(0, size - Number(to)) : Number(from);
  const last = from === "" || to === "" ? size - 1 : Math.min(Number(to), size - 1);
  if (first >= size || last < first) throw new S3Error("InvalidRange", "The requested range is not satisfiable");
  return { first, last };
}

export const deleteObject: Handler = ({ response, bucket, key, objects }) => {
  objects.remove(bucket, key);
  response.writeHead(204).end();
};

/** A part's file from another object's bytes. */
export async function copyPart(exchange: Exchange, file: string) {
  const { request, objects, bucket } = exchange;
  const source = sourceOf(request.headers["x-amz-copy-source"] as string);
  const from = find(exchange, source.bucket, source.key);
  const range = rangeOf(request.headers["x-amz-copy-source-range"] as string | undefined, from.size);
  return writeStream(objects.read(source.bucket, source.key, range), objects.pathOf(bucket, file));
}
