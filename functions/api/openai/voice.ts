import type { Code } from "../../../shared/errors.ts";
import type { Voice } from "../serve.ts";

/** OpenAI's status for each meaning. A conflict is 400 and not 409, because OpenAI's clients retry a 409. */
const statuses = {
  invalid: 400,
  missing: 404,
  conflict: 400,
  unauthenticated: 401,
  forbidden: 403,
  too_large: 413,
  unsupported: 415,
  unavailable: 503,
} as const satisfies Record<Code, number>;

const codes = {
  invalid: null,
  missing: "not_found",
  conflict: "invalid_state",
  unauthenticated: "invalid_api_key",
  forbidden: "insufficient_permissions",
  too_large: "request_too_large",
  unsupported: "unsupported_content_type",
  unavailable: "service_unavailable",
} as const satisfies Record<Code, string | null>;

/** OpenAI's error: `{error: {message, type, param, code}}`, all four always there. */
export const voice: Voice = (error) => {
  if (!error) {
    const message = "Something went wrong on our side. It was logged; trying again may help.";
    return { status: 500, body: { error: { message, type: "server_error", param: null, code: null } } };
  }
  const { message, param, code } = error;
  const type = code === "unavailable" ? "server_error" : "invalid_request_error";
  return { status: statuses[code], body: { error: { message, type, param, code: codes[code] } } };
};
