import {
  CreateTrainingJobCommand,
  DescribeTrainingJobCommand,
  ResourceInUse,
  ResourceLimitExceeded,
  SageMakerClient,
  SageMakerServiceException,
  StopTrainingJobCommand,
} from "@aws-sdk/client-sagemaker";
import { mockClient } from "aws-sdk-client-mock";
import { afterEach, describe, expect, test } from "vitest";
import { makeSageMaker } from "../../shared/training/sagemaker.ts";

const mock = mockClient(SageMakerClient);
afterEach(() => void mock.reset());

const settings = {
  image: "111111111111.dkr.ecr.us-east-1.amazonaws.com/trainer:1",
  roleArn: "arn:aws:iam::111111111111:role/trainer",
  instanceType: "ml.g6e.2xlarge",
};
const provider = makeSageMaker(settings, new SageMakerClient({ region: "us-east-1" }));
const run = {
  name: "anneal-ftjob-1-1",
  config: "s3://runs/runs/a/b/1/run.json",
  output: "s3://runs/runs/a/b/1/",
  labels: { job: "b" },
};
const says = (message: string, name = "ValidationException") =>
  new SageMakerServiceException({ name, message, $fault: "client", $metadata: {} });

describe("starting a run", () => {
  test("names the training job after the attempt, and gives it the address of its run and no secret", async () => {
    mock.on(CreateTrainingJobCommand).resolves({});
    await provider.start(run);
    const input = mock.commandCalls(CreateTrainingJobCommand)[0]!.args[0].input;
    expect(input).toMatchObject({
      TrainingJobName: run.name,
      Environment: { ANNEAL_RUN: run.config },
      RoleArn: settings.roleArn,
    });
    expect(input.HyperParameters).toBeUndefined();
    expect(input.TrainingJobName!.length).toBeLessThanOrEqual(63);
  });
  test("twice is once", async () => {
    mock
      .on(CreateTrainingJobCommand)
      .rejects(new ResourceInUse({ message: "Training job names must be unique", $metadata: {} }));
    await provider.start(run);
    mock
      .on(CreateTrainingJobCommand)
      .rejects(says("Training job names must be unique within an AWS account and region."));
    await provider.start(run);
  });
  test("without quota can be tried again, and says what to ask for", async () => {
    mock
      .on(CreateTrainingJobCommand)
      .rejects(new ResourceLimitExceeded({ message: "The account-level limit is 0.", $metadata: {} }));
    await expect(provider.start(run)).rejects.toMatchObject({
      code: "unavailable",
      message: expect.stringMatching(/ml.g6e.2xlarge.*quota/),
    });
  });
  test("without an image is refused with the setting's name", async () => {
    await expect(makeSageMaker({ ...settings, image: "" }).start(run)).rejects.toMatchObject({
      code: "invalid",
      message: expect.stringMatching(/trainerImage/),
    });
  });
  test("that fails for another reason says so", async () => {
    mock.on(CreateTrainingJobCommand).rejects(says("Could not assume role"));
    await expect(provider.start(run)).rejects.toThrow("Could not assume role");
  });
});

describe("looking at a run", () => {
  test.each([
    ["InProgress", { state: "running" }],
    ["Stopping", { state: "running" }],
    ["Completed", { state: "over", reason: null }],
    ["Failed", { state: "over", reason: "OutOfMemory" }],
    ["Stopped", { state: "over", reason: null }],
  ] as const)("%s", async (TrainingJobStatus, expected) => {
    mock
      .on(DescribeTrainingJobCommand)
      .resolves({ TrainingJobStatus, ...(TrainingJobStatus === "Failed" && { FailureReason: "OutOfMemory" }) });
    expect(await provider.inspect(run.name)).toEqual(expected);
  });
  test("that SageMaker itself has broken", async () => {
    const FailureReason = "InternalServerError: We encountered an internal error. Please try again.";
    mock.on(DescribeTrainingJobCommand).resolves({ TrainingJobStatus: "Failed", FailureReason });
    expect(await provider.inspect(run.name)).toEqual({ state: "over", reason: FailureReason, blameless: true });
  });
  test("that SageMaker does not know", async () => {
    mock.on(DescribeTrainingJobCommand).rejects(says("Requested resource not found."));
    expect(await provider.inspect(run.name)).toEqual({ state: "absent" });
  });
  test("that SageMaker will not tell about is no answer", async () => {
    mock.on(DescribeTrainingJobCommand).rejects(says("Rate exceeded", "ThrottlingException"));
    await expect(provider.inspect(run.name)).rejects.toThrow("Rate exceeded");
  });
});

describe("stopping a run", () => {
  test.each([
    "Requested resource not found.",
    "The request was rejected because the training job is in status Completed.",
  ])("is quiet when SageMaker says '%s'", async (message) => {
    mock.on(StopTrainingJobCommand).rejects(says(message));
    await provider.stop(run.name);
  });
  test("that is denied is told", async () => {
    mock.on(StopTrainingJobCommand).rejects(says("not authorized", "AccessDeniedException"));
    await expect(provider.stop(run.name)).rejects.toThrow("not authorized");
  });
});
