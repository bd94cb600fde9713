import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { Authority, Caller } from "../authority.ts";
import { S3Error } from "./error.ts";

const MAX_SKEW_MS = 15 * 60_000;

/**
 * Checks AWS Signature Version 4, in the Authorization header or in a presigned URL, and says who signed.
 * Throws AccessDenied (unsigned or expired), InvalidAccessKeyId, RequestTimeTooSkewed or SignatureDoesNotMatch.
 */
export function verifyRequest(request: IncomingMessage, url: URL, authority: Authority): Caller {
  const signed = url.searchParams.has("X-Amz-Signature") ? fromQuery(url) : fromHeader(request);
  const canonical = [
    request.method,
    canonicalPath(rawPath(request)),
    canonicalQuery(url),
    ...signed.headers.map(
      (name) =>
        `${name}:${String(request.headers[name] ?? "")
          .trim()
          .replace(/\s+/g, " ")}`,
    ),
    "",
    signed.headers.join(";"),
    signed.payload,
  ].join("\n");
  const hash = createHash("sha256").update(canonical).digest("hex");
  return verify(`AWS4-HMAC-SHA256\n${signed.date}\n${signed.scope}\n${hash}`, signed, authority);
}

/** Checks that `text` was signed with the secret of its access key, and says whose that is; `scope` is date/region/service/aws4_request. */
export function verify(
  text: string,
  signed: { accessKeyId: string; scope: string; signature: string },
  authority: Authority,
): Caller {
  const caller = authority.caller(signed.accessKeyId);
  if (!caller)
    throw new S3Error("InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records.");
  const key = signed.scope
    .split("/")
    .reduce<string | Buffer>(
      (secret, part) => createHmac("sha256", secret).update(part).digest(),
      `AWS4${caller.secretAccessKey}`,
    );
  const right = createHmac("sha256", key).update(text).digest();
  const given = Buffer.from(signed.signature, "hex");
  if (given.length !== right.length || !timingSafeEqual(given, right))
    throw new S3Error(
      "SignatureDoesNotMatch",
      "The request signature we calculated does not match the signature you provided. Check your key and signing method.",
    );
  return caller;
}

/** `AKID/date/region/s3/aws4_request` in its two parts. */
export function readCredential(credential: string) {
  const [accessKeyId = "", ...scope] = credential.split("/");
  return { accessKeyId, scope: scope.join("/") };
}

/** 20261120T120000Z in milliseconds, NaN when it is nothing like it. */
export const instant = (date: string) =>
  Date.parse(date.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, "$1-$2-$3T$4:$5:$6Z"));

function fromQuery(url: URL) {
  const value = (name: string) => url.searchParams.get(name) ?? "";
  const date = value("X-Amz-Date");
  const expires = Number(value("X-Amz-Expires"));
  if (!(expires >= 0 && expires <= 604_800))
    throw new S3Error("AccessDenied", "X-Amz-Expires must be between 0 and 604800 seconds");
  const signedAt = instant(date);
  if (!(signedAt - MAX_SKEW_MS <= Date.now() && Date.now() <= signedAt + expires * 1000))
    throw new S3Error("AccessDenied", "Request has expired");
  return {
    ...readCredential(value("X-Amz-Credential")),
    date,
    headers: value("X-Amz-SignedHeaders").split(";"),
    signature: value("X-Amz-Signature"),
    payload: url.searchParams.get("X-Amz-Content-Sha256") ?? "UNSIGNED-PAYLOAD",
  };
}

function fromHeader(request: IncomingMessage) {
  const [, credential, headers, signature] =
    /^AWS4-HMAC-SHA256 Credential=([^,\s]+),\s*SignedHeaders=([^,\s]+),\s*Signature=([\da-f]+)$/.exec(
      request.headers.authorization ?? "",
    ) ?? [];
  if (!credential) throw new S3Error("AccessDenied", "Access Denied");
  const date = String(request.headers["x-amz-date"]);
  if (!(Math.abs(instant(date) - Date.now()) <= MAX_SKEW_MS))
    throw new S3Error(
      "RequestTimeTooSkewed",
      "The difference between the request time and the current time is too large.",
    );
  return {
    ...readCredential(credential),
    date,
    headers: headers!.split(";"),
    signature: signature!,
    payload: String(request.headers["x-amz-content-sha256"]),
  };
}

export const rawPath = (request: IncomingMessage) => request.url!.split("?")[0]!;
const canonicalPath = (path: string) =>
  path
    .split("/")
    .map((segment) => encode(decodeURIComponent(segment)))
    .join("/");
const canonicalQuery = (url: URL) =>
  [...url.searchParams]
    .filter(([name]) => name !== "X-Amz-Signature")
    .map(([name, value]) => `${encode(name)}=${encode(value)}`)
    .sort()
    .join("&");
const encode = (text: string) =>
  encodeURIComponent(text).replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
