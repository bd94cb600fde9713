import type { EventBridgeEvent } from "aws-lambda";
import { runOfProviderJob } from "../shared/jobs/attempts.ts";
import { stateOf } from "./core.ts";
import { environment, functions } from "./declarations.ts";
import { runsOf } from "./training.ts";

const variables = environment(functions.onTrainingState);
const { table } = stateOf(variables);
const runs = runsOf(variables);

type StateChange = EventBridgeEvent<
  "SageMaker Training Job State Change",
  { TrainingJobName: string; TrainingJobStatus: string }
>;
const ENDED = ["Completed", "Failed", "Stopped"];

/** SageMaker says that a training job has ended. Other people's training jobs are none of our business. */
export const handler = async ({ detail }: StateChange) => {
  if (!ENDED.includes(detail.TrainingJobStatus)) return;
  const run = await runOfProviderJob(table, detail.TrainingJobName);
  if (run) await runs.ended(run);
};
