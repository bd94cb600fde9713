import { ACCOUNT, type Attributes, makeResolve, REGION, type Resource, resourcesOf, type Stack } from "./template.ts";

/**
 * What the laptop does with each resource type of the template. A type that is in neither table stops the start: a part
 * of the system that silently does not exist is worse than one that says so.
 */
interface Kind {
  /** What `Ref` gives. */
  readonly ref: Name;
  readonly attributes?: Readonly<Record<string, Name>>;
}
type Name = (resource: Resource, endpoints: { sqsUrl: string }) => string;

/** Derived from the logical id, so that a restart finds the state again. Lower case, as buckets must be. */
const name: Name = ({ stack, logicalId }) => `${stack}-${logicalId}`.toLowerCase();
const arn =
  (service: string, path = ""): Name =>
  (resource, endpoints) =>
    `arn:aws:${service}:${REGION}:${ACCOUNT}:${path}${name(resource, endpoints)}`;
const global =
  (service: string, account = "", path = ""): Name =>
  (resource, endpoints) =>
    `arn:aws:${service}::${account}:${path}${name(resource, endpoints)}`;
const named: Kind = { ref: name };

const KINDS: Readonly<Record<string, Kind>> = {
  "AWS::DynamoDB::GlobalTable": { ref: name, attributes: { Arn: arn("dynamodb", "table/") } },
  "AWS::S3::Bucket": { ref: name, attributes: { Arn: global("s3") } },
  "AWS::SQS::Queue": {
    // The SDK follows the host of the queue's URL, so it must be the emulator's.
    ref: (resource, endpoints) => `${endpoints.sqsUrl}/${ACCOUNT}/${name(resource, endpoints)}`,
    attributes: { Arn: arn("sqs"), QueueName: name },
  },
  "AWS::Lambda::Function": { ref: name, attributes: { Arn: arn("lambda", "function:") } },
  "AWS::StepFunctions::StateMachine": {
    ref: arn("states", "stateMachine:"),
    attributes: { Arn: arn("states", "stateMachine:"), Name: name },
  },
  "AWS::IAM::Role": { ref: name, attributes: { Arn: global("iam", ACCOUNT, "role/") } },
  "AWS::IAM::Policy": named,
  "AWS::Lambda::EventSourceMapping": named,
  "Custom::S3BucketNotifications": named,
  "AWS::Events::Rule": { ref: name, attributes: { Arn: arn("events", "rule/") } },
  "AWS::ApiGateway::RestApi": { ref: name, attributes: { RootResourceId: ({ logicalId }) => `${logicalId}/root` } },
  "AWS::ApiGateway::Resource": { ref: ({ logicalId }) => logicalId },
  "AWS::ApiGateway::Method": named,
  "AWS::ApiGateway::GatewayResponse": named,
};

const logs: Kind = { ref: name, attributes: { Arn: arn("logs", "log-group:") } };

/** Has a name that others refer to, and nothing to run. */
const NOT_RUN_HERE: Readonly<Record<string, Kind>> = {
  // What a resource allows its callers is CDK's doing; what a role allows is ours, and enforced.
  "AWS::Lambda::Permission": named,
  "AWS::SQS::QueuePolicy": named,
  "AWS::S3::BucketPolicy": named,
  // Everything is logged to one file, and the person at the laptop is the alarm.
  "AWS::Logs::LogGroup": logs,
  "AWS::CloudWatch::Alarm": { ref: name, attributes: { Arn: arn("cloudwatch", "alarm:") } },
  "AWS::CloudWatch::Dashboard": named,
  // There is one stage, and what is in the template is deployed to it.
  "AWS::ApiGateway::Account": named,
  "AWS::ApiGateway::Deployment": named,
  "AWS::ApiGateway::Stage": { ref: ({ properties }) => String(properties.StageName ?? "prod") },
  "AWS::CDK::Metadata": named,
};

/** A resource whose properties are resolved; `name`, `ref` and `arn` are those of the laptop. */
export interface Part extends Resource {
  readonly name: string;
  readonly ref: string;
  /** Empty for a type without one. */
  readonly arn: string;
}

export interface Parts {
  /** Every resource of the type, in the template's order. */
  of(type: string): Part[];
}

/**
 * The template's resources with every reference resolved to the emulators' names.
 * Throws with the names of the types that the laptop cannot run.
 */
export function readParts(stacks: readonly Stack[], endpoints: { sqsUrl: string }): Parts {
  const resources = resourcesOf(stacks);
  const unknown = resources.filter(({ type }) => !KINDS[type] && !NOT_RUN_HERE[type]);
  if (unknown.length > 0) {
    const names = unknown.map(({ type, stack, logicalId }) => `${type} (${stack}/${logicalId})`);
    throw new Error(
      `The laptop does not run ${names.join(", ")}. Add the type to local/resources.ts, or take it out of infra/.`,
    );
  }
  const attributes: Attributes = (resource, attribute) => {
    const kind = KINDS[resource.type] ?? NOT_RUN_HERE[resource.type]!;
    const give = attribute === null ? kind.ref : kind.attributes?.[attribute];
    if (!give)
      throw new Error(`The laptop knows no attribute ${attribute} of ${resource.type} (${resource.logicalId})`);
    return give(resource, endpoints);
  };
  const resolve = makeResolve(stacks, attributes);
  const parts = Map.groupBy(
    resources.filter(({ type }) => KINDS[type]),
    ({ type }) => type,
  );
  return {
    of: (type) =>
      (parts.get(type) ?? []).map((each) => ({
        ...each,
        properties: resolve(each.stack, each.properties) as Record<string, unknown>,
        name: name(each, endpoints),
        ref: attributes(each, null),
        arn: KINDS[type]!.attributes?.Arn?.(each, endpoints) ?? "",
      })),
  };
}
