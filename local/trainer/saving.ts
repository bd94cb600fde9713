/** When a run saves: often enough that an interruption costs little, and at the ends of epochs so that they can be compared. */
import type { RunConfig } from "../../shared/runs.ts";
import type { Clock } from "./events.ts";

/** At most about so many checkpoints are for ends of epochs. */
const epochCheckpoints = 10;

export interface SavePlan {
  /** To be asked after every step (`step` of them are finished); the last step is always due. */
  due(step: number): boolean;
  /** To be told after every save. */
  saved(): void;
}

/**
 * With `everySteps`, that and nothing else. Without, a save is due when one more step as long as the last would put more than
 * `atRiskSeconds` of work at risk. The clock starts now.
 */
export function planSaves(save: RunConfig["save"], stepsPerEpoch: number, totalSteps: number, clock: Clock): SavePlan {
  const epochs = totalSteps / stepsPerEpoch;
  const everyEpochs = Math.ceil(epochs / epochCheckpoints) * stepsPerEpoch;
  let savedAt = clock.now();
  let steppedAt = savedAt;
  return {
    due: (step) => {
      const now = clock.now();
      // Set back, it does not say how much is at risk: it starts again from here.
      if (now < savedAt) savedAt = now;
      const stepMilliseconds = Math.max(0, now - steppedAt);
      steppedAt = now;
      if (step === totalSteps) return true;
      if (save.everySteps !== null) return step % save.everySteps === 0;
      return step % everyEpochs === 0 || now + stepMilliseconds - savedAt > save.atRiskSeconds * 1000;
    },
    saved: () => {
      savedAt = clock.now();
      steppedAt = savedAt;
    },
  };
}
