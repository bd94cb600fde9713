import type { RunReference } from "../../shared/training/prepare-run.ts";
import { environment, functions } from "../declarations.ts";
import { providerOf, runsOf } from "../training.ts";

const variables = environment(functions.inspectRun);
const runs = runsOf(variables);
const provider = providerOf(variables);

/** What became of a run. */
export const handler = (run: RunReference) => runs.inspect(run, provider);
