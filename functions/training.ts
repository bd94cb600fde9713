import { makeCallbacks, makeWorkflows } from "../shared/aws/workflows.ts";
import { makeIngest } from "../shared/training/ingest.ts";
import { makeRuns } from "../shared/training/run.ts";
import { makeSageMaker } from "../shared/training/sagemaker.ts";
import { makeSettle } from "../shared/training/settle.ts";
import { type StateEnvironment, stateOf } from "./core.ts";

interface TrainerEnvironment {
  TRAINER_IMAGE: string;
  TRAINER_ROLE_ARN: string;
  TRAINER_INSTANCE_TYPE: string;
}

/** The provider that the installation trains with. */
export const providerOf = (variables: TrainerEnvironment) =>
  makeSageMaker({
    image: variables.TRAINER_IMAGE,
    roleArn: variables.TRAINER_ROLE_ARN,
    instanceType: variables.TRAINER_INSTANCE_TYPE,
  });

/** What the workflow's steps and the listeners to runs share. */
export function runsOf(variables: StateEnvironment) {
  const { table, runs, clock } = stateOf(variables);
  const ingest = makeIngest({ table, runs });
  return makeRuns({ table, runs, callbacks: makeCallbacks(), ingest, clock });
}

/** What the queue of jobs and the schedule share. */
export function settleOf(variables: StateEnvironment & TrainerEnvironment & { TRAINING_WORKFLOW_ARN: string }) {
  const { table, datasets, runs, clock } = stateOf(variables);
  const workflows = makeWorkflows({ arn: variables.TRAINING_WORKFLOW_ARN });
  return makeSettle({ table, datasets, runs, workflows, provider: providerOf(variables), clock });
}
