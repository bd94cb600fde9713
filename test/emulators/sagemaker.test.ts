import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  AddTagsCommand,
  CreateTrainingJobCommand,
  type CreateTrainingJobCommandInput,
  DescribeTrainingJobCommand,
  ListTagsCommand,
  ListTrainingJobsCommand,
  SageMakerClient,
  StopTrainingJobCommand,
} from "@aws-sdk/client-sagemaker";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type EventBridgeEvent, startSagemaker } from "../../local/emulators/sagemaker.ts";
import { manualClock } from "./clock.ts";

const trainerEntry = new URL("./fake-trainer.ts", import.meta.url).pathname;
let dir: string;
let clock: ReturnType<typeof manualClock>;
let events: EventBridgeEvent[];
let server: Awaited<ReturnType<typeof startSagemaker>>;
let sagemaker: SageMakerClient;

const start = async () => {
  server = await startSagemaker({
    dir,
    env: () => ({ GIVEN: "yes" }),
    trainerEntry,
    emit: (event) => events.push(event),
    clock,
  });
  sagemaker = new SageMakerClient({
    endpoint: server.url,
    region: "us-east-1",
    credentials: { accessKeyId: "a", secretAccessKey: "b" },
    maxAttempts: 1,
  });
};
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "sagemaker-"));
  clock = manualClock();
  events = [];
  await start();
});
afterEach(async () => {
  await server.close();
  await rm(dir, { recursive: true });
});

const request = (
  TrainingJobName: string,
  deed: string,
  more: Partial<CreateTrainingJobCommandInput> = {},
): CreateTrainingJobCommandInput => ({
  TrainingJobName,
  AlgorithmSpecification: { TrainingImage: "image", TrainingInputMode: "File" },
  RoleArn: "arn:aws:iam::000000000000:role/trainer",
  OutputDataConfig: { S3OutputPath: "s3://runs/out/" },
  ResourceConfig: { InstanceType: "ml.g5.2xlarge", InstanceCount: 1, VolumeSizeInGB: 50 },
  StoppingCondition: { MaxRuntimeInSeconds: 3600 },
  Environment: { ANNEAL_RUN: `s3://runs/${deed}/run.json` },
  ...more,
});
const create = (name: string, deed: string, more = {}) =>
  sagemaker.send(new CreateTrainingJobCommand(request(name, deed, more)));
const describe = (TrainingJobName: string) => sagemaker.send(new DescribeTrainingJobCommand({ TrainingJobName }));
const stop = (TrainingJobName: string) => sagemaker.send(new StopTrainingJobCommand({ TrainingJobName }));
const told = (name: string) =>
  events
    .filter(({ detail }) => detail.TrainingJobName === name)
    .map(({ detail }) => `${detail.TrainingJobStatus}/${detail.SecondaryStatus}`);
const until = async (name: string, state: string) => {
  while (!told(name).includes(state)) await new Promise((resolve) => setTimeout(resolve, 5));
};

test("a job runs its program, is described and told of", async () => {
  const path = join(dir, "told.json");
  const { TrainingJobArn } = await create("good", "tell", {
    Environment: { ANNEAL_RUN: "s3://runs/tell/run.json", TELL: path },
    HyperParameters: { a: "1" },
  });
  expect(TrainingJobArn).toBe("arn:aws:sagemaker:us-east-1:000000000000:training-job/good");
  await until("good", "Completed/Completed");
  expect(told("good")).toEqual([
    "InProgress/Pending",
    "InProgress/Starting",
    "InProgress/Training",
    "Completed/Completed",
  ]);
  expect(events.at(-1)).toMatchObject({
    source: "aws.sagemaker",
    "detail-type": "SageMaker Training Job State Change",
    resources: [TrainingJobArn],
    detail: { HyperParameters: { a: "1" } },
  });
  const job = await describe("good");
  expect(job).toMatchObject({
    TrainingJobStatus: "Completed",
    SecondaryStatus: "Completed",
    BillableTimeInSeconds: 0,
    RoleArn: "arn:aws:iam::000000000000:role/trainer",
  });
  expect(job.CreationTime).toEqual(new Date(clock.now()));
  const environment = JSON.parse(await readFile(path, "utf8"));
  expect(environment).toMatchObject({ GIVEN: "yes", TRAINING_JOB_NAME: "good" });
  expect(environment.VITEST).toBeUndefined();
});

test("a failure carries the program's last words", async () => {
  await create("bad", "fail");
  await until("bad", "Failed/Failed");
  expect(await describe("bad")).toMatchObject({ FailureReason: "AlgorithmError: loss is not finite, exit code: 1" });
  expect(events.at(-1)!.detail.FailureReason).toContain("loss is not finite");
});

test("jobs wait for each other, and one that waits can be stopped", async () => {
  await create("one", "wait");
  await create("two", "succeed");
  await create("three", "succeed");
  expect(await describe("two")).toMatchObject({ TrainingJobStatus: "InProgress", SecondaryStatus: "Pending" });
  await stop("three");
  expect(told("three")).toEqual(["InProgress/Pending", "Stopped/Stopped"]);
  clock.advance(90_000);
  await stop("one");
  await until("one", "Stopped/Stopped");
  expect(await describe("one")).toMatchObject({ TrainingJobStatus: "Stopped", BillableTimeInSeconds: 90 });
  await until("two", "Completed/Completed");
  await expect(stop("one")).rejects.toMatchObject({ name: "ValidationException" });
});

