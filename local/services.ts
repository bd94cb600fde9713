import { join } from "node:path";
import { startDynamodb } from "./emulators/dynamodb.ts";
import { startModelServer } from "./emulators/model-server.ts";
import { startSagemaker } from "./emulators/sagemaker.ts";
import type { Invoke } from "./emulators/step-functions/tasks.ts";
import { startStepFunctions } from "./emulators/step-functions.ts";
import { type Storage, startStorage } from "./emulators/storage.ts";
import { type AwsSettings, awsSettings, type Identity } from "./endpoints.ts";
import type { LaptopAuthority } from "./iam/authority.ts";
import { trainerSession } from "./iam/sessions.ts";
import { freePort } from "./ports.ts";
import type { Runtime } from "./state.ts";
import { ROOT } from "./synth.ts";
import type { BusEvent } from "./triggers/rules.ts";

export interface Stores {
  readonly dynamodb: { url: string };
  readonly storage: Storage;
}

/** DynamoDB, S3 and SQS: what has the state. On the ports of the last start where they are free. */
export async function startStores(options: {
  dataDir: string;
  authority: LaptopAuthority;
  before: Runtime | null;
  defer: (close: () => Promise<void>) => void;
}): Promise<Stores> {
  const { dataDir, authority, before, defer } = options;
  const [dynamodb, storage] = await Promise.all([
    freePort(before?.endpoints.dynamodb).then((port) => startDynamodb({ dir: dataDir, port, authority })),
    freePort(before?.endpoints.s3).then((port) => startStorage({ dir: dataDir, port, authority })),
  ]);
  defer(() => dynamodb.close());
  defer(() => storage.close());
  return { dynamodb, storage };
}

/** The model server, SageMaker and Step Functions, which all work on the stores. The last is for the caller to close. */
export async function startActors(options: {
  dataDir: string;
  cacheDir: string;
  authority: LaptopAuthority;
  before: Runtime | null;
  stores: Stores;
  inferencePort: number;
  invoke: Invoke;
  emit: (event: BusEvent) => void;
  defer: (close: () => Promise<void>) => void;
}) {
  const { dataDir: dir, cacheDir, authority, before, stores, inferencePort, invoke, emit, defer } = options;
  // A trainer and a model server see S3 and nothing else: that is their contract.
  const env = (as: Identity) => ({
    ...awsSettings({ s3: stores.storage.s3Url }, as).environment,
    NODE_COMPILE_CACHE: cacheDir,
  });
  const trainerEnv = (roleArn: string) => {
    const session = trainerSession(authority, roleArn);
    return session && env(session);
  };
  const trainerEntry = join(ROOT, "local/trainer/main.ts");
  const port = (url: string | undefined) => freePort(url);
  const [models, stepFunctions, sagemaker] = await Promise.all([
    startModelServer({
      dir,
      port: inferencePort,
      env: env(authority.operator),
      servePath: join(ROOT, "local/trainer/serve.ts"),
    }),
    port(before?.endpoints.sfn).then((free) => startStepFunctions({ dir, port: free, invoke, authority })),
    port(before?.endpoints.sagemaker).then((free) =>
      startSagemaker({ dir, port: free, env: trainerEnv, trainerEntry, emit, authority }),
    ),
  ]);
  defer(() => models.close());
  defer(() => sagemaker.close());
  const endpoints = {
    dynamodb: stores.dynamodb.url,
    s3: stores.storage.s3Url,
    sqs: stores.storage.sqsUrl,
    sfn: stepFunctions.url,
    sagemaker: sagemaker.url,
  };
  const aws: AwsSettings = awsSettings(endpoints, authority.operator);
  return { aws, endpoints, models, stepFunctions };
}
