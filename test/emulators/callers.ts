import { makeAuthority } from "../../local/iam/authority.ts";
import { readPolicy } from "../../local/iam/statement.ts";

const operator = { accessKeyId: "AKIAOPERATOR", secretAccessKey: "operator's" };
const role = "arn:aws:iam::000000000000:role/limited";

/** An authority that knows two callers: the operator, and a function whose role has these rights. */
export function callers(...rights: { Action: string; Resource: string; Condition?: object }[]) {
  const authority = makeAuthority({ operator, refused: () => {} });
  const document = { Version: "2012-10-17", Statement: rights.map((right) => ({ Effect: "Allow", ...right })) };
  const services = new Set(["lambda.amazonaws.com"]);
  authority.know([{ arn: role, name: "limited", statements: readPolicy("Limited", document), services }]);
  const limited = authority.assume(role, "function", "lambda.amazonaws.com")!;
  const stranger = { accessKeyId: "AKIASTRANGER", secretAccessKey: "guessed" };
  return { authority, operator, limited, stranger };
}

/** How AWS says no to the caller of limited rights. */
export const refused = (action: string, resource: string) =>
  `User: arn:aws:sts::000000000000:assumed-role/limited/function is not authorized to perform: ${action} on resource: ${resource} because no identity-based policy allows the ${action} action`;
