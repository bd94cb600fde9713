import * as z from "zod";
import { AwsError } from "../aws-json.ts";

/** CreateTrainingJob as the API reference bounds it. A field that SageMaker has and this machine cannot honour is kept unread. */
const S3Uri = z
  .string()
  .max(1024)
  .regex(/^(https|s3):\/\/([^/]+)\/?(.*)$/);
const InstanceType = z.string().regex(/^ml\.[a-z0-9-]+\.[a-z0-9-]+$/);
const unread = z.unknown().optional();

const ResourceConfig = z.strictObject({
  InstanceType: InstanceType.optional(),
  InstanceCount: z.int().min(1).optional(),
  VolumeSizeInGB: z.int().min(1),
  VolumeKmsKeyId: z.string().optional(),
  KeepAlivePeriodInSeconds: z.int().min(0).max(3600).optional(),
  InstanceGroups: unread,
  TrainingPlanArn: unread,
  InstancePlacementConfig: unread,
  InstancePreferences: z
    .array(z.strictObject({ InstanceType, InstanceCount: z.int().min(1).optional(), TrainingPlanArns: unread }))
    .min(1)
    .max(5)
    .optional(),
});

const CreateTrainingJob = z.strictObject({
  TrainingJobName: z.string().regex(/^[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}$/),
  HyperParameters: z
    .record(z.string().max(256), z.string().max(256))
    .refine((map) => Object.keys(map).length <= 100, "at most 100 hyperparameters")
    .optional(),
  AlgorithmSpecification: z.strictObject({
    TrainingImage: z.string().min(1).max(255).optional(),
    AlgorithmName: z.string().min(1).max(170).optional(),
    TrainingInputMode: z.enum(["Pipe", "File", "FastFile"]),
    MetricDefinitions: z
      .array(z.strictObject({ Name: z.string().min(1).max(255), Regex: z.string().min(1).max(500) }))
      .max(40)
      .optional(),
    EnableSageMakerMetricsTimeSeries: z.boolean().optional(),
    ContainerEntrypoint: z.array(z.string().max(256)).min(1).max(100).optional(),
    ContainerArguments: z.array(z.string().max(256)).min(1).max(100).optional(),
    TrainingImageConfig: unread,
  }),
  RoleArn: z.string().regex(/^arn:aws[a-z-]*:iam::\d{12}:role\/?[a-zA-Z0-9+=,.@\-_/]+$/),
  InputDataConfig: z
    .array(z.looseObject({ ChannelName: z.string().regex(/^[A-Za-z0-9.\-_]{1,64}$/), DataSource: z.looseObject({}) }))
    .min(1)
    .max(20)
    .optional(),
  OutputDataConfig: z.strictObject({
    S3OutputPath: S3Uri,
    KmsKeyId: z.string().optional(),
    CompressionType: z.enum(["GZIP", "NONE"]).optional(),
  }),
  ResourceConfig,
  VpcConfig: unread,
  StoppingCondition: z.strictObject({
    // 28 days; without it, one day.
    MaxRuntimeInSeconds: z.int().min(1).max(2_419_200).default(86_400),
    MaxWaitTimeInSeconds: z.int().min(1).optional(),
    MaxPendingTimeInSeconds: z.int().min(7200).max(2_419_200).optional(),
  }),
  Tags: z
    .array(z.strictObject({ Key: z.string().min(1).max(128), Value: z.string().max(256) }))
    .max(50)
    .optional(),
  EnableNetworkIsolation: z.boolean().optional(),
  EnableInterContainerTrafficEncryption: z.boolean().optional(),
  EnableManagedSpotTraining: z.boolean().optional(),
  CheckpointConfig: z.strictObject({ S3Uri, LocalPath: z.string().max(4096).optional() }).optional(),
  DebugHookConfig: unread,
  DebugRuleConfigurations: unread,
  TensorBoardOutputConfig: unread,
  ExperimentConfig: unread,
  ProfilerConfig: unread,
  ProfilerRuleConfigurations: unread,
  Environment: z
    .record(
      z
        .string()
        .max(512)
        .regex(/^[a-zA-Z_][a-zA-Z0-9_]*$/),
      z.string().max(512),
    )
    .refine((map) => Object.keys(map).length <= 100, "at most 100 variables")
    .optional(),
  RetryStrategy: z.strictObject({ MaximumRetryAttempts: z.int().min(1).max(30) }).optional(),
  RemoteDebugConfig: unread,
  InfraCheckConfig: unread,
  SessionChainingConfig: unread,
  ServerlessJobConfig: unread,
  MlflowConfig: unread,
  ModelPackageConfig: unread,
});
export type TrainingRequest = z.output<typeof CreateTrainingJob>;

/** Throws ValidationException or SerializationException for whatever SageMaker would refuse without looking at the account. */
export function readRequest(input: unknown): TrainingRequest {
  const request = CreateTrainingJob.parse(input);
  for (const [holds, message] of rules(request)) if (!holds) throw new AwsError("ValidationException", message);
  return request;
}

/** What no single field shows. */
function rules(request: TrainingRequest): [holds: boolean, message: string][] {
  const { AlgorithmSpecification: algorithm, ResourceConfig: resources, StoppingCondition: stopping } = request;
  const spot = request.EnableManagedSpotTraining === true;
  const { MaxWaitTimeInSeconds: wait, MaxRuntimeInSeconds: run } = stopping;
  const kinds = [resources.InstanceType, resources.InstanceGroups, resources.InstancePreferences].filter(
    (kind) => kind !== undefined,
  );
  return [
    [
      (algorithm.TrainingImage === undefined) !== (algorithm.AlgorithmName === undefined),
      "You must specify either an algorithm name or a training image, and not both.",
    ],
    [
      kinds.length === 1,
      "Specify exactly one of InstanceType, InstanceGroups and InstancePreferences in ResourceConfig.",
    ],
    [
      resources.InstanceType === undefined || resources.InstanceCount !== undefined,
      "InstanceCount is required with InstanceType.",
    ],
    [!spot || wait !== undefined, "MaxWaitTimeInSeconds must be specified when EnableManagedSpotTraining is true."],
    [spot || wait === undefined, "MaxWaitTimeInSeconds can only be specified when EnableManagedSpotTraining is true."],
    [
      wait === undefined || wait >= run,
      "Invalid MaxWaitTimeInSeconds. It must be present and be greater than or equal to MaxRuntimeInSeconds.",
    ],
    [
      !spot || resources.InstancePreferences === undefined,
      "InstancePreferences cannot be combined with managed spot training.",
    ],
  ];
}
