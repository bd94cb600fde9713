/**
 * What can go wrong, in the domain's words. Each code has one meaning; a dialect maps it to a status and a body once.
 *
 * - `invalid`: a value in the request is wrong; `param` names it and the message says what would be right
 * - `missing`: there is no such thing in the caller's organization
 * - `conflict`: it exists, but its state forbids the call
 * - `unauthenticated` / `forbidden`: no key or a wrong one / a key without the scope
 * - `too_large` / `unsupported`: the body is over the limit / of a type nobody reads
 * - `unavailable`: a provider or a part of ours cannot do it now; trying again may help
 */
export type Code =
  | "invalid"
  | "missing"
  | "conflict"
  | "unauthenticated"
  | "forbidden"
  | "too_large"
  | "unsupported"
  | "unavailable";

/** An error a person can act on. Anything else that is thrown is a defect of ours. */
export class DomainError extends Error {
  readonly code: Code;
  /** The field of the request that is to blame, in the domain's words, or null. */
  readonly param: string | null;

  constructor(code: Code, message: string, param: string | null = null) {
    super(message);
    // Workflows match errors by their name.
    this.name = `DomainError.${code}`;
    this.code = code;
    this.param = param;
  }
}

export const invalid = (param: string, message: string) => new DomainError("invalid", message, param);
export const missing = (what: string, id: string, param: string | null = null) =>
  new DomainError("missing", `There is no ${what} '${id}' in this organization.`, param);
export const conflict = (message: string, param: string | null = null) => new DomainError("conflict", message, param);
export const unavailable = (message: string) => new DomainError("unavailable", message);
