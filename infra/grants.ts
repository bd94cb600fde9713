import { Stack } from "aws-cdk-lib";
import type { TableV2 } from "aws-cdk-lib/aws-dynamodb";
import { PolicyStatement } from "aws-cdk-lib/aws-iam";
import type { IFunction } from "aws-cdk-lib/aws-lambda";
import type { FunctionName } from "../functions/declarations.ts";
import type { RetryQueue } from "./constructs/retry-queue.ts";
import type { Trainer } from "./constructs/trainer.ts";
import type { Workflow } from "./constructs/workflow.ts";
import type { DataStack } from "./data-stack.ts";

interface Parts {
  data: DataStack;
  trainer: Trainer;
  training: Workflow;
  jobs: RetryQueue;
  functions: Record<FunctionName, IFunction>;
}

/** Who may touch what, in one place: each function gets the actions it uses, below the prefixes it uses. */
export function grant({ data, trainer, training, jobs, functions: fn }: Parts) {
  for (const each of Object.values(fn)) useTable(data.table, each);

  for (const each of [fn.apiOpenai, fn.apiAnneal]) {
    data.datasets.grantReadWrite(each, "uploads/*");
    data.datasets.grantReadWrite(each, "parts/*");
    data.datasets.grantReadWrite(each, "datasets/*");
    data.datasets.grantDelete(each, "uploads/*");
    data.runs.grantRead(each, "runs/*");
    jobs.queue.grantSendMessages(each);
  }
  data.runs.grantRead(fn.apiInference, "runs/*");

  data.datasets.grantRead(fn.onUpload, "uploads/*");
  data.datasets.grantReadWrite(fn.onUpload, "datasets/*");
  jobs.queue.grantSendMessages(fn.onUpload);

  data.runs.grantRead(fn.onRunEvent, "runs/*");
  data.runs.grantRead(fn.inspectRun, "runs/*");
  data.datasets.grantRead(fn.prepareRun, "datasets/*");
  data.runs.grantReadWrite(fn.prepareRun, "runs/*");
  data.runs.grantRead(fn.finishRun, "runs/*");
  jobs.queue.grantSendMessages(fn.finishRun);

  for (const each of [fn.onJob, fn.reconcile]) {
    data.runs.grantReadWrite(each, "runs/*");
    training.stateMachine.grantStartExecution(each);
    training.stateMachine.grantRead(each);
  }
  for (const each of [fn.onRunEvent, fn.onTrainingState, fn.awaitRun]) {
    training.stateMachine.grantTaskResponse(each);
  }

  const trainingJobs = Stack.of(jobs).formatArn({
    service: "sagemaker",
    resource: "training-job",
    resourceName: "anneal-*",
  });
  const may = (each: IFunction, ...actions: string[]) =>
    each.addToRolePolicy(new PolicyStatement({ actions, resources: [trainingJobs] }));
  may(fn.startRun, "sagemaker:CreateTrainingJob", "sagemaker:AddTags", "sagemaker:DescribeTrainingJob");
  trainer.role.grantPassRole(fn.startRun.grantPrincipal);
  may(fn.inspectRun, "sagemaker:DescribeTrainingJob");
  for (const each of [fn.onJob, fn.reconcile]) may(each, "sagemaker:StopTrainingJob", "sagemaker:DescribeTrainingJob");
}

/** One item at a time, and the queries over them; never a scan, never the table itself. */
function useTable(table: TableV2, each: IFunction) {
  table.grant(
    each,
    "dynamodb:GetItem",
    "dynamodb:PutItem",
    "dynamodb:UpdateItem",
    "dynamodb:DeleteItem",
    "dynamodb:Query",
    "dynamodb:BatchGetItem",
  );
  each.addToRolePolicy(new PolicyStatement({ actions: ["dynamodb:Query"], resources: [`${table.tableArn}/index/*`] }));
}
