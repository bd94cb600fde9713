import { CfnResource, type Stack, Validations } from "aws-cdk-lib";
import { CfnPolicy } from "aws-cdk-lib/aws-iam";
import { flattenCfnReference } from "cdk-nag/lib/utils/flatten-cfn-reference.js";
import type { IConstruct } from "constructs";
import type { DataStack } from "./data-stack.ts";

/** cdk-nag findings we accept, each with its reason. Anything else fails `cdk synth`. */
const RULES: Readonly<Record<string, string>> = {
  "AwsSolutions-APIG2":
    "Requests are validated by the functions, against the schemas of the route table, in each dialect's own voice.",
  "AwsSolutions-APIG3":
    "A web ACL costs money each month and is the operator's choice; the functions check the key of every request.",
  "AwsSolutions-APIG4":
    "API keys are checked by the functions, so that each dialect answers 401 and 403 as its clients expect.",
  "AwsSolutions-COG4": "Callers are programs with API keys, not people in a user pool.",
};

/** Wildcards in resources that stand for less than they seem to. Wildcards in actions are never accepted. */
const WILDCARDS: readonly { resource: RegExp; reason: string }[] = [
  { resource: /\/(uploads|parts|datasets|base-models|runs)\/\*$/, reason: "Objects below one prefix of one bucket." },
  { resource: /:training-job\/anneal-\*$/, reason: "Training jobs by the name that only we give." },
  { resource: /:execution:.*TrainingStateMachine.*:\*$/, reason: "Executions of our own workflow." },
  { resource: /Run\w+\.Arn>:\*$/, reason: "Versions of one function, which the workflow calls." },
  {
    resource: /:log-group:\/aws\/sagemaker\/TrainingJobs\*$/,
    reason: "The log group that SageMaker gives every training job.",
  },
  { resource: /:repository\/\*$/, reason: "The trainer image is the operator's, in a repository of their choice." },
  {
    resource: /^\*$/,
    reason: "X-Ray, metrics, ECR's login and the delivery of logs know no narrower resource; a test lists the actions.",
  },
];

/** Call when the stack is complete. `data` is the stack whose buckets it uses. */
export function acknowledge(stack: Stack, data: DataStack) {
  for (const [id, reason] of Object.entries(RULES)) Validations.of(stack).acknowledge({ id, reason });
  const notifications = stack.node.children.find(({ node }) => node.id.startsWith("BucketNotificationsHandler"));
  if (notifications)
    Validations.of(notifications).acknowledge({
      id: "AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole]",
      reason: "The function that sets bucket notifications is CDK's own.",
    });
  const pushesLogs = stack.node.findAll().find(({ node }) => node.id === "CloudWatchRole");
  if (pushesLogs)
    Validations.of(pushesLogs).acknowledge({
      id: "AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs]",
      reason: "API Gateway writes its logs under the one managed policy that AWS has for it.",
    });
  const written = (reference: unknown) => flattenCfnReference(stack.resolve(reference));
  // Another stack's bucket is a reference now and an import by the time the rules are checked.
  const imports = [data.datasets, data.runs].map(
    ({ bucketArn }) => [written(bucketArn), written(data.exportValue(bucketArn))] as const,
  );
  for (const policy of stack.node.findAll().filter(isPolicy)) {
    const { Statement } = stack.resolve(policy.policyDocument) as { Statement: { Resource: unknown }[] };
    for (const resource of Statement.flatMap(({ Resource }) => Resource).map(flattenCfnReference)) {
      const accepted = WILDCARDS.find((wildcard) => resource.includes("*") && wildcard.resource.test(resource));
      const checked = imports.reduce((text, [reference, imported]) => text.replace(reference, imported), resource);
      if (accepted)
        Validations.of(policy).acknowledge({ id: `AwsSolutions-IAM5[Resource::${checked}]`, reason: accepted.reason });
    }
  }
}

const isPolicy = (construct: IConstruct): construct is CfnPolicy =>
  CfnResource.isCfnResource(construct) && construct.cfnResourceType === CfnPolicy.CFN_RESOURCE_TYPE_NAME;
