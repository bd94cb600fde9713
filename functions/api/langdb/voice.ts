import { STATUS_CODES } from "node:http";
import type { Voice } from "../serve.ts";
import { OUR_FAULT, statuses } from "../statuses.ts";

/** LangDB's error: `{error, message}`, the first being the name of the status. */
export const voice: Voice = (error) => {
  const status = error ? statuses[error.code] : 500;
  return { status, body: { error: STATUS_CODES[status], message: messageOf(error) } };
};

const messageOf: (error: Parameters<Voice>[0]) => string = (error) => {
  if (!error) return OUR_FAULT;
  return error.code === "unauthenticated" ? "Invalid or missing API key" : error.message;
};
