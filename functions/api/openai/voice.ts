import type { Code } from "../../../shared/errors.ts";
import type { Voice } from "../serve.ts";
import { OUR_FAULT, statuses } from "../statuses.ts";

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
    return { status: 500, body: { error: { message: OUR_FAULT, type: "server_error", param: null, code: null } } };
  }
  const { message, param, code } = error;
  const type = code === "unavailable" ? "server_error" : "invalid_request_error";
  // 400 and not 409, because OpenAI's clients retry a 409.
  const status = code === "conflict" ? 400 : statuses[code];
  return { status, body: { error: { message, type, param, code: codes[code] } } };
};
