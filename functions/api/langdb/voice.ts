import { STATUS_CODES } from "node:http";
import type { Code } from "../../../shared/errors.ts";
import type { Voice } from "../serve.ts";

const statuses = {
  invalid: 400,
  missing: 404,
  conflict: 409,
  unauthenticated: 401,
  forbidden: 403,
  too_large: 413,
  unsupported: 415,
  unavailable: 503,
} as const satisfies Record<Code, number>;

/** LangDB's error: `{error, message}`, the first being the name of the status. */
export const voice: Voice = (error) => {
  const status = error ? statuses[error.code] : 500;
  return { status, body: { error: STATUS_CODES[status], message: messageOf(error) } };
};

const messageOf: (error: Parameters<Voice>[0]) => string = (error) => {
  if (!error) return "Something went wrong on our side. It was logged; trying again may help.";
  return error.code === "unauthenticated" ? "Invalid or missing API key" : error.message;
};
