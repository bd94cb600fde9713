import { environment, functions } from "../declarations.ts";
import { runsOf } from "../training.ts";

/** A run that was silent for long but is alive is waited for again, with a new token. */
export const handler = runsOf(environment(functions.awaitRun)).wait;