test("who does not leave when told is ended after two minutes", async () => {
  await create("stubborn", "stubborn");
  await until("stubborn", "InProgress/Training");
  // Its handler must be there before the signal is.
  await expect.poll(() => readFile(join(dir, "training-logs", "stubborn.log"), "utf8")).toContain("deaf");
  await stop("stubborn");
  clock.advance(119_000);
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(await describe("stubborn")).toMatchObject({ TrainingJobStatus: "Stopping" });
  clock.advance(1_000);
  await until("stubborn", "Stopped/Stopped");
});

test("the longest run time holds", async () => {
  await create("long", "wait", { StoppingCondition: { MaxRuntimeInSeconds: 60 } });
  await until("long", "InProgress/Training");
  clock.advance(60_000);
  await until("long", "Stopped/MaxRuntimeExceeded");
});

test("what SageMaker refuses is refused", async () => {
  await create("taken", "succeed");
  await until("taken", "Completed/Completed");
  await expect(create("taken", "succeed")).rejects.toMatchObject({
    name: "ResourceInUse",
    message: "Training job names must be unique within an AWS account and Region",
  });
  const many = Object.fromEntries(Array.from({ length: 101 }, (_, n) => [`p${n}`, "1"]));
  const spot = { EnableManagedSpotTraining: true };
  const wrong: Partial<Record<keyof CreateTrainingJobCommandInput, unknown>>[] = [
    { TrainingJobName: "under_score" },
    { TrainingJobName: "x".repeat(64) },
    { RoleArn: undefined },
    { RoleArn: "trainer" },
    { OutputDataConfig: undefined },
    { ResourceConfig: undefined },
    { StoppingCondition: undefined },
    { StoppingCondition: { MaxRuntimeInSeconds: 2_419_201 } },
    { StoppingCondition: { MaxRuntimeInSeconds: 60, MaxWaitTimeInSeconds: 60 } },
    { ...spot },
    { ...spot, StoppingCondition: { MaxRuntimeInSeconds: 60, MaxWaitTimeInSeconds: 59 } },
    { HyperParameters: many },
    { HyperParameters: { a: "x".repeat(257) } },
    { Environment: { A: "x".repeat(513) } },
    { AlgorithmSpecification: { TrainingInputMode: "File" } },
  ];
  for (const more of wrong)
    await expect(create("fresh", "succeed", more), JSON.stringify(more)).rejects.toMatchObject({
      name: "ValidationException",
    });
  const raw = (body: object) =>
    fetch(server.url, {
      method: "POST",
      headers: {
        "x-amz-target": "SageMaker.CreateTrainingJob",
        "content-type": "application/x-amz-json-1.1",
        authorization: "AWS4-HMAC-SHA256 Credential=a/20261120/us-east-1/sagemaker/aws4_request",
      },
      body: JSON.stringify(body),
    }).then((reply) => reply.json());
  expect(await raw({ ...request("fresh", "succeed"), Surprise: 1 })).toMatchObject({ __type: "ValidationException" });
  expect(await raw({ ...request("fresh", "succeed"), TrainingJobName: 1 })).toMatchObject({
    __type: "SerializationException",
  });
  await expect(describe("fresh")).rejects.toMatchObject({
    name: "ValidationException",
    message: "Requested resource not found.",
  });
  await expect(stop("fresh")).rejects.toMatchObject({ message: "Requested resource not found." });
});

test("jobs are listed and tagged", async () => {
  for (const name of ["list-a", "list-b", "other"]) {
    await create(name, name === "list-b" ? "fail" : "succeed", { Tags: [{ Key: "k", Value: "1" }] });
    await until(name, name === "list-b" ? "Failed/Failed" : "Completed/Completed");
  }
  const list = async (more: object) =>
    (await sagemaker.send(new ListTrainingJobsCommand(more))).TrainingJobSummaries!.map(
      ({ TrainingJobName }) => TrainingJobName,
    );
  expect(await list({ NameContains: "list" })).toEqual(["list-b", "list-a"]);
  expect(await list({ StatusEquals: "Completed" })).toEqual(["other", "list-a"]);
  const ResourceArn = (await describe("other")).TrainingJobArn;
  await sagemaker.send(new AddTagsCommand({ ResourceArn, Tags: [{ Key: "k", Value: "2" }] }));
  expect((await sagemaker.send(new ListTagsCommand({ ResourceArn }))).Tags).toEqual([{ Key: "k", Value: "2" }]);
});

test("closing lets trainers leave, and the next start says what became of their jobs", async () => {
  await create("cut", "wait");
  await create("waits", "succeed");
  await until("cut", "InProgress/Training");
  await new Promise((resolve) => setTimeout(resolve, 200));
  await server.close();
  events = [];
  await start();
  expect(told("cut")).toEqual(["Failed/Failed"]);
  expect(await describe("cut")).toMatchObject({
    TrainingJobStatus: "Failed",
    FailureReason: "InternalServerError: The machine stopped while the job was running.",
  });
  // It had not run yet, so it lost nothing.
  await until("waits", "Completed/Completed");
  expect(told("waits")).toEqual(["InProgress/Starting", "InProgress/Training", "Completed/Completed"]);
});
