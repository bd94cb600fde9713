import { join } from "node:path";
import { AwsError } from "../aws-json.ts";
import type { Clock } from "../clock.ts";
import { type Ending, type EndReason, endingOf, failed } from "./ending.ts";
import { type EventBridgeEvent, stateChange } from "./event.ts";
import { runTrainer, type TrainerProcess } from "./process.ts";
import { isOver, type JobStatus, type Registry, type SecondaryStatus, type TrainingJob } from "./registry.ts";
import type { TrainingRequest } from "./request.ts";

const STOP_GRACE_MS = 120_000;
/** SageMaker's word for what is no fault of the algorithm. */
const MACHINE_STOPPED = "InternalServerError: The machine stopped while the job was running.";
export type Jobs = ReturnType<typeof makeJobs>;

export interface JobsOptions {
  registry: Registry;
  clock: Clock;
  region: string;
  account: string;
  trainerEntry: string;
  logDir: string;
  /** What a trainer with this role has in its environment; null when there is no such role for SageMaker to assume. */
  env(roleArn: string): Record<string, string> | null;
  maxConcurrent: number;
  emit(event: EventBridgeEvent): void;
}

/** Training jobs, each a process of this machine. At most `maxConcurrent` run; the others are Pending, in their order. */
export function makeJobs(options: JobsOptions) {
  const { registry, clock, region } = options;
  const running = new Map<string, { process: TrainerProcess; reason: EndReason }>();
  const pending: string[] = [];
  let closing = false;

  const change = (job: TrainingJob, status: JobStatus, secondary: SecondaryStatus, message: string) => {
    const now = clock.now();
    const last = job.transitions.at(-1);
    if (last) last.endedAt = now;
    job.transitions.push({ status: secondary, message, startedAt: now });
    Object.assign(job, { status, secondary, modifiedAt: now });
    if (isOver(job)) Object.assign(job, { endedAt: now });
    registry.save(job);
    options.emit(stateChange(job, region));
  };
  const finish = (job: TrainingJob, { status, secondary, message, failure }: Ending) => {
    if (failure !== undefined) job.failureReason = failure.slice(0, 1024);
    change(job, status, secondary, message);
  };

  const startNext = () => {
    while (!closing && running.size < options.maxConcurrent && pending.length > 0)
      launch(registry.find(pending.shift()!)!);
  };
  const launch = (job: TrainingJob) => {
    const name = job.request.TrainingJobName;
    change(job, "InProgress", "Starting", "Preparing the instances for training");
    const process = runTrainer({
      entry: options.trainerEntry,
      logPath: join(options.logDir, `${name}.log`),
      environment: {
        ...options.env(job.request.RoleArn),
        ...job.request.Environment,
        TRAINING_JOB_NAME: name,
        TRAINING_JOB_ARN: job.arn,
      },
    });
    const run = { process, reason: null as EndReason };
    running.set(name, run);
    job.startedAt = clock.now();
    change(job, "InProgress", "Training", "Training image download completed. Training in progress.");
    const callOff = clock.after(job.request.StoppingCondition.MaxRuntimeInSeconds * 1000, () => end(name, "too long"));
    void process.exit.then((exit) => {
      callOff();
      running.delete(name);
      // What is cut off by our own end is not over: the next start says what became of it.
      if (closing) return;
      finish(registry.find(name)!, endingOf(exit, run.reason));
      startNext();
    });
  };
  /** SIGTERM, and two minutes later SIGKILL. */
  const end = (name: string, reason: Exclude<EndReason, null>) => {
    const run = running.get(name)!;
    run.reason ??= reason;
    change(registry.find(name)!, "Stopping", "Stopping", "Stopping the training job");
    run.process.signal("SIGTERM");
    const callOff = clock.after(STOP_GRACE_MS, () => run.process.signal("SIGKILL"));
    void run.process.exit.then(callOff);
  };
  const arnOf = (name: string) => `arn:aws:sagemaker:${region}:${options.account}:training-job/${name}`;
  return {
    arnOf,
    /** Takes up what an earlier process left: jobs that waited for a place wait on, those that ran failed with it. */
    recover() {
      for (const job of registry.unfinished()) {
        if (job.secondary === "Pending") pending.push(job.request.TrainingJobName);
        else finish(job, failed(MACHINE_STOPPED));
      }
      startNext();
    },
    /** Throws ResourceInUse when the name was ever used, ValidationException for a role that SageMaker cannot assume. */
    create(request: TrainingRequest): TrainingJob {
      const name = request.TrainingJobName;
      if (registry.find(name))
        throw new AwsError("ResourceInUse", "Training job names must be unique within an AWS account and Region");
      if (!options.env(request.RoleArn))
        throw new AwsError(
          "ValidationException",
          `Could not assume role ${request.RoleArn}. Please ensure that the role exists and allows principal 'sagemaker.amazonaws.com' to assume the role.`,
        );
      const now = clock.now();
      const job: TrainingJob = {
        arn: arnOf(name),
        request,
        status: "InProgress",
        secondary: "Pending",
        transitions: [],
        createdAt: now,
        modifiedAt: now,
      };
      change(job, "InProgress", "Pending", "Waiting for a place on this machine");
      pending.push(name);
      startNext();
      return job;
    },
    /** Throws ValidationException when there is no such job. */
    find(name: string): TrainingJob {
      const job = registry.find(name);
      if (!job) throw new AwsError("ValidationException", "Requested resource not found.");
      return job;
    },
    /** Quiet when it is stopping already. Throws ValidationException when it is over or was never there. */
    stop(name: string) {
      const job = this.find(name);
      if (isOver(job))
        throw new AwsError(
          "ValidationException",
          `The request was rejected because the training job is in status ${job.status}.`,
        );
      if (job.status === "Stopping") return;
      if (running.has(name)) return end(name, "stopped");
      pending.splice(pending.indexOf(name), 1);
      change(job, "Stopped", "Stopped", "Training job stopped before it started");
    },
    /** SIGTERM to all, SIGKILL to those still there after `graceMs`; resolves when none is left. */
    async close(graceMs: number) {
      closing = true;
      const left = [...running.values()].map(({ process }) => process);
      for (const process of left) process.signal("SIGTERM");
      const killer = setTimeout(() => {
        for (const process of left) process.signal("SIGKILL");
      }, graceMs);
      await Promise.all(left.map(({ exit }) => exit));
      clearTimeout(killer);
    },
  };
}
