import type { APIGatewayProxyEvent } from "aws-lambda";
import { invalid } from "../../../shared/errors.ts";
import { isId, newId } from "../../../shared/ids.ts";
import type { Checkpoint } from "../../../shared/jobs/events.ts";
import type { Job } from "../../../shared/jobs/job.ts";
import type { Core } from "../../core.ts";
import type { Handlers } from "../serve.ts";
import type { routes } from "./routes.ts";
import { fromCheckpoint, fromEvent, fromJob, page, toNewJob } from "./translate.ts";

type JobHandlers = Pick<
  Handlers<typeof routes>,
  "createJob" | "listJobs" | "retrieveJob" | "cancelJob" | "pauseJob" | "resumeJob" | "listEvents" | "listCheckpoints"
>;

export const jobHandlers = ({ jobs, idempotency, clock }: Core): JobHandlers => ({
  async createJob({ caller, body, idempotencyKey }) {
    const wanted = toNewJob(body);
    const fresh = () => newId("job", clock());
    const id =
      idempotencyKey === undefined
        ? undefined
        : await idempotency.idFor(caller, "createJob", idempotencyKey, wanted, fresh);
    return { body: fromJob(await jobs.create(caller, { ...wanted, ...(id && { id }) })) };
  },

  async listJobs({ caller, query: { limit, after }, event }) {
    if (after !== undefined && !isId("job", after))
      throw invalid("after", `'after': '${after}' is not the id of a job.`);
    return { body: await page(withMetadata(jobs.list(caller, { after }), metadataFilter(event)), limit, fromJob) };
  },

  async retrieveJob({ caller, params: { id } }) {
    return { body: fromJob(await jobs.get(caller, id)) };
  },
  async cancelJob({ caller, params: { id } }) {
    return { body: fromJob(await jobs.cancel(caller, id)) };
  },
  async pauseJob({ caller, params: { id } }) {
    return { body: fromJob(await jobs.pause(caller, id)) };
  },
  async resumeJob({ caller, params: { id } }) {
    return { body: fromJob(await jobs.resume(caller, id)) };
  },

  async listEvents({ caller, params: { id }, query: { limit, after } }) {
    if (after !== undefined && !after.startsWith("ftevent-"))
      throw invalid("after", `'after': '${after}' is not the id of an event.`);
    return { body: await page(jobs.events(caller, id, { after, descending: true }), limit, fromEvent) };
  },

  async listCheckpoints({ caller, params: { id }, query: { limit, after } }) {
    const job = await jobs.get(caller, id);
    const found = jobs.checkpoints(caller, id, { descending: true });
    return { body: await page(past(found, after), limit, fromCheckpoint(job)) };
  },
});

/** `metadata[k]=v`, all of which must hold. `metadata=null` asks for jobs without any. */
function metadataFilter(event: APIGatewayProxyEvent): (job: Job) => boolean {
  const query = event.queryStringParameters ?? {};
  const pairs = Object.entries(query).flatMap(([name, value]) => {
    const key = /^metadata\[(.+)\]$/.exec(name)?.[1];
    return key === undefined ? [] : [[key, value] as const];
  });
  if (query.metadata === "null") return (job) => job.metadata === null;
  return (job) => pairs.every(([key, value]) => job.metadata?.[key] === value);
}

async function* withMetadata(jobs: AsyncIterable<Job>, fits: (job: Job) => boolean) {
  for await (const job of jobs) if (fits(job)) yield job;
}

/** Checkpoints are few, and their ids say nothing about their order. */
async function* past(checkpoints: AsyncIterable<Checkpoint>, after: string | undefined) {
  let reached = after === undefined;
  for await (const checkpoint of checkpoints) {
    if (reached) yield checkpoint;
    else reached = checkpoint.id === after;
  }
  if (!reached) throw invalid("after", `'after': this job has no checkpoint '${after}'.`);
}
