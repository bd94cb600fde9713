import middy from "@middy/core";
import { executionModeStreamifyResponse } from "@middy/core/StreamifyResponse";
import httpRouter from "@middy/http-router";
import type { APIGatewayProxyEvent, APIGatewayProxyResult } from "aws-lambda";
import type * as z from "zod";
import type { Caller } from "../../shared/caller.ts";
import { DomainError } from "../../shared/errors.ts";
import { requireScope } from "../../shared/keys.ts";
import { describe } from "../messages.ts";
import { apiKey, header, jsonBody, parse, pathVariables } from "./request.ts";
import type { Operations, Route } from "./route.ts";

/** What the handler of a route gets: everything parsed and checked. */
export interface Request<R extends Route> {
  caller: Caller;
  params: { id: string; child: string };
  query: R["query"] extends z.ZodType ? z.output<R["query"]> : Record<string, never>;
  body: R["body"] extends z.ZodType ? z.output<R["body"]> : undefined;
  idempotencyKey: string | undefined;
  /** As API Gateway sent it, for those that read the bytes themselves. */
  event: APIGatewayProxyEvent;
}

/** A string body is sent as it is; anything else as JSON. A stream only from routes that are declared to stream. */
export interface Reply {
  status?: number;
  headers?: Record<string, string | undefined>;
  body?: unknown;
  base64?: boolean;
}

export type Handlers<Routes extends readonly Route[]> = {
  [Name in Operations<Routes>]: (request: Request<Extract<Routes[number], { operation: Name }>>) => Promise<Reply>;
};

/** How a dialect says that something is wrong. `null` stands for a defect of ours, whose details are only logged. */
export type Voice = (error: DomainError | null) => { status: number; body: unknown };

export interface Dialect<Routes extends readonly Route[]> {
  routes: Routes;
  handlers: Handlers<Routes>;
  voice: Voice;
  authenticate(key: string | undefined): Promise<Caller>;
}

/** The Lambda handler of a dialect's routes: key, scope, body and query are checked before a handler sees them. */
export const serve = <const Routes extends readonly Route[]>(dialect: Dialect<Routes>) =>
  middy<APIGatewayProxyEvent, APIGatewayProxyResult>().handler(router(dialect));

/** The same through a response stream. */
export const serveStreams = <const Routes extends readonly Route[]>(dialect: Dialect<Routes>) =>
  middy<APIGatewayProxyEvent, APIGatewayProxyResult>({ executionMode: executionModeStreamifyResponse }).handler(
    router(dialect),
  );

function router<const Routes extends readonly Route[]>(dialect: Dialect<Routes>) {
  const routes = dialect.routes.map((route) => ({
    method: route.method,
    path: route.path,
    handler: (event: APIGatewayProxyEvent) => answer(dialect, route, event),
  }));
  const unknown = async () =>
    send(
      dialect.voice(new DomainError("missing", "There is no such route. The README lists every route and its method.")),
    );
  return httpRouter({ routes, notFoundResponse: unknown as never });
}

async function answer<Routes extends readonly Route[]>(
  dialect: Dialect<Routes>,
  route: Routes[number],
  event: APIGatewayProxyEvent,
) {
  try {
    const caller = await dialect.authenticate(apiKey(event));
    requireScope(caller, route.scope);
    const handle = dialect.handlers[route.operation as Operations<Routes>] as (request: unknown) => Promise<Reply>;
    const reply = await handle({
      caller,
      params: pathVariables(event),
      query: route.query ? parse(route.query, event.queryStringParameters ?? {}) : {},
      body: route.body ? parse(route.body, jsonBody(event)) : undefined,
      idempotencyKey: header(event, "idempotency-key"),
      event,
    });
    return send({ status: route.status ?? 200, ...reply });
  } catch (error) {
    if (error instanceof DomainError) return send(dialect.voice(error));
    console.error(JSON.stringify({ level: "ERROR", route: `${route.method} ${route.path}`, ...describe(error) }));
    return send(dialect.voice(null));
  }
}

function send({ status = 200, headers, body, base64 }: Reply): APIGatewayProxyResult {
  const raw = typeof body === "string" || isStream(body);
  return {
    statusCode: status,
    headers: { "content-type": "application/json", ...headers } as Record<string, string>,
    // Streams are passed on as they are; the type of the buffered reply knows only strings.
    body: (raw ? body : JSON.stringify(body ?? {})) as string,
    ...(base64 && { isBase64Encoded: true }),
  };
}

const isStream = (body: unknown) =>
  body instanceof ReadableStream || (typeof body === "object" && body !== null && "_readableState" in body);
