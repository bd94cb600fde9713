import { randomUUID } from "node:crypto";
import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import * as z from "zod";
import { type Access, type Authority, accessKeyOf, type Caller } from "./authority.ts";

/** What a service refuses, in its own words: the code is the SDK's error name. */
export class AwsError extends Error {
  readonly code: string;
  readonly status: number;

  constructor(code: string, message: string, status = 400) {
    super(message);
    this.name = code;
    this.code = code;
    this.status = status;
  }
}

/** `gone` aborts when the client has left or been answered. */
export interface Call {
  gone: AbortSignal;
}
export type Operation = (input: unknown, call: Call) => unknown;

/** What an operation needs to be allowed. It sees its input before any schema did: strangers learn nothing from validation. */
export type AccessOf = (input: Readonly<Record<string, unknown>>) => readonly Access[];

/** An operation that sees its input only after the schema did. Throws what `awsJson` answers with SerializationException or the service's own word. */
export const operation =
  <S extends z.ZodType>(schema: S, run: (input: z.output<S>, call: Call) => unknown): Operation =>
  (input, call) =>
    run(schema.parse(input), call);

/**
 * The AWS JSON protocol: `X-Amz-Target: <target>.<operation>`, a JSON body, a JSON reply.
 *
 * Requests must carry an Authorization header, as AWS clients send it. Its access key says who calls, and that decides what
 * is allowed; the signature is not verified, since this is for one machine. The header's presence also keeps web pages
 * out, for a browser asks for leave before sending it and gets none.
 */
export function awsJson<Name extends string>(service: {
  version: "1.0" | "1.1";
  target: string;
  operations: Record<Name, Operation>;
  authority: Authority;
  access: Record<Name, AccessOf>;
  /** The status of a caller who is unknown or not allowed; 400 in most services. */
  refusedStatus?: number;
  /** The error code for a value out of its bounds; wrong types are always SerializationException. */
  invalid: string;
  maxBodyBytes?: number;
  /** Extra headers of an error reply. */
  errorHeaders?: (error: AwsError) => Record<string, string>;
}): RequestListener {
  const reply = (response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}) => {
    response.writeHead(status, {
      "content-type": `application/x-amz-json-${service.version}`,
      "x-amzn-requestid": randomUUID(),
      ...headers,
    });
    response.end(JSON.stringify(body ?? {}));
  };
  return async (request, response) => {
    const gone = new AbortController();
    response.once("close", () => gone.abort());
    try {
      const name = nameOf(request, service.target, service.operations);
      const caller = callerOf(request, service.authority, service.refusedStatus);
      const input = await json(request, service.maxBodyBytes ?? 2 * 1024 * 1024);
      for (const access of service.access[name](fields(input))) demand(caller, access, service.refusedStatus);
      reply(response, 200, await service.operations[name](input, { gone: gone.signal }));
    } catch (thrown) {
      if (gone.signal.aborted) return;
      const error = asAwsError(thrown, service.invalid);
      if (error.status >= 500)
        console.error(`${service.target}: ${thrown instanceof Error ? thrown.stack : String(thrown)}`);
      reply(response, error.status, { __type: error.code, message: error.message }, service.errorHeaders?.(error));
    }
  };
}

function nameOf<Name extends string>(
  request: IncomingMessage,
  target: string,
  operations: Record<Name, Operation>,
): Name {
  const [service, name = ""] = String(request.headers["x-amz-target"]).split(".");
  if (request.method !== "POST" || service !== target || !Object.hasOwn(operations, name))
    throw new AwsError("UnknownOperationException", `There is no operation ${request.headers["x-amz-target"]} here.`);
  return name as Name;
}

/** Who sends a request. Throws MissingAuthenticationTokenException or UnrecognizedClientException. */
export function callerOf({ headers }: IncomingMessage, authority: Authority, refusedStatus?: number): Caller {
  const accessKeyId = accessKeyOf(headers.authorization);
  if (!accessKeyId)
    throw new AwsError("MissingAuthenticationTokenException", "Missing Authentication Token", refusedStatus);
  const caller = authority.caller(accessKeyId);
  if (caller) return caller;
  const message = "The security token included in the request is invalid.";
  throw new AwsError("UnrecognizedClientException", message, refusedStatus);
}

/** Throws AccessDeniedException. */
export function demand(caller: Caller, access: Access, refusedStatus?: number): void {
  const refusal = caller.refusal(access);
  if (refusal) throw new AwsError("AccessDeniedException", refusal, refusedStatus);
}

const fields = (input: unknown) =>
  input !== null && typeof input === "object" ? (input as Record<string, unknown>) : {};

async function json(request: IncomingMessage, maxBytes: number): Promise<unknown> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    bytes += (chunk as Buffer).length;
    if (bytes > maxBytes)
      throw new AwsError("RequestEntityTooLargeException", `The request is over ${maxBytes} bytes.`, 413);
    chunks.push(chunk as Buffer);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString("utf8") || "{}");
  } catch (error) {
    throw new AwsError("SerializationException", `The body is not JSON: ${(error as Error).message}`);
  }
}

function asAwsError(thrown: unknown, invalid: string): AwsError {
  if (thrown instanceof AwsError) return thrown;
  if (!(thrown instanceof z.ZodError))
    return new AwsError("InternalFailure", thrown instanceof Error ? thrown.message : String(thrown), 500);
  const { issues } = thrown;
  const told = issues.map(
    (issue) => `Value at '${issue.path.join(".")}' failed to satisfy constraint: ${issue.message}`,
  );
  const message = `${issues.length} validation error${issues.length === 1 ? "" : "s"} detected: ${told.join("; ")}`;
  // A field that is absent is a value out of bounds to AWS, although zod calls it a wrong type.
  const typed = issues.some((issue) => issue.code === "invalid_type" && !issue.message.includes("received undefined"));
  return new AwsError(typed ? "SerializationException" : invalid, message);
}
