import type { SQSEvent } from "aws-lambda";
import { makeQueue } from "../shared/aws/queue.ts";
import { makePreparing } from "../shared/datasets/preparing.ts";
import { countTokens, TOKENIZER } from "../shared/datasets/tokenizer.ts";
import { derivedId } from "../shared/ids.ts";
import { type JobMessage, waitingFor } from "../shared/jobs/rows.ts";
import { stateOf } from "./core.ts";
import { environment, functions } from "./declarations.ts";
import { arrivedObjects, eachMessage } from "./messages.ts";

const variables = environment(functions.onUpload);
const { table, datasets, datasetBlobs } = stateOf(variables);
const queue = makeQueue<JobMessage>({ url: variables.JOBS_QUEUE_URL });
const preparing = makePreparing({
  datasets,
  blobs: datasetBlobs,
  tokenizer: { name: TOKENIZER, countTokens },
});

/** An object landed below uploads/: it is prepared, and the jobs that wait for it go on. */
export const handler = (event: SQSEvent) =>
  eachMessage(event, async (body) => {
    for (const { key, bytes, at, eTag } of arrivedObjects(body)) {
      const dataset = await datasets.arrived({ key, bytes, derivedId: derivedId("dataset", at, `${key}\n${eTag}`) });
      if (!dataset) continue;
      await preparing(dataset);
      for await (const job of waitingFor(table, dataset))
        await queue.send({ organization: job.organization, job: job.id });
    }
  });
