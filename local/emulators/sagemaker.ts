import { join } from "node:path";
import { ACCOUNT } from "./account.ts";
import { type Authority, OPEN } from "./authority.ts";
import { type Clock, systemClock } from "./clock.ts";
import { openDatabase } from "./database.ts";
import { listen } from "./listener.ts";
import type { EventBridgeEvent } from "./sagemaker/event.ts";
import { makeJobs } from "./sagemaker/jobs.ts";
import { sagemakerProtocol } from "./sagemaker/protocol.ts";
import { makeRegistry, SAGEMAKER_SCHEMA } from "./sagemaker/registry.ts";

export type { EventBridgeEvent };

/** How long trainers may take to save when this process closes. */
const CLOSE_GRACE_MS = 5_000;

/**
 * SageMaker training jobs, run by a program of this machine: `trainerEntry` gets the `env` of its role and the request's
 * `Environment`, and keeps the trainer contract. It refuses what SageMaker refuses. Each change of a job is an event. Of the jobs
 * that an earlier process left, those that waited wait on; those that ran are Failed, and told of right after the start.
 * Every request must be allowed by `authority`. Close this before the storage: trainers that are told to leave save first.
 */
export async function startSagemaker(options: {
  dir: string;
  port?: number;
  env(roleArn: string): Record<string, string> | null;
  trainerEntry: string;
  emit(event: EventBridgeEvent): void;
  authority?: Authority;
  maxConcurrent?: number;
  region?: string;
  clock?: Clock;
}): Promise<{ url: string; close(): Promise<void> }> {
  const { dir, env, trainerEntry, emit, authority = OPEN } = options;
  const { maxConcurrent = 1, region = "us-east-1", clock = systemClock } = options;
  const database = openDatabase(join(dir, "sagemaker.sqlite"), SAGEMAKER_SCHEMA);
  const registry = makeRegistry(database);
  const logDir = join(dir, "training-logs");
  const jobs = makeJobs({ registry, clock, region, account: ACCOUNT, trainerEntry, logDir, env, maxConcurrent, emit });
  jobs.recover();
  const server = await listen(sagemakerProtocol({ jobs, registry, now: clock.now, authority }), options.port);
  const close = async () => {
    await server.close();
    await jobs.close(CLOSE_GRACE_MS);
    database.close();
  };
  return { url: server.url, close };
}
