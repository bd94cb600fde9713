import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from "node:http";
import type { Head } from "../lambda/protocol.ts";
import { isBinary } from "./proxy-event.ts";

/** A buffered function's reply is not what API Gateway accepts; the message says why. */
export class Malformed extends Error {}

const KEYS = new Set(["statusCode", "headers", "multiValueHeaders", "body", "isBase64Encoded"]);

/**
 * Sends a Lambda proxy reply. Throws Malformed, with nothing sent, for what API Gateway would refuse: no valid status, keys it
 * does not know, a body that is not a string.
 */
export function sendReply(
  request: IncomingMessage,
  response: ServerResponse,
  payload: string,
  binaryMediaTypes: readonly string[],
) {
  const reply = JSON.parse(payload) as unknown;
  if (reply === null || typeof reply !== "object") throw new Malformed(`The function returned ${payload.slice(0, 80)}`);
  const odd = Object.keys(reply).find((key) => !KEYS.has(key));
  if (odd) throw new Malformed(`The function's reply has a key '${odd}'; API Gateway accepts ${[...KEYS].join(", ")}`);
  const { body = "", isBase64Encoded = false, ...head } = reply as Head & { body?: unknown; isBase64Encoded?: boolean };
  if (body !== null && typeof body !== "string")
    throw new Malformed(`The body of the function's reply is a ${typeof body}`);
  const statusCode = statusOf(head);
  const headers = replyHeaders(head);
  // API Gateway decodes only for clients that ask for one of its binary types first; others get the base64 text.
  const decodes = isBase64Encoded && isBinary(binaryMediaTypes, request.headers.accept?.split(",", 1)[0]);
  const bytes = Buffer.from(body ?? "", decodes ? "base64" : "utf8");
  if (!hasHeader(headers, "content-type")) headers["content-type"] = "application/json";
  if (bytes.length > 0 || BODY_ALLOWED(statusCode)) headers["content-length"] = bytes.length;
  response.writeHead(statusCode, headers);
  response.end(bytes);
}

/** Sends the first part of a streamed reply at once, so that the client sees it before the first byte of the body. */
export function sendHead(response: ServerResponse, head: Head) {
  response.writeHead(statusOf(head), replyHeaders(head));
  response.flushHeaders();
}

function statusOf({ statusCode }: Head): number {
  const status = Number(statusCode);
  if (!Number.isInteger(status) || status < 200 || status > 599)
    throw new Malformed(`The function's reply has the status '${statusCode}'`);
  return status;
}

/** Names that are in both are sent with the values of both. */
function replyHeaders({ headers, multiValueHeaders }: Head): OutgoingHttpHeaders {
  const result: OutgoingHttpHeaders = {};
  for (const [name, value] of Object.entries(headers ?? {})) result[name.toLowerCase()] = String(value);
  for (const [name, values] of Object.entries(multiValueHeaders ?? {})) {
    const single = result[name.toLowerCase()];
    const all = values.map(String);
    result[name.toLowerCase()] = single === undefined || all.includes(String(single)) ? all : [String(single), ...all];
  }
  // These are the connection's own, and a wrong one would break it.
  for (const name of ["content-length", "transfer-encoding", "connection"]) delete result[name];
  return result;
}

const hasHeader = (headers: OutgoingHttpHeaders, name: string) => headers[name] !== undefined;
const BODY_ALLOWED = (status: number) => status !== 204 && status !== 304;
