import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { pipeline } from "node:stream/promises";
import { type Functions, PAYLOAD_BYTES } from "../lambda/functions.ts";
import { FunctionError } from "../lambda/protocol.ts";
import type { Log } from "../log.ts";
import type { Parts } from "../resources.ts";
import { hangUp, isTooLarge, readBody, TooLarge, Truncated } from "./body.ts";
import { type ApiSetup, proxyEvent } from "./proxy-event.ts";
import { makeRefuse } from "./refusals.ts";
import { Malformed, sendHead, sendReply } from "./reply.ts";
import { makeMatch, type Route, readRoutes } from "./routes.ts";

export interface Gateway {
  readonly url: string;
  /** Answers what has come, for a few seconds at most; then the connections are ended. */
  close(): Promise<void>;
}

const DRAIN_MS = 5_000;

/** The template's REST API on 127.0.0.1. Throws when the port is taken. */
export async function startGateway(options: {
  parts: Parts;
  functions: Functions;
  log: Log;
  port: number;
}): Promise<Gateway> {
  const { parts, functions, log, port } = options;
  const match = makeMatch(readRoutes(parts));
  const refuse = makeRefuse(parts);
  const api = apiOf(parts);

  async function serve(request: IncomingMessage, response: ServerResponse) {
    const [path, search = ""] = request.url!.split("?", 2) as [string, string?];
    const found = matched(request.method!, path);
    if (found === "malformed") return refuse(response, "BAD_REQUEST");
    if (isTooLarge(request)) return refuseBody(request, response);
    if (!found) {
      request.resume();
      return refuse(response, "MISSING_AUTHENTICATION_TOKEN");
    }
    const body = await readBody(request);
    const event = JSON.stringify(proxyEvent(api, request, { ...found, path, search }, body));
    if (event.length > PAYLOAD_BYTES / 3 && Buffer.byteLength(event) > PAYLOAD_BYTES)
      return refuse(response, "REQUEST_TOO_LARGE");
    await (found.route.streams ? stream : buffered)(request, response, found.route, event);
  }

  const matched = (method: string, path: string) => {
    try {
      return match(method, path);
    } catch (error) {
      if (error instanceof URIError) return "malformed";
      throw error;
    }
  };

  async function buffered(request: IncomingMessage, response: ServerResponse, route: Route, event: string) {
    sendReply(request, response, await functions.invokeRaw(route.functionArn, event), api.binaryMediaTypes);
  }

  async function stream(_request: IncomingMessage, response: ServerResponse, route: Route, event: string) {
    const { head, body } = await functions.stream(route.functionArn, event);
    try {
      sendHead(response, head);
    } catch (error) {
      body.destroy();
      throw error;
    }
    // A client that leaves destroys the body, and that cancels the function.
    await pipeline(body, response);
  }

  function refuseBody(request: IncomingMessage, response: ServerResponse) {
    hangUp(request);
    refuse(response, "REQUEST_TOO_LARGE", { connection: "close" });
  }

  function fail(request: IncomingMessage, response: ServerResponse, error: unknown) {
    if (error instanceof Truncated) return response.destroy();
    if (error instanceof TooLarge) return refuseBody(request, response);
    if (response.destroyed) return log.write("gateway", `${request.method} ${request.url}: the client left`);
    log.error("gateway", `${request.method} ${request.url}: ${explain(error)}`);
    if (response.headersSent) return response.destroy();
    const timedOut = error instanceof FunctionError && error.failure.errorType === "Sandbox.Timedout";
    refuse(response, timedOut ? "INTEGRATION_TIMEOUT" : "INTEGRATION_FAILURE");
  }

  const answer = (request: IncomingMessage, response: ServerResponse) => {
    serve(request, response).catch((error) => fail(request, response, error));
  };
  const server = createServer({ keepAliveTimeout: 65_000, requestTimeout: 0 }, answer);
  // A client that asks first is told before it sends a body that nobody wants.
  server.on("checkContinue", (request, response) => {
    if (!isTooLarge(request)) response.writeContinue();
    answer(request, response);
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeIdleConnections();
      const timer = setTimeout(() => server.closeAllConnections(), DRAIN_MS);
      await closed;
      clearTimeout(timer);
    },
  };
}

function apiOf(parts: Parts): ApiSetup {
  const [api, ...more] = parts.of("AWS::ApiGateway::RestApi");
  if (!api || more.length > 0)
    throw new Error(`The laptop runs one REST API; the template has ${more.length + (api ? 1 : 0)}`);
  return { apiId: api.ref, stage: "prod", binaryMediaTypes: (api.properties.BinaryMediaTypes as string[]) ?? [] };
}

function explain(error: unknown): string {
  if (error instanceof FunctionError) return `${error.name}: ${error.message}\n${error.failure.trace.join("\n")}`;
  if (error instanceof Malformed) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
