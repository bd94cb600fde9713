import { makeBlobs } from "../shared/aws/blobs.ts";
import { makeQueue } from "../shared/aws/queue.ts";
import { makeTable } from "../shared/aws/table.ts";
import { Aliases, type Installation } from "../shared/catalogue.ts";
import { makePrepared } from "../shared/datasets/prepared.ts";
import { makeDatasets } from "../shared/datasets/store.ts";
import { makeIdempotency } from "../shared/idempotency.ts";
import { makeJobs } from "../shared/jobs/jobs.ts";
import type { JobMessage } from "../shared/jobs/rows.ts";
import { makeKeys } from "../shared/keys.ts";
import { makeModels } from "../shared/models.ts";
import { makeQuotes } from "../shared/quotes.ts";
import { makeUploads } from "../shared/uploads.ts";

/** The variables that say where the state is; in every function. */
export interface StateEnvironment {
  TABLE_NAME: string;
  DATASETS_BUCKET: string;
  RUNS_BUCKET: string;
  PLACE: string;
  MODEL_ALIASES: string;
  TRAINER_INSTANCE_TYPE: string;
}

/** The table, the buckets and what is kept in them, over the real AWS clients. */
export function stateOf(environment: StateEnvironment, clock = Date.now) {
  const table = makeTable({ tableName: environment.TABLE_NAME, clock });
  const datasetBlobs = makeBlobs({ bucket: environment.DATASETS_BUCKET });
  const runs = makeBlobs({ bucket: environment.RUNS_BUCKET });
  const installation: Installation = {
    place: environment.PLACE === "laptop" ? "laptop" : "cloud",
    aliases: Aliases.parse(JSON.parse(environment.MODEL_ALIASES)),
    instanceType: environment.TRAINER_INSTANCE_TYPE,
  };
  const datasets = makeDatasets({ table, blobs: datasetBlobs, clock });
  const models = makeModels({ table, installation, runsBucket: runs.bucket });
  return { table, datasetBlobs, runs, installation, datasets, models, clock, keys: makeKeys({ table, clock }) };
}
export type State = ReturnType<typeof stateOf>;

/** Everything that the routes of any dialect are made of. */
export function coreOf(environment: StateEnvironment & { JOBS_QUEUE_URL: string }, clock = Date.now) {
  const state = stateOf(environment, clock);
  const queue = makeQueue<JobMessage>({ url: environment.JOBS_QUEUE_URL });
  const { table, datasets, installation, datasetBlobs } = state;
  return {
    ...state,
    jobs: makeJobs({ table, datasets, queue, installation, clock }),
    prepared: makePrepared({ datasets, blobs: datasetBlobs }),
    uploads: makeUploads({ table, blobs: datasetBlobs, datasets, clock }),
    quotes: makeQuotes({ table, datasets, installation }),
    idempotency: makeIdempotency({ table, clock }),
  };
}
export type Core = ReturnType<typeof coreOf>;
