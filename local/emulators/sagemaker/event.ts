import { randomUUID } from "node:crypto";
import type { TrainingJob } from "./registry.ts";

/** An event as EventBridge hands it to a rule's target. */
export interface EventBridgeEvent {
  version: "0";
  id: string;
  "detail-type": string;
  source: string;
  account: string;
  time: string;
  region: string;
  resources: string[];
  detail: Record<string, unknown>;
}

/** What EventBridge tells of a job that changed: the description of it, with times in milliseconds. */
export function stateChange(job: TrainingJob, region: string): EventBridgeEvent {
  const { request } = job;
  return {
    version: "0",
    id: randomUUID(),
    "detail-type": "SageMaker Training Job State Change",
    source: "aws.sagemaker",
    account: job.arn.split(":")[4]!,
    time: new Date(job.modifiedAt).toISOString(),
    region,
    resources: [job.arn],
    detail: {
      TrainingJobName: request.TrainingJobName,
      TrainingJobArn: job.arn,
      TrainingJobStatus: job.status,
      SecondaryStatus: job.secondary,
      ...(job.failureReason !== undefined && { FailureReason: job.failureReason }),
      HyperParameters: request.HyperParameters ?? {},
      AlgorithmSpecification: request.AlgorithmSpecification,
      RoleArn: request.RoleArn,
      InputDataConfig: request.InputDataConfig ?? [],
      OutputDataConfig: request.OutputDataConfig,
      ResourceConfig: request.ResourceConfig,
      StoppingCondition: request.StoppingCondition,
      CreationTime: job.createdAt,
      TrainingStartTime: job.startedAt,
      TrainingEndTime: job.endedAt,
      LastModifiedTime: job.modifiedAt,
      SecondaryStatusTransitions: job.transitions.map(({ status, message, startedAt, endedAt }) => ({
        Status: status,
        StartTime: startedAt,
        EndTime: endedAt,
        StatusMessage: message,
      })),
      Tags: Object.fromEntries((request.Tags ?? []).map(({ Key, Value }) => [Key, Value])),
    },
  };
}
