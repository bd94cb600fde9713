import type { Code } from "../../shared/errors.ts";

/** HTTP's status for each meaning. A dialect whose clients expect another one says so in its voice. */
export const statuses = {
  invalid: 400,
  missing: 404,
  conflict: 409,
  unauthenticated: 401,
  forbidden: 403,
  too_large: 413,
  unsupported: 415,
  unavailable: 503,
} as const satisfies Record<Code, number>;

/** What a caller is told of a defect of ours. */
export const OUR_FAULT = "Something went wrong on our side. It was logged; trying again may help.";
