import { S3Error } from "./error.ts";

/** The headers S3 keeps with an object and gives back. `aws-chunked` belongs to the transfer and is left out. */
export function keptHeaders(headers: Record<string, unknown>): Record<string, string> {
  const kept = Object.entries(headers).filter(
    ([name, value]) => typeof value === "string" && (KEPT.has(name) || name.startsWith("x-amz-meta-")),
  );
  const result = Object.fromEntries(kept) as Record<string, string>;
  const encoding = result["content-encoding"]
    ?.split(",")
    .map((one) => one.trim())
    .filter((one) => one !== "aws-chunked")
    .join(", ");
  delete result["content-encoding"];
  return { "content-type": "binary/octet-stream", ...result, ...(encoding && { "content-encoding": encoding }) };
}

const KEPT = new Set([
  "content-type",
  "content-disposition",
  "content-language",
  "content-encoding",
  "cache-control",
  "expires",
]);

/** `/bucket/key` as the copy headers have it: percent-encoded, with or without the first slash. Throws InvalidArgument. */
export function sourceOf(header: string) {
  const [, bucket, key] = /^\/?([^/]+)\/([^?]+)/.exec(header) ?? [];
  if (!key) throw new S3Error("InvalidArgument", "Invalid copy source object key");
  return { bucket: bucket!, key: decodeURIComponent(key) };
}
