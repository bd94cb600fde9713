import type { APIGatewayProxyEvent } from "aws-lambda";
import type { Caller } from "../../../shared/caller.ts";
import { resolve } from "../../../shared/catalogue.ts";
import { isChosen, spanLines } from "../../../shared/datasets/span-records.ts";
import { invalid, missing } from "../../../shared/errors.ts";
import { isId, newId } from "../../../shared/ids.ts";
import type { Job } from "../../../shared/jobs/job.ts";
import type { Core } from "../../core.ts";
import { header } from "../request.ts";
import type { Handlers } from "../serve.ts";
import type { routes } from "./routes.ts";
import type { CreateJob } from "./schemas.ts";
import { fromJob, isOf, toNewJob } from "./translate.ts";

export function jobHandlers(core: Core): Handlers<typeof routes> {
  const { jobs, datasets, datasetBlobs, idempotency, installation, clock } = core;

  async function jobIn(caller: Caller, project: string, id: string): Promise<Job> {
    const job = await jobs.get(caller, id);
    if (!isOf(project, job)) throw missing("fine-tuning job", id);
    return job;
  }

  return {
    /** Everything that can be wrong is found out before the first thing is stored. */
    async createJob({ caller, params, event, body, idempotencyKey }) {
      const project = projectOf(event, params.id);
      resolve(body.base_model, installation);
      const lines = linesOf(body);

      const given = (operation: string, fresh: () => string) =>
        idempotency.idFor(caller, `${operation} ${project}`, idempotencyKey, body, fresh);
      const id = await given("createProjectJob", () => newId("job", clock()));
      const earlier = idempotencyKey === undefined ? null : await jobs.find(caller, id);
      // Its file may have been deleted since, and is not to come back.
      if (earlier) return reply(earlier);
      const file = await given("createProjectFile", datasets.newId);
      const named = {
        id: file,
        filename: `${body.dataset.name.slice(0, 100)}.spans.jsonl`,
        purpose: "fine-tune",
      } as const;
      await datasets.create(caller, named, async (key) => {
        await datasetBlobs.put(key, lines, "application/jsonl");
        return Buffer.byteLength(lines);
      });
      return reply(await jobs.create(caller, { ...toNewJob(body, project, file), id }));
    },

    async listJobs({ caller, params, event, query: { limit, after } }) {
      const project = projectOf(event, params.id);
      if (after !== undefined && !isId("job", after))
        throw invalid("after", `'after': '${after}' is not the id of a job.`);
      const found: Job[] = [];
      for await (const job of jobs.list(caller, { after })) {
        if (found.length === limit) break;
        if (isOf(project, job)) found.push(job);
      }
      return { body: found.map(fromJob) };
    },

    async retrieveJob({ caller, params, event }) {
      return reply(await jobIn(caller, projectOf(event, params.id), params.child));
    },

    async cancelJob({ caller, params, event }) {
      const { id } = await jobIn(caller, projectOf(event, params.id), params.child);
      return reply(await jobs.cancel(caller, id));
    },
  };
}

/** The chosen records as they are stored. Throws `invalid` when none is chosen, or none can be trained on. */
function linesOf({ dataset: { records }, min_score: minScore, topics }: CreateJob): string {
  const chosen = records.filter((record) => isChosen(record, { minScore, topics }));
  if (records.length > 0 && chosen.length === 0)
    throw invalid("min_score", `None of the ${records.length} dataset records passes 'min_score' and 'topics'.`);
  return spanLines(chosen);
}

/** The project of the path, which the header must name too. Throws `invalid` when it does not. */
function projectOf(event: APIGatewayProxyEvent, project: string): string {
  const named = header(event, "x-project-id");
  if (named === undefined)
    throw invalid("X-Project-Id", `Send the header 'X-Project-Id: ${project}', the project of the path.`);
  if (named !== project)
    throw invalid(
      "X-Project-Id",
      `The header X-Project-Id is '${named}', but the path names '${project}'. Send the same.`,
    );
  if (project.length === 0 || project.length > 512)
    throw invalid("project_id", "A project id has 1 to 512 characters.");
  return project;
}

/** The body has no room to say that a stand-in is trained; a header has. */
const reply = (job: Job) => ({
  headers: job.standIn ? { "x-anneal-stand-in": job.baseModel } : {},
  body: fromJob(job),
});
