import { makeQueue } from "../../shared/aws/queue.ts";
import type { JobMessage } from "../../shared/jobs/rows.ts";
import { makeFinishRun } from "../../shared/training/finish-run.ts";
import { stateOf } from "../core.ts";
import { environment, functions } from "../declarations.ts";

const variables = environment(functions.finishRun);
const { table, datasets, datasetBlobs, clock } = stateOf(variables);

/** Ends an attempt and moves its job on. */
export const handler = makeFinishRun({
  table,
  datasets,
  datasetBlobs,
  queue: makeQueue<JobMessage>({ url: variables.JOBS_QUEUE_URL }),
  clock,
});
