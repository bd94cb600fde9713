import { randomUUID } from "node:crypto";
import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import type { Authority } from "../authority.ts";
import { accesses, demand, type OperationName } from "./access.ts";
import * as buckets from "./bucket-handlers.ts";
import { S3Error } from "./error.ts";
import { type Handler, replyXml } from "./handler.ts";
import * as single from "./object-handlers.ts";
import type { Objects } from "./objects.ts";
import { postForm } from "./post-form.ts";
import { rawPath, verifyRequest } from "./signature.ts";
import * as multi from "./upload-handlers.ts";
import type { Uploads } from "./uploads.ts";
import { xml } from "./xml.ts";

/** `METHOD level ?subresource`; what is not here answers 501, so that nothing is silently taken for something else. */
const operations: Record<OperationName, Handler> = {
  "GET service": buckets.listBuckets,
  "PUT bucket": buckets.createBucket,
  "HEAD bucket": buckets.headBucket,
  "DELETE bucket": buckets.deleteBucket,
  "GET bucket ?location": buckets.locateBucket,
  "GET bucket ?list-type": buckets.listObjects,
  "POST bucket ?delete": buckets.deleteObjects,
  "PUT object": single.putObject,
  "PUT object copy": single.copyObject,
  "GET object": single.getObject,
  "HEAD object": single.getObject,
  "DELETE object": single.deleteObject,
  "POST object ?uploads": multi.createUpload,
  "PUT object ?partNumber&uploadId": multi.uploadPart,
  "POST object ?uploadId": multi.completeUpload,
  "DELETE object ?uploadId": multi.abortUpload,
  "GET object ?uploadId": multi.listParts,
};

/** Query parameters that don't make it another operation. */
const PLAIN =
  /^(x-id|x-amz-(?!acl$).*|response-.*|prefix|delimiter|max-keys|continuation-token|start-after|encoding-type|fetch-owner|max-parts|part-number-marker|AWSAccessKeyId)$/i;

/** Amazon S3 in path style. Every request must be signed, but for a form, whose policy is. */
export function s3Protocol(place: { objects: Objects; uploads: Uploads; authority: Authority }): RequestListener {
  const post = postForm(place.authority);
  return async (request, response) => {
    response.setHeader("x-amz-request-id", randomUUID());
    if (request.headers.origin) allowOrigin(request, response);
    if (request.method === "OPTIONS") return void response.writeHead(200).end();
    try {
      const url = new URL(request.url!, "http://127.0.0.1");
      const [bucket = "", ...rest] = rawPath(request).slice(1).split("/");
      const key = decodeURIComponent(rest.join("/"));
      const isForm =
        request.method === "POST" && key === "" && /^multipart\/form-data/.test(request.headers["content-type"] ?? "");
      const exchange = { request, response, query: url.searchParams, bucket, key, ...place };
      if (isForm) {
        place.objects.demand(bucket);
        return await post(exchange);
      }
      const caller = verifyRequest(request, url, place.authority);
      const name = operationOf(request, url, bucket, key);
      if (Buffer.byteLength(key) > 1024) throw new S3Error("KeyTooLongError", "Your key is too long");
      for (const access of accesses[name](exchange)) demand(caller, access);
      if (bucket && name !== "PUT bucket") place.objects.demand(bucket);
      await operations[name]({ ...exchange, caller });
    } catch (error) {
      replyError(request, response, error);
    }
  };
}

function operationOf(request: IncomingMessage, url: URL, bucket: string, key: string): OperationName {
  const level = bucket === "" ? "service" : key === "" ? "bucket" : "object";
  const subresources = [...url.searchParams.keys()].filter((name) => !PLAIN.test(name)).sort();
  if (request.headers["x-amz-tagging"] !== undefined) subresources.push("tagging");
  const copies = request.headers["x-amz-copy-source"] !== undefined && subresources.length === 0 ? " copy" : "";
  const name = `${request.method} ${level}${copies}${subresources.length > 0 ? ` ?${subresources.join("&")}` : ""}`;
  if (!Object.hasOwn(operations, name)) throw new S3Error("NotImplemented", `'${name}' is not implemented here.`);
  return name as OperationName;
}

/** The pages that upload and download are on other ports; what protects objects is the signature. */
function allowOrigin(request: IncomingMessage, response: ServerResponse) {
  response.setHeader("access-control-allow-origin", "*");
  response.setHeader(
    "access-control-expose-headers",
    "ETag, Content-Range, Content-Length, Content-Disposition, x-amz-request-id",
  );
  if (request.method !== "OPTIONS") return;
  response.setHeader("access-control-allow-methods", "GET, HEAD, PUT, POST, DELETE");
  response.setHeader("access-control-allow-headers", request.headers["access-control-request-headers"] ?? "*");
  response.setHeader("access-control-max-age", "3000");
}

function replyError(request: IncomingMessage, response: ServerResponse, thrown: unknown) {
  if (response.headersSent || response.destroyed) {
    // Half an answer cannot be taken back: a connection that breaks tells the client.
    response.destroy();
    return;
  }
  const known = thrown instanceof S3Error;
  if (!known) console.error(`s3: ${thrown instanceof Error ? thrown.stack : String(thrown)}`);
  const { code, status } = known ? thrown : { code: "InternalError", status: 500 };
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  // A body that nobody reads any more would block the client before it looks at the answer.
  request.resume();
  if (request.method === "HEAD" || status === 304) return void response.writeHead(status).end();
  replyXml(
    response,
    xml("Error", [xml("Code", code), xml("Message", message), xml("Resource", rawPath(request))]),
    status,
  );
}
