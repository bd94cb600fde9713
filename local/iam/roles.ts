import type { Part, Parts } from "../resources.ts";
import { readPolicy, type Statement } from "./statement.ts";

/** A role of the template. */
export interface Role {
  readonly arn: string;
  readonly name: string;
  readonly statements: readonly Statement[];
  /** The services that may act in its name. */
  readonly services: ReadonlySet<string>;
}

/** AWS's own policies that the CDK attaches. None is about a service that runs here, so none allows anything here. */
const WITHOUT_EFFECT = [
  "service-role/AWSLambdaBasicExecutionRole",
  "service-role/AmazonAPIGatewayPushToCloudWatchLogs",
].map((name) => `arn:aws:iam::aws:policy/${name}`);

/** The template's roles with the policies that are theirs. Throws, with its name, for whatever would not be enforced. */
export function readRoles(parts: Parts): Role[] {
  const attached = Map.groupBy(
    parts.of("AWS::IAM::Policy").flatMap((policy) => rolesOf(policy).map((role) => ({ role, policy }))),
    ({ role }) => role,
  );
  return parts.of("AWS::IAM::Role").map((role) => {
    const { Policies = [], ManagedPolicyArns = [], PermissionsBoundary } = role.properties as RawRole;
    const unknown = ManagedPolicyArns.find((arn) => !WITHOUT_EFFECT.includes(arn));
    if (unknown || PermissionsBoundary)
      throw new Error(
        `The role ${role.logicalId} has ${unknown ?? "a permissions boundary"}; the laptop enforces its own policies only`,
      );
    const own = Policies.flatMap((each) => readPolicy(`${each.PolicyName} of ${role.logicalId}`, each.PolicyDocument));
    const others = (attached.get(role.ref) ?? []).flatMap(({ policy }) =>
      readPolicy(policy.logicalId, policy.properties.PolicyDocument),
    );
    return { arn: role.arn, name: role.name, statements: [...own, ...others], services: servicesOf(role) };
  });
}

function rolesOf({ logicalId, properties }: Part): string[] {
  const { Roles = [], Users, Groups } = properties as { Roles?: string[]; Users?: unknown; Groups?: unknown };
  if (Users || Groups) throw new Error(`The policy ${logicalId} is for users or groups; the laptop has roles only`);
  return Roles;
}

/** Conditions on who may assume a role are about other accounts and are left out: there is one account here. */
function servicesOf({ properties }: Part): ReadonlySet<string> {
  const { AssumeRolePolicyDocument: trust } = properties as RawRole;
  return new Set(
    (trust?.Statement ?? [])
      .filter(({ Effect, Action }) => Effect === "Allow" && [Action].flat().includes("sts:AssumeRole"))
      .flatMap(({ Principal }) => Principal?.Service ?? []),
  );
}

interface RawRole {
  Policies?: { PolicyName: string; PolicyDocument: unknown }[];
  ManagedPolicyArns?: string[];
  PermissionsBoundary?: unknown;
  AssumeRolePolicyDocument?: {
    Statement: { Effect: string; Action: string | string[]; Principal?: { Service?: string | string[] } }[];
  };
}
