import type { Authority, Caller } from "../authority.ts";
import { S3Error } from "./error.ts";
import { readCredential, verify } from "./signature.ts";

export interface PostPolicy {
  /** Who signed it: the form is theirs, whoever sends it. */
  caller: Caller;
  leastBytes: number;
  mostBytes: number;
}
type Condition = Record<string, string> | [string, string | number, string | number];

/** These need no condition in the policy; every other field of the form does. */
const FREE = /^(policy|file|x-amz-signature|awsaccesskeyid|x-ignore-.*)$/;

/**
 * Checks the fields of a browser's POST against the policy among them, as S3 does. Field names are in lower case.
 * Throws AccessDenied (expired, or a condition failed), SignatureDoesNotMatch, InvalidPolicyDocument or InvalidArgument.
 */
export function checkPolicy(fields: Map<string, string>, bucket: string, authority: Authority): PostPolicy {
  const need = (name: string) => {
    const value = fields.get(name);
    if (value === undefined) throw new S3Error("InvalidArgument", `Bucket POST must contain a field named '${name}'.`);
    return value;
  };
  if (!fields.has("policy")) throw new S3Error("AccessDenied", "Access Denied");
  const policy = need("policy");
  const signed = { ...readCredential(need("x-amz-credential")), signature: need("x-amz-signature") };
  const caller = verify(policy, signed, authority);
  const { expiration, conditions } = read(policy);
  if (!(Date.parse(expiration) > Date.now()))
    throw new S3Error("AccessDenied", "Invalid according to Policy: Policy expired.");

  const bounds: PostPolicy = { caller, leastBytes: 0, mostBytes: Number.POSITIVE_INFINITY };
  const covered = new Set<string>();
  const value = (name: string) => (name === "bucket" ? bucket : fields.get(name));
  for (const condition of conditions) {
    const [operator, field, wanted] = Array.isArray(condition)
      ? condition
      : (["eq", ...Object.entries(condition)[0]!] as const);
    if (operator === "content-length-range") {
      Object.assign(bounds, { leastBytes: Number(field), mostBytes: Number(wanted) });
      continue;
    }
    const name = String(field).replace(/^\$/, "").toLowerCase();
    const matches = operators[operator]?.(value(name), String(wanted));
    if (!matches)
      throw new S3Error(
        "AccessDenied",
        `Invalid according to Policy: Policy Condition failed: ${JSON.stringify(condition)}`,
      );
    covered.add(name);
  }
  for (const name of fields.keys())
    if (!FREE.test(name) && !covered.has(name))
      throw new S3Error("AccessDenied", `Invalid according to Policy: Extra input fields: ${name}`);
  return bounds;
}

const operators: Record<string, (value: string | undefined, wanted: string) => boolean> = {
  eq: (value, wanted) => value === wanted,
  "starts-with": (value, wanted) => value?.startsWith(wanted) ?? false,
};

function read(policy: string): { expiration: string; conditions: Condition[] } {
  try {
    const document = JSON.parse(Buffer.from(policy, "base64").toString("utf8"));
    if (typeof document.expiration === "string" && Array.isArray(document.conditions)) return document;
  } catch (error) {
    throw new S3Error("InvalidPolicyDocument", `Invalid Policy: ${(error as Error).message}`);
  }
  throw new S3Error("InvalidPolicyDocument", "Invalid Policy: expiration or conditions are missing.");
}
