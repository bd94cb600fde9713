/** Reads CloudFormation templates: every resource of every stack, with its intrinsic functions resolved. */

export const REGION = "us-east-1";
export const ACCOUNT = "000000000000";

export interface Template {
  readonly Resources?: Record<string, RawResource>;
  readonly Outputs?: Record<string, { Value: unknown; Export?: { Name: unknown } }>;
  readonly Parameters?: Record<string, { Default?: unknown }>;
}

interface RawResource {
  readonly Type: string;
  readonly Properties?: Record<string, unknown>;
  readonly Metadata?: Record<string, unknown>;
}

export interface Stack {
  readonly name: string;
  readonly template: Template;
}

/** A resource as the template has it; its properties still hold intrinsic functions. */
export interface Resource {
  readonly stack: string;
  readonly logicalId: string;
  readonly type: string;
  readonly properties: Record<string, unknown>;
  readonly metadata: Record<string, unknown>;
}

/** What `Ref` (attribute null) and `Fn::GetAtt` give for a resource; throws for an attribute nobody knows. */
export type Attributes = (resource: Resource, attribute: string | null) => string;

export function resourcesOf(stacks: readonly Stack[]): Resource[] {
  return stacks.flatMap(({ name, template }) =>
    Object.entries(template.Resources ?? {}).map(([logicalId, raw]) => ({
      stack: name,
      logicalId,
      type: raw.Type,
      properties: raw.Properties ?? {},
      metadata: raw.Metadata ?? {},
    })),
  );
}

/** Resolves a value of a stack. Throws, with the name, for what is not there and for functions that are not known. */
export type Resolve = (stack: string, value: unknown) => unknown;

export function makeResolve(stacks: readonly Stack[], attributes: Attributes): Resolve {
  const resources = new Map(resourcesOf(stacks).map((each) => [`${each.stack}/${each.logicalId}`, each]));
  const templates = new Map(stacks.map(({ name, template }) => [name, template]));

  const attribute = (stack: string, logicalId: string, name: string | null) => {
    const resource = resources.get(`${stack}/${logicalId}`);
    if (!resource) throw new Error(`${stack} has no resource '${logicalId}'`);
    return attributes(resource, name);
  };

  const ref = (stack: string, name: string) => {
    if (name === "AWS::StackName") return stack;
    if (name === "AWS::StackId") return `arn:aws:cloudformation:${REGION}:${ACCOUNT}:stack/${stack}/laptop`;
    if (name in PSEUDO_PARAMETERS) return PSEUDO_PARAMETERS[name];
    const parameter = templates.get(stack)?.Parameters?.[name];
    return parameter ? parameter.Default : attribute(stack, name, null);
  };

  const imported = (wanted: unknown) => {
    for (const { name, template } of stacks) {
      for (const output of Object.values(template.Outputs ?? {})) {
        if (output.Export && resolve(name, output.Export.Name) === wanted) return resolve(name, output.Value);
      }
    }
    throw new Error(`No stack exports '${wanted}'`);
  };

  const intrinsics: Record<string, (stack: string, argument: unknown) => unknown> = {
    Ref: (stack, argument) => ref(stack, argument as string),
    "Fn::GetAtt": (stack, argument) => {
      const [logicalId, ...path] = Array.isArray(argument) ? (argument as string[]) : (argument as string).split(".");
      return attribute(stack, logicalId!, path.join("."));
    },
    "Fn::Join": (stack, argument) => {
      const [separator, parts] = argument as [string, unknown];
      return (resolve(stack, parts) as unknown[]).join(separator);
    },
    "Fn::Split": (stack, argument) => {
      const [separator, text] = argument as [string, unknown];
      return (resolve(stack, text) as string).split(separator);
    },
    "Fn::Select": (stack, argument) => {
      const [index, list] = argument as [number | string, unknown];
      return (resolve(stack, list) as unknown[])[Number(index)];
    },
    "Fn::Sub": (stack, argument) => {
      const [text, given] = Array.isArray(argument)
        ? (argument as [string, Record<string, unknown>])
        : [argument as string, {}];
      return text.replace(/\$\{(!?)([^}]+)\}/g, (_, literal: string, name: string) => {
        if (literal) return `\${${name}}`;
        if (name in given) return String(resolve(stack, given[name]));
        return String(name.includes(".") ? intrinsics["Fn::GetAtt"]!(stack, name) : ref(stack, name));
      });
    },
    "Fn::ImportValue": (stack, argument) => imported(resolve(stack, argument)),
  };

  const resolve: Resolve = (stack, value) => {
    if (Array.isArray(value)) return value.map((each) => resolve(stack, each)).filter((each) => each !== NO_VALUE);
    if (value === null || typeof value !== "object") return value;
    const entries = Object.entries(value);
    const [name, argument] = entries[0] ?? [];
    if (entries.length === 1 && name && (name === "Ref" || name.startsWith("Fn::"))) {
      const intrinsic = intrinsics[name];
      if (!intrinsic) throw new Error(`${stack} uses ${name}, which does not run on the laptop`);
      return intrinsic(stack, argument);
    }
    return Object.fromEntries(
      entries.map(([key, each]) => [key, resolve(stack, each)] as const).filter(([, each]) => each !== NO_VALUE),
    );
  };
  return resolve;
}

const NO_VALUE = Symbol("AWS::NoValue");

const PSEUDO_PARAMETERS: Record<string, unknown> = {
  "AWS::Region": REGION,
  "AWS::AccountId": ACCOUNT,
  "AWS::Partition": "aws",
  "AWS::URLSuffix": "amazonaws.com",
  "AWS::NoValue": NO_VALUE,
};
