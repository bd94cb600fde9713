import { createHmac } from "node:crypto";
import type { Access, Authority, Caller } from "../emulators/authority.ts";
import type { Identity } from "../endpoints.ts";
import { ACCOUNT } from "../template.ts";
import { makeRights } from "./rights.ts";
import type { Role } from "./roles.ts";

export interface LaptopAuthority extends Authority {
  /** The laptop itself: whoever provisions, polls queues and serves models. */
  readonly operator: Identity;
  /** The template's roles. Call once, before anyone assumes one. */
  know(roles: readonly Role[]): void;
  /**
   * The access key of a session of this role, the same at every start of a laptop, so that what was presigned stays good.
   * Null when there is no such role, or when it is not for this service.
   */
  assume(roleArn: string, session: string, service: Service): Identity | null;
  /** For state machines, which have no access key. Throws AccessDeniedException when the role does not allow it. */
  demand(roleArn: string, session: string, access: Access): void;
}
export type Service = "lambda.amazonaws.com" | "sagemaker.amazonaws.com";

/**
 * Who may do what on this laptop: the operator everything, a function or a trainer what its role in the template allows.
 * `refused` hears each refusal in AWS's words.
 */
export function makeAuthority(options: { operator: Identity; refused: (message: string) => void }): LaptopAuthority {
  const { operator, refused } = options;
  const callers = new Map<string, Caller>([[operator.accessKeyId, { ...operator, refusal: () => null }]]);
  const roles = new Map<string, { role: Role; rights: ReturnType<typeof makeRights> }>();

  const derive = (purpose: string) => createHmac("sha256", operator.secretAccessKey).update(purpose).digest();

  const refusalOf = (roleArn: string, session: string, access: Access): string | null => {
    const known = roles.get(roleArn);
    const decision = known?.rights(access) ?? "not allowed";
    if (decision === "allowed") return null;
    const user = `arn:aws:sts::${ACCOUNT}:assumed-role/${known?.role.name ?? roleArn}/${session}`;
    const message = `User: ${user} is not authorized to perform: ${access.action} on resource: ${access.resource} ${because[decision](access.action)}`;
    refused(message);
    return message;
  };

  return {
    operator,
    caller: (accessKeyId) => callers.get(accessKeyId) ?? null,
    know(all) {
      for (const role of all) roles.set(role.arn, { role, rights: makeRights(role.statements) });
    },
    assume(roleArn, session, service) {
      if (!roles.get(roleArn)?.role.services.has(service)) return null;
      const identity: Identity = {
        accessKeyId: `AKIA${derive(`key ${roleArn} ${session}`).toString("hex").slice(0, 16).toUpperCase()}`,
        secretAccessKey: derive(`secret ${roleArn} ${session}`).toString("base64url"),
      };
      const refusal = (access: Access) => refusalOf(roleArn, session, access);
      callers.set(identity.accessKeyId, { ...identity, refusal });
      return identity;
    },
    demand(roleArn, session, access) {
      const refusal = refusalOf(roleArn, session, access);
      if (refusal) throw Object.assign(new Error(refusal), { name: "AccessDeniedException" });
    },
  };
}

const because = {
  "not allowed": (action: string) => `because no identity-based policy allows the ${action} action`,
  denied: () => "with an explicit deny in an identity-based policy",
} as const;
