import type { Waiting } from "../../shared/training/run.ts";
import { environment, functions } from "../declarations.ts";
import { providerOf, runsOf } from "../training.ts";

const variables = environment(functions.startRun);
const runs = runsOf(variables);
const provider = providerOf(variables);

/** Hands a run to the provider; the token is called back when it is over. */
export const handler = (waiting: Waiting) => runs.start(waiting, provider);
