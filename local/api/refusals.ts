import type { ServerResponse } from "node:http";
import type { Parts } from "../resources.ts";

/** What API Gateway answers by itself, with its own status and words unless the template says otherwise. */
const DEFAULTS = {
  MISSING_AUTHENTICATION_TOKEN: { statusCode: 403, message: "Missing Authentication Token" },
  BAD_REQUEST: { statusCode: 400, message: "Bad Request" },
  REQUEST_TOO_LARGE: { statusCode: 413, message: "Request Too Long" },
  INTEGRATION_TIMEOUT: { statusCode: 504, message: "Endpoint request timed out" },
  /** Of a function that threw, or whose reply is malformed. */
  INTEGRATION_FAILURE: { statusCode: 502, message: "Internal server error" },
} as const;

export type Refusal = keyof typeof DEFAULTS;
/** Answers with a gateway response. Quiet when an answer has begun. */
export type Refuse = (response: ServerResponse, refusal: Refusal, headers?: Record<string, string>) => void;

export function makeRefuse(parts: Parts): Refuse {
  const given = new Map(
    parts
      .of("AWS::ApiGateway::GatewayResponse")
      .map(({ properties }) => [properties.ResponseType as string, properties as Customized]),
  );
  return (response, refusal, headers = {}) => {
    if (response.headersSent) return;
    const { statusCode, message } = DEFAULTS[refusal];
    const custom = given.get(refusal) ?? given.get(statusCode < 500 ? "DEFAULT_4XX" : "DEFAULT_5XX");
    const template = custom?.ResponseTemplates?.["application/json"] ?? '{"message":$context.error.messageString}';
    const body = template
      .replaceAll("$context.error.messageString", JSON.stringify(message))
      .replaceAll("$context.error.message", message);
    response.writeHead(Number(custom?.StatusCode ?? statusCode), {
      "content-type": "application/json",
      "content-length": Buffer.byteLength(body),
      "x-amzn-errortype": refusal,
      ...headers,
    });
    response.end(body);
  };
}

interface Customized {
  StatusCode?: string;
  ResponseTemplates?: Record<string, string>;
}
