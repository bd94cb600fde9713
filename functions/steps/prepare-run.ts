import { makePrepareRun } from "../../shared/training/prepare-run.ts";
import { stateOf } from "../core.ts";
import { environment, functions } from "../declarations.ts";

/** Writes the directory of a run. */
export const handler = makePrepareRun(stateOf(environment(functions.prepareRun)));
