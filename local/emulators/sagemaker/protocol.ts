import type { RequestListener } from "node:http";
import * as z from "zod";
import type { Authority } from "../authority.ts";
import { awsJson, type Operation, operation } from "../aws-json.ts";
import { sagemakerAccess } from "./access.ts";
import type { Jobs } from "./jobs.ts";
import { isOver, type Registry, type TrainingJob } from "./registry.ts";
import { readRequest } from "./request.ts";

const TrainingJobName = z.string();
const Tags = z.array(z.object({ Key: z.string(), Value: z.string() }));
const seconds = (at: number | undefined) => (at === undefined ? undefined : at / 1000);

/** Amazon SageMaker, as far as training jobs go. */
export function sagemakerProtocol({
  jobs,
  registry,
  now,
  authority,
}: {
  jobs: Jobs;
  registry: Registry;
  now: () => number;
  authority: Authority;
}): RequestListener {
  const byArn = (arn: string) => jobs.find(arn.split("/").at(-1)!);
  const operations = {
    CreateTrainingJob: (input: unknown) => ({ TrainingJobArn: jobs.create(readRequest(input)).arn }),
    DescribeTrainingJob: operation(z.object({ TrainingJobName }), (input) =>
      describe(jobs.find(input.TrainingJobName), now()),
    ),
    StopTrainingJob: operation(z.object({ TrainingJobName }), (input) => jobs.stop(input.TrainingJobName)),
    ListTrainingJobs: operation(
      z.object({
        NameContains: z.string().default(""),
        StatusEquals: z.enum(["InProgress", "Completed", "Failed", "Stopping", "Stopped"]).nullable().default(null),
        MaxResults: z.int().min(1).max(100).default(10),
        NextToken: z.string().regex(/^\d+$/).optional(),
      }),
      (input) => {
        const before = input.NextToken === undefined ? Number.MAX_SAFE_INTEGER : Number(input.NextToken);
        const page = registry.list({
          nameContains: input.NameContains,
          status: input.StatusEquals,
          most: input.MaxResults,
          before,
        });
        return {
          TrainingJobSummaries: page.jobs.map(summarize),
          NextToken: page.next === null ? undefined : String(page.next),
        };
      },
    ),
    AddTags: operation(z.object({ ResourceArn: z.string(), Tags }), (input) => {
      const job = byArn(input.ResourceArn);
      const changed = new Set(input.Tags.map(({ Key }) => Key));
      job.request.Tags = [...(job.request.Tags ?? []).filter(({ Key }) => !changed.has(Key)), ...input.Tags];
      registry.save(job);
      return { Tags: job.request.Tags };
    }),
    ListTags: operation(z.object({ ResourceArn: z.string() }), (input) => ({
      Tags: byArn(input.ResourceArn).request.Tags ?? [],
    })),
  } satisfies Record<string, Operation>;
  return awsJson<keyof typeof operations>({
    version: "1.1",
    target: "SageMaker",
    operations,
    authority,
    access: sagemakerAccess(jobs.arnOf),
    invalid: "ValidationException",
  });
}

const summarize = (job: TrainingJob) => ({
  TrainingJobName: job.request.TrainingJobName,
  TrainingJobArn: job.arn,
  TrainingJobStatus: job.status,
  SecondaryStatus: job.secondary,
  CreationTime: seconds(job.createdAt),
  TrainingEndTime: seconds(job.endedAt),
  LastModifiedTime: seconds(job.modifiedAt),
});

function describe(job: TrainingJob, now: number) {
  const { Tags: _, ...request } = job.request;
  const trained = job.startedAt === undefined ? undefined : Math.ceil(((job.endedAt ?? now) - job.startedAt) / 1000);
  return {
    ...request,
    ...summarize(job),
    FailureReason: job.failureReason,
    TrainingStartTime: seconds(job.startedAt),
    TrainingTimeInSeconds: trained,
    // Known when the job is over, as there.
    BillableTimeInSeconds: isOver(job) ? (trained ?? 0) : undefined,
    SecondaryStatusTransitions: job.transitions.map(({ status, message, startedAt, endedAt }) => ({
      Status: status,
      StartTime: seconds(startedAt),
      EndTime: seconds(endedAt),
      StatusMessage: message,
    })),
  };
}
