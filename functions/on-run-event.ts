import type { SQSEvent } from "aws-lambda";
import { runOf } from "../shared/training/run.ts";
import { environment, functions } from "./declarations.ts";
import { arrivedObjects, eachMessage } from "./messages.ts";
import { runsOf } from "./training.ts";

const runs = runsOf(environment(functions.onRunEvent));

/** A trainer wrote events: they are taken in, and the workflow hears that the run is alive or over. */
export const handler = (event: SQSEvent) =>
  eachMessage(event, async (body) => {
    for (const { key } of arrivedObjects(body)) {
      const run = runOf(key);
      if (run) await runs.heard(run);
    }
  });
