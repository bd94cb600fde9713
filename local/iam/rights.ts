import type { Access } from "../emulators/authority.ts";
import type { Statement } from "./statement.ts";

export type Decision = "allowed" | "not allowed" | "denied";

/** What the statements of a role come to: a Deny that fits wins, then an Allow that fits; otherwise no. */
export function makeRights(statements: readonly Statement[]): (access: Access) => Decision {
  // A role uses few actions, and each again and again.
  const byAction = new Map<string, readonly Statement[]>();
  const about = (action: string) => {
    const known = byAction.get(action) ?? statements.filter((statement) => statement.action(action));
    byAction.set(action, known);
    return known;
  };
  return ({ action, resource, context }) => {
    const fitting = about(action).filter((each) => each.resource(resource) && each.condition(context));
    if (fitting.some(({ effect }) => effect === "Deny")) return "denied";
    return fitting.length > 0 ? "allowed" : "not allowed";
  };
}
