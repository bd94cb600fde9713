import type { Access } from "../authority.ts";
import type { AccessOf } from "../aws-json.ts";

/** What each operation needs. To start a job is also to hand its role to SageMaker, and to tag it when it has tags. */
export function sagemakerAccess(arnOf: (name: string) => string) {
  const onJob =
    (operation: string): AccessOf =>
    ({ TrainingJobName }) => [{ action: `sagemaker:${operation}`, resource: arnOf(`${TrainingJobName}`) }];
  const onArn =
    (operation: string): AccessOf =>
    ({ ResourceArn }) => [{ action: `sagemaker:${operation}`, resource: `${ResourceArn}` }];
  return {
    CreateTrainingJob: ({ TrainingJobName, RoleArn, Tags }) => {
      const job = arnOf(`${TrainingJobName}`);
      const needs: Access[] = [
        { action: "sagemaker:CreateTrainingJob", resource: job },
        {
          action: "iam:PassRole",
          resource: `${RoleArn}`,
          context: { "iam:PassedToService": "sagemaker.amazonaws.com" },
        },
      ];
      if (Array.isArray(Tags) && Tags.length > 0) needs.push({ action: "sagemaker:AddTags", resource: job });
      return needs;
    },
    DescribeTrainingJob: onJob("DescribeTrainingJob"),
    StopTrainingJob: onJob("StopTrainingJob"),
    ListTrainingJobs: () => [{ action: "sagemaker:ListTrainingJobs", resource: "*" }],
    AddTags: onArn("AddTags"),
    ListTags: onArn("ListTags"),
  } satisfies Record<string, AccessOf>;
}
