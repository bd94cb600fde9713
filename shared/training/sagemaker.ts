import {
  CreateTrainingJobCommand,
  DescribeTrainingJobCommand,
  ResourceInUse,
  ResourceLimitExceeded,
  ResourceNotFound,
  SageMakerClient,
  StopTrainingJobCommand,
  type TrainingInstanceType,
} from "@aws-sdk/client-sagemaker";
import { DomainError, unavailable } from "../errors.ts";
import type { Progress, TrainingProvider } from "./provider.ts";

export interface SageMakerSettings {
  image: string;
  roleArn: string;
  instanceType: string;
}

/** SageMaker's longest run. */
const MAX_RUNTIME_SECONDS = 28 * 24 * 3600;

/** Attempts as SageMaker training jobs. The run's directory is their only channel: no hyperparameters, no secrets. */
export function makeSageMaker(settings: SageMakerSettings, client = new SageMakerClient({})): TrainingProvider {
  return {
    async start(run) {
      if (settings.image === "")
        throw new DomainError("invalid", "No trainer image is configured. Deploy with the setting trainerImage.");
      const command = new CreateTrainingJobCommand({
        TrainingJobName: run.name,
        RoleArn: settings.roleArn,
        AlgorithmSpecification: { TrainingImage: settings.image, TrainingInputMode: "File" },
        Environment: { ANNEAL_RUN: run.config },
        OutputDataConfig: { S3OutputPath: run.output },
        ResourceConfig: {
          InstanceType: settings.instanceType as TrainingInstanceType,
          InstanceCount: 1,
          VolumeSizeInGB: 100,
        },
        StoppingCondition: { MaxRuntimeInSeconds: MAX_RUNTIME_SECONDS },
        Tags: Object.entries(run.labels).map(([name, Value]) => ({ Key: `anneal:${name}`, Value })),
      });
      try {
        await client.send(command);
      } catch (error) {
        if (error instanceof ResourceInUse || isTaken(error)) return;
        if (error instanceof ResourceLimitExceeded)
          throw unavailable(
            `SageMaker refuses another ${settings.instanceType}: ${error.message} Ask AWS for a higher quota.`,
          );
        throw error;
      }
    },
    async inspect(name): Promise<Progress> {
      try {
        const job = await client.send(new DescribeTrainingJobCommand({ TrainingJobName: name }));
        if (job.TrainingJobStatus === "InProgress" || job.TrainingJobStatus === "Stopping") return { state: "running" };
        const reason = job.FailureReason ?? null;
        return { state: "over", reason, ...(reason?.startsWith("InternalServerError") && { blameless: true }) };
      } catch (error) {
        if (isUnknown(error)) return { state: "absent" };
        throw error;
      }
    },
    async stop(name) {
      await client.send(new StopTrainingJobCommand({ TrainingJobName: name })).catch((error: unknown) => {
        if (!isUnknown(error) && !isEnded(error)) throw error;
      });
    },
  };
}

// SageMaker says these three by a ValidationException with a text, whatever else its description promises.
const says = (pattern: RegExp) => (error: unknown) =>
  error instanceof Error && error.name === "ValidationException" && pattern.test(error.message);
const isTaken = says(/must be unique|already exists/i);
const isUnknown = (error: unknown) => error instanceof ResourceNotFound || says(/not found|not exist/i)(error);
const isEnded = says(/in a terminal state|status .*(Completed|Failed|Stopped)|not in (a )?.*InProgress/i);
