import { randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { ACCOUNT } from "../template.ts";
import type { Route } from "./routes.ts";

/** What there is to say about the API itself. */
export interface ApiSetup {
  readonly apiId: string;
  readonly stage: string;
  readonly binaryMediaTypes: readonly string[];
}

/**
 * The event of a REST API's Lambda proxy integration, version 1.0, as API Gateway makes it behind a custom domain: the
 * stage is not part of the path.
 */
export function proxyEvent(api: ApiSetup, request: IncomingMessage, found: Found, body: Buffer) {
  const { route, path, search, pathParameters } = found;
  const headers = headersOf(request);
  const query = listed(search);
  const isBase64Encoded = body.length > 0 && isBinary(api.binaryMediaTypes, request.headers["content-type"]);
  const now = new Date();
  return {
    resource: route.resource,
    path,
    httpMethod: request.method!,
    headers: headers.last,
    multiValueHeaders: headers.all,
    queryStringParameters: query?.last ?? null,
    multiValueQueryStringParameters: query?.all ?? null,
    pathParameters,
    stageVariables: null,
    requestContext: {
      accountId: ACCOUNT,
      apiId: api.apiId,
      resourceId: route.resourceId,
      resourcePath: route.resource,
      httpMethod: request.method!,
      path,
      stage: api.stage,
      protocol: `HTTP/${request.httpVersion}`,
      domainName: request.headers.host ?? "localhost",
      requestId: randomUUID(),
      requestTime: now.toISOString(),
      requestTimeEpoch: now.getTime(),
      identity: {
        sourceIp: request.socket.remoteAddress ?? "127.0.0.1",
        userAgent: request.headers["user-agent"] ?? null,
      },
      authorizer: null,
    },
    body: body.length === 0 ? null : body.toString(isBase64Encoded ? "base64" : "utf8"),
    isBase64Encoded,
  };
}

export interface Found {
  readonly route: Route;
  readonly path: string;
  /** Without the question mark. */
  readonly search: string;
  readonly pathParameters: Record<string, string> | null;
}

/** Whether a media type is one of the API's binary ones; parameters such as the boundary do not count. */
export function isBinary(binaryMediaTypes: readonly string[], contentType: string | undefined): boolean {
  const type = (contentType ?? "").split(";", 1)[0]!.trim().toLowerCase();
  return binaryMediaTypes.some(
    (each) => each === type || each === "*/*" || (each.endsWith("/*") && type.startsWith(each.slice(0, -1))),
  );
}

interface Listed {
  /** API Gateway keeps the last of several values. */
  readonly last: Record<string, string>;
  readonly all: Record<string, string[]>;
}

function headersOf(request: IncomingMessage): Listed {
  const { rawHeaders, socket } = request;
  const found: [string, string][] = [];
  for (let i = 0; i < rawHeaders.length; i += 2) {
    // API Gateway says these itself; a client's own would let it choose its address.
    if (!/^x-forwarded-/i.test(rawHeaders[i]!)) found.push([rawHeaders[i]!, rawHeaders[i + 1]!]);
  }
  found.push(["X-Forwarded-For", socket.remoteAddress ?? "127.0.0.1"]);
  found.push(["X-Forwarded-Port", String(socket.localPort)]);
  found.push(["X-Forwarded-Proto", "http"]);
  return group(found);
}

const listed = (search: string): Listed | null => (search === "" ? null : group([...new URLSearchParams(search)]));

function group(pairs: readonly [string, string][]): Listed {
  const last: Record<string, string> = {};
  const all: Record<string, string[]> = {};
  for (const [name, value] of pairs) {
    // `__proto__` is a legal name of a query parameter, and must not be more than that.
    if (name === "__proto__") continue;
    last[name] = value;
    if (Object.hasOwn(all, name)) all[name]!.push(value);
    else all[name] = [value];
  }
  return { last, all };
}
