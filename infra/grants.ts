import { Stack } from "aws-cdk-lib";
import type { TableV2 } from "aws-cdk-lib/aws-dynamodb";
import { type IGrantable, PolicyStatement, type Role } from "aws-cdk-lib/aws-iam";
import type { IFunction } from "aws-cdk-lib/aws-lambda";
import type { IBucket } from "aws-cdk-lib/aws-s3";
import type { FunctionName } from "../functions/declarations.ts";
import type { RetryQueue } from "./constructs/retry-queue.ts";
import type { Workflow } from "./constructs/workflow.ts";
import type { DataStack } from "./data-stack.ts";

interface Parts {
  data: DataStack;
  trainerRole: Role;
  training: Workflow;
  jobs: RetryQueue;
  functions: Record<FunctionName, IFunction>;
}

/** Who may touch what, in one place: each function gets the actions it uses, below the prefixes it uses. */
export function grant({ data, trainerRole, training, jobs, functions: fn }: Parts) {
  const { datasets, runs, table } = data;
  for (const [name, rights] of Object.entries(TABLE_RIGHTS)) rows(table, fn[name as FunctionName], rights);

  objects(datasets, "uploads/", fn.apiOpenai, "read", "write", "delete");
  objects(datasets, "datasets/", fn.apiOpenai, "delete");
  jobs.queue.grantSendMessages(fn.apiOpenai);
  // The posted records become a file, whose upload goes on like any other.
  objects(datasets, "uploads/", fn.apiLangdb, "write");
  jobs.queue.grantSendMessages(fn.apiLangdb);
  // It signs upload forms, which can do no more than it may itself.
  objects(datasets, "uploads/", fn.apiAnneal, "write");
  objects(datasets, "datasets/", fn.apiAnneal, "read");
  objects(datasets, "parts/", fn.apiOpenai, "read", "write", "delete");

  objects(datasets, "uploads/", fn.onUpload, "read");
  objects(datasets, "datasets/", fn.onUpload, "write", "delete");
  jobs.queue.grantSendMessages(fn.onUpload);

  for (const each of [fn.onRunEvent, fn.inspectRun]) objects(runs, "runs/", each, "read");
  objects(datasets, "datasets/", fn.prepareRun, "read");
  objects(runs, "runs/", fn.prepareRun, "write");
  objects(datasets, "uploads/", fn.finishRun, "write");
  jobs.queue.grantSendMessages(fn.finishRun);

  for (const each of [fn.onJob, fn.reconcile]) {
    objects(runs, "runs/", each, "read", "write");
    training.stateMachine.grantStartExecution(each);
    training.stateMachine.grantExecution(each, "states:DescribeExecution");
  }
  // Never a step of the workflow itself: its definition needs the steps, which would then need the workflow.
  for (const each of [fn.onRunEvent, fn.onTrainingState]) training.stateMachine.grantTaskResponse(each);

  const trainingJobs = Stack.of(jobs).formatArn({
    service: "sagemaker",
    resource: "training-job",
    resourceName: "anneal-*",
  });
  const train = (each: IFunction, ...actions: string[]) =>
    each.addToRolePolicy(new PolicyStatement({ actions, resources: [trainingJobs] }));
  train(fn.startRun, "sagemaker:CreateTrainingJob", "sagemaker:AddTags", "sagemaker:DescribeTrainingJob");
  trainerRole.grantPassRole(fn.startRun.grantPrincipal);
  train(fn.inspectRun, "sagemaker:DescribeTrainingJob");
  for (const each of [fn.onJob, fn.reconcile]) train(each, "sagemaker:StopTrainingJob");
}

const OBJECT_ACTIONS = {
  read: ["s3:GetObject"],
  // A large object is written in parts, and an abandoned one is taken back.
  write: ["s3:PutObject", "s3:AbortMultipartUpload"],
  delete: ["s3:DeleteObject"],
} as const;

/** Objects below a prefix, and nothing else of the bucket. */
export function objects(bucket: IBucket, prefix: string, to: IGrantable, ...rights: (keyof typeof OBJECT_ACTIONS)[]) {
  const actions = rights.flatMap((right) => OBJECT_ACTIONS[right]);
  const may = (statement: PolicyStatement) => to.grantPrincipal.addToPrincipalPolicy(statement);
  may(new PolicyStatement({ actions, resources: [bucket.arnForObjects(`${prefix}*`)] }));
  // Whoever may not list hears 403 instead of 404 of an object that is not there.
  may(
    new PolicyStatement({
      actions: ["s3:ListBucket"],
      resources: [bucket.bucketArn],
      conditions: { StringLike: { "s3:prefix": [`${prefix}*`] } },
    }),
  );
}

const ROW_ACTIONS = {
  get: "dynamodb:GetItem",
  put: "dynamodb:PutItem",
  delete: "dynamodb:DeleteItem",
  /** Rows of one partition; never a scan. */
  query: "dynamodb:Query",
} as const;
/** `live` finds what the reconciler has to look at, whoever owns it. */
type TableRight = keyof typeof ROW_ACTIONS | "live";

const TABLE_RIGHTS = {
  apiOpenai: ["get", "put", "delete", "query"],
  apiLangdb: ["get", "put", "delete", "query"],
  apiAnneal: ["get", "put", "query"],
  apiInference: ["get"],
  onUpload: ["get", "put", "live"],
  onJob: ["get", "put"],
  onRunEvent: ["get", "put"],
  onTrainingState: ["get"],
  prepareRun: ["get", "put", "query"],
  startRun: ["get", "put"],
  awaitRun: ["get", "put"],
  inspectRun: ["get", "put"],
  finishRun: ["get", "put", "query"],
  reconcile: ["get", "put", "live"],
} as const satisfies Record<FunctionName, readonly TableRight[]>;

function rows(table: TableV2, each: IFunction, rights: readonly TableRight[]) {
  const actions = rights.flatMap((right) => (right === "live" ? [] : ROW_ACTIONS[right]));
  each.addToRolePolicy(new PolicyStatement({ actions, resources: [table.tableArn] }));
  if (rights.includes("live"))
    each.addToRolePolicy(
      new PolicyStatement({ actions: ["dynamodb:Query"], resources: [`${table.tableArn}/index/live`] }),
    );
}
