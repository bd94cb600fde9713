import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { type Authority, OPEN } from "./authority.ts";
import { type Clock, systemClock } from "./clock.ts";
import { openDatabase } from "./database.ts";
import { listen } from "./listener.ts";
import { type Log, makeExecutions } from "./step-functions/executions.ts";
import { makeJournal, SFN_SCHEMA } from "./step-functions/journal.ts";
import { stepFunctionsProtocol } from "./step-functions/protocol.ts";
import type { Invoke } from "./step-functions/tasks.ts";
import { makeTokens } from "./step-functions/tokens.ts";

export interface StepFunctions {
  url: string;
  /** Executions to come run this definition, its `${…}` already replaced. Throws when it is invalid or beyond what is supported here. */
  define(stateMachineArn: string, definition: object): void;
  /** Running executions end as ABORTED. */
  close(): Promise<void>;
}

/**
 * Step Functions: JSONPath workflows of functions, with callbacks, heartbeats and time limits that hold.
 * Every request must be allowed by `authority`. `invoke` calls a function by its ARN or name for a state machine; what it rejects with names the error by `errorType` or `name`.
 * Executions die with the process and are ABORTED from the next start on; ended ones stay known.
 */
export async function startStepFunctions(options: {
  dir: string;
  port?: number;
  invoke: Invoke;
  authority?: Authority;
  onLog?: (log: Log) => void;
  clock?: Clock;
}): Promise<StepFunctions> {
  const { dir, port, invoke, authority = OPEN, onLog, clock = systemClock } = options;
  const database = openDatabase(join(dir, "step-functions.sqlite"), SFN_SCHEMA);
  const journal = makeJournal(database, clock.now);
  const tokens = makeTokens(
    clock,
    journal.secret("tokens", () => randomBytes(32)),
  );
  const executions = makeExecutions({ journal, clock, tokens, invoke, onLog });
  const server = await listen(stepFunctionsProtocol({ executions, journal, tokens, authority }), port);
  const close = async () => {
    await server.close();
    executions.close();
    database.close();
  };
  return { url: server.url, define: executions.define, close };
}
