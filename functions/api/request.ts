import type { APIGatewayProxyEvent } from "aws-lambda";
import type { ZodType } from "zod";
import { DomainError, invalid } from "../../shared/errors.ts";

/** A header by its name in any case. */
export function header(event: APIGatewayProxyEvent, name: string): string | undefined {
  const wanted = name.toLowerCase();
  return Object.entries(event.headers ?? {}).find(([key]) => key.toLowerCase() === wanted)?.[1];
}

/** The key a request carries, from either header that carries one. */
export function apiKey(event: APIGatewayProxyEvent): string | undefined {
  const bearer = /^Bearer +(.+)$/i.exec(header(event, "authorization") ?? "")?.[1];
  return bearer?.trim() ?? header(event, "x-api-key");
}

export const bodyBytes = (event: APIGatewayProxyEvent): Buffer =>
  Buffer.from(event.body ?? "", event.isBase64Encoded ? "base64" : "utf8");

/** A JSON body. Throws `unsupported` for another content type and `invalid` when it does not parse. */
export function jsonBody(event: APIGatewayProxyEvent): unknown {
  const type = header(event, "content-type") ?? "application/json";
  if (!/^application\/(?:[\w.+-]+\+)?json\b/i.test(type))
    throw new DomainError("unsupported", `The body has the content type '${type}'; send JSON as 'application/json'.`);
  const text = bodyBytes(event)
    .toString("utf8")
    .replace(/^\uFEFF/, "");
  try {
    return JSON.parse(text === "" ? "{}" : text);
  } catch (error) {
    throw new DomainError("invalid", `The body is not JSON: ${(error as SyntaxError).message}.`);
  }
}

/** Variables of the path as the client meant them. Throws `invalid` for broken percent-encoding. */
export function pathVariables(event: APIGatewayProxyEvent): { id: string; child: string } {
  const decode = (name: string) => {
    const text = event.pathParameters?.[name] ?? "";
    try {
      return decodeURIComponent(text);
    } catch {
      throw invalid(name, `'${text}' in the path is not properly percent-encoded.`);
    }
  };
  return { id: decode("id"), child: decode("child") };
}

/** The value as the schema makes it. Throws `invalid` naming the first field that does not fit. */
export function parse<T>(schema: ZodType<T>, value: unknown): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const field = issue!.path.join(".");
  throw new DomainError(
    "invalid",
    field === "" ? `The body is wrong: ${issue!.message}.` : `'${field}': ${issue!.message}.`,
    field || null,
  );
}
