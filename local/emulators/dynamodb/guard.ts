import type { IncomingMessage, ServerResponse } from "node:http";
import type { Authority } from "../authority.ts";
import { AwsError, callerOf, demand } from "../aws-json.ts";
import { dynamodbAccess } from "./access.ts";

/**
 * Stands before dynalite, which knows no callers: a request that is not allowed never reaches it. It reads what dynalite
 * reads while that collects the body, and answers in its place. Must be called before dynalite sees the request.
 */
export function guard(request: IncomingMessage, response: ServerResponse, authority: Authority, region: string): void {
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => void chunks.push(chunk));
  const on = request.on.bind(request);
  request.on = ((event: string, listener: (...args: unknown[]) => void) =>
    on(event, event === "end" ? () => checked(listener) : listener)) as typeof request.on;

  const checked = (pass: () => void) => {
    try {
      check(request, Buffer.concat(chunks).toString("utf8"), authority, region);
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      response.writeHead(error.status, { "content-type": "application/x-amz-json-1.0" });
      const body = { __type: `com.amazon.coral.service#${error.code}`, message: error.message };
      return void response.end(JSON.stringify(body));
    }
    pass();
  };
}

/** Throws AwsError. What is no operation at all is left for dynalite to refuse. */
function check(request: IncomingMessage, body: string, authority: Authority, region: string): void {
  const [service, operation] = String(request.headers["x-amz-target"]).split(".");
  if (!service?.startsWith("DynamoDB_") || !operation) return;
  const caller = callerOf(request, authority);
  for (const access of dynamodbAccess(operation, read(body), region)) demand(caller, access);
}

function read(body: string): Record<string, unknown> {
  try {
    const input: unknown = JSON.parse(body || "{}");
    return input !== null && typeof input === "object" ? (input as Record<string, unknown>) : {};
  } catch (error) {
    throw new AwsError("SerializationException", `The body is not JSON: ${(error as Error).message}`);
  }
}
