import * as z from "zod";

/** Rights a key can carry. A route names the one it needs. */
export const Scope = z.enum(["fine-tuning:read", "fine-tuning:write", "inference"]);
export type Scope = z.infer<typeof Scope>;

/** An organization is part of object keys, so its name is kept to what is safe in all of them. */
export const OrganizationId = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,38}[a-z0-9]$/, "2–40 characters of a–z, 0–9 and hyphens, not at either end");

/** Who calls, as the key said. Always an argument, never ambient. */
export interface Caller {
  readonly organization: string;
  readonly keyId: string;
  readonly scopes: readonly Scope[];
}
