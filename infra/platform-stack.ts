import { CfnOutput, Duration, Stack, type StackProps } from "aws-cdk-lib";
import { Rule, Schedule } from "aws-cdk-lib/aws-events";
import { LambdaFunction } from "aws-cdk-lib/aws-events-targets";
import { Bucket, EventType, type IBucket, type NotificationKeyFilter } from "aws-cdk-lib/aws-s3";
import { SqsDestination } from "aws-cdk-lib/aws-s3-notifications";
import type { Construct } from "constructs";
import { routeTable } from "../functions/api/table.ts";
import { type EnvironmentOf, type FunctionName, functions } from "../functions/declarations.ts";
import { acknowledge } from "./acknowledgements.ts";
import { Handler } from "./constructs/handler.ts";
import { Api } from "./constructs/rest-api.ts";
import { RetryQueue } from "./constructs/retry-queue.ts";
import { Trainer } from "./constructs/trainer.ts";
import { Workflow } from "./constructs/workflow.ts";
import type { DataStack } from "./data-stack.ts";
import { grant } from "./grants.ts";
import type { Settings } from "./settings.ts";

/** What can be replaced: the API, the functions, the queues, the workflow and the schedule. */
export class PlatformStack extends Stack {
  constructor(scope: Construct, id: string, props: StackProps & { data: DataStack; settings: Settings }) {
    super(scope, id, props);
    const { data, settings } = props;
    const trainer = new Trainer(this, "Trainer", { datasets: data.datasets, runs: data.runs });

    const state = {
      TABLE_NAME: data.table.tableName,
      DATASETS_BUCKET: data.datasets.bucketName,
      RUNS_BUCKET: data.runs.bucketName,
      PLACE: settings.place,
      MODEL_ALIASES: JSON.stringify(settings.modelAliases),
      TRAINER_INSTANCE_TYPE: settings.trainerInstanceType,
    };
    const provider = {
      TRAINER_IMAGE: settings.trainerImage,
      TRAINER_ROLE_ARN: trainer.role.roleArn,
    };
    const handler = <N extends FunctionName>(name: N, environment: EnvironmentOf<(typeof functions)[N]>) =>
      new Handler(this, capitalize(name), { declaration: functions[name], environment });

    // Steps send their jobs back to the queue; its consumer starts the workflow; the workflow calls the steps. The queue
    // therefore comes first and gets its consumer last.
    const jobs = new RetryQueue(this, "Jobs", {
      consumerTimeoutSeconds: functions.onJob.timeoutSeconds,
      runbook: "jobs-queue",
    });
    const JOBS = { JOBS_QUEUE_URL: jobs.queue.queueUrl };

    const prepareRun = handler("prepareRun", state);
    const startRun = handler("startRun", { ...state, ...provider });
    const awaitRun = handler("awaitRun", state);
    const inspectRun = handler("inspectRun", { ...state, ...provider });
    const finishRun = handler("finishRun", { ...state, ...JOBS });
    const training = new Workflow(this, "Training", {
      definition: "training.asl.json",
      steps: {
        PrepareRun: prepareRun,
        StartRun: startRun,
        AwaitRun: awaitRun,
        InspectRun: inspectRun,
        FinishRun: finishRun,
      },
      // SageMaker's longest training job is 28 days; a run may also wait for capacity.
      timeout: Duration.days(35),
    });
    const WORKFLOW = { TRAINING_WORKFLOW_ARN: training.stateMachine.stateMachineArn };

    const onJob = handler("onJob", { ...state, ...provider, ...WORKFLOW });
    jobs.feed(onJob, { batchSize: 10 });

    const onUpload = handler("onUpload", { ...state, ...JOBS });
    const uploads = new RetryQueue(this, "Uploads", {
      consumerTimeoutSeconds: functions.onUpload.timeoutSeconds,
      runbook: "uploads-queue",
    });
    uploads.feed(onUpload, { batchSize: 1, maxConcurrency: 10 });
    notify(this, "DatasetsBucket", data.datasets, uploads, { prefix: "uploads/" });

    const onRunEvent = handler("onRunEvent", state);
    const runEvents = new RetryQueue(this, "RunEvents", {
      consumerTimeoutSeconds: functions.onRunEvent.timeoutSeconds,
      runbook: "run-events-queue",
    });
    runEvents.feed(onRunEvent, { batchSize: 10 });
    notify(this, "RunsBucket", data.runs, runEvents, { prefix: "runs/", suffix: ".ndjson" });

    const onTrainingState = handler("onTrainingState", state);
    new Rule(this, "TrainingState", {
      eventPattern: { source: ["aws.sagemaker"], detailType: ["SageMaker Training Job State Change"] },
      targets: [new LambdaFunction(onTrainingState, { retryAttempts: 10 })],
    });

    const reconcile = handler("reconcile", { ...state, ...provider, ...WORKFLOW });
    new Rule(this, "EveryMinute", {
      schedule: Schedule.rate(Duration.minutes(1)),
      targets: [new LambdaFunction(reconcile, { retryAttempts: 0 })],
    });

    const answering = {
      apiOpenai: handler("apiOpenai", { ...state, ...JOBS }),
      apiLangdb: handler("apiLangdb", { ...state, ...JOBS }),
      apiAnneal: handler("apiAnneal", { ...state, ...JOBS }),
      apiInference: handler("apiInference", { ...state, INFERENCE_URL: settings.inferenceUrl }),
    };
    const api = new Api(this, "Api", {
      table: routeTable.map(({ handler, routes }) => ({ handler: answering[handler], routes })),
    });

    const steps = { prepareRun, startRun, awaitRun, inspectRun, finishRun };
    const reacting = { onJob, onUpload, onRunEvent, onTrainingState, reconcile };
    grant({ data, trainerRole: trainer.role, training, jobs, functions: { ...answering, ...steps, ...reacting } });
    acknowledge(this, data);
    new CfnOutput(this, "Url", { value: api.restApi.url });
  }
}

/** Objects that land below the prefix become messages. The bucket is another stack's, so the notification is made here, by its name. */
function notify(scope: Construct, id: string, bucket: IBucket, to: RetryQueue, filter: NotificationKeyFilter) {
  Bucket.fromBucketName(scope, id, bucket.bucketName).addEventNotification(
    EventType.OBJECT_CREATED,
    new SqsDestination(to.queue),
    filter,
  );
}

const capitalize = (name: string) => name.charAt(0).toUpperCase() + name.slice(1);
