import type { Blobs } from "../blobs.ts";
import { uri } from "../blobs.ts";
import { makeAttempts } from "../jobs/attempts.ts";
import { jobRows } from "../jobs/rows.ts";
import { runPrefix } from "../runs.ts";
import type { Table } from "../table.ts";
import type { Callbacks } from "../workflows.ts";
import type { makeIngest } from "./ingest.ts";
import type { RunReference } from "./prepare-run.ts";
import type { TrainingProvider } from "./provider.ts";

export type Waiting = RunReference & { token: string };

/** The workflow goes straight on to look what became of the run. It knows this error by its name. */
export class RunIsOver extends Error {
  override readonly name = "RunIsOver";
}

/** The workflow's hold on a run: hand it to the provider, wait for it, look what became of it. */
export function makeRuns(parts: {
  table: Table;
  runs: Blobs;
  callbacks: Callbacks;
  ingest: ReturnType<typeof makeIngest>;
  clock: () => number;
}) {
  const { table, runs, callbacks, ingest, clock } = parts;
  const attempts = makeAttempts(table);
  const jobs = jobRows(table);

  /** From now on this token is called back. Throws `RunIsOver` when nobody will, because the run is over already. */
  async function wait({ organization, job, attempt: n, token }: Waiting) {
    const waiting = await attempts.change({ organization, job, n }, (now) => ({ ...now, token }));
    if (!waiting) throw new Error(`There is no attempt ${n} of ${job}`);
    if (waiting.value.outcome) throw new RunIsOver();
    return waiting.value;
  }

  return {
    wait,

    /** The token is kept before the provider is asked: a run may end before this returns. */
    async start(waiting: Waiting, provider: TrainingProvider) {
      const { organization, job, attempt: n } = waiting;
      const attempt = await wait(waiting);
      const wanted = await jobs.get(organization, job);
      if (wanted?.status !== "preparing" && wanted?.status !== "running") {
        // Cancelled or paused while it waited for a machine: it gets none.
        await attempts.change(attempt, (now) => (now.outcome ? null : { ...now, outcome: { kind: "stopped" } }));
        throw new RunIsOver();
      }
      const prefix = runPrefix(organization, job, n);
      await provider.start({
        name: attempt.providerJob,
        config: uri(runs, `${prefix}run.json`),
        output: uri(runs, prefix),
        labels: { organization, job, attempt: String(n) },
      });
      await attempts.change(attempt, (now) => (now.startedAt ? null : { ...now, startedAt: clock() }));
      // Started by an earlier try, it may be over by now, and nobody will say so again.
      if ((await provider.inspect(attempt.providerJob)).state === "over") throw new RunIsOver();
    },

    /** The trainer has written something. */
    async heard(run: RunReference) {
      const attempt = await ingest(run);
      if (!attempt?.token) return;
      if (attempt.outcome) await callbacks.succeed(attempt.token, { over: true });
      else await callbacks.heartbeat(attempt.token);
    },

    /** The provider says that the run has ended; what became of it is looked up by the workflow. */
    async ended({ organization, job, attempt: n }: RunReference) {
      const attempt = await attempts.get(organization, job, n);
      if (attempt?.token) await callbacks.succeed(attempt.token, { over: true });
    },

    /** What became of the run: its own last word, or what the provider knows of one that ended without. */
    async inspect(run: RunReference, provider: TrainingProvider): Promise<{ over: boolean }> {
      // The provider first: a run that is over by now has written all it will ever write.
      const named = await attempts.get(run.organization, run.job, run.attempt);
      if (!named) throw new Error(`There is no attempt ${run.attempt} of ${run.job}`);
      const progress = await provider.inspect(named.providerJob);
      const attempt = await ingest(run);
      if (attempt?.outcome || attempt?.over) return { over: true };
      if (progress.state === "running") return { over: false };
      const message =
        progress.state === "over" ? (progress.reason ?? "It ended without a word.") : "The provider does not know it.";
      const blameless = progress.state === "over" && (progress.blameless ?? false);
      const outcome = { kind: "lost" as const, message, blameless };
      await attempts.change(named, (now) => (now.outcome ? null : { ...now, outcome }));
      return { over: true };
    },
  };
}

/** The run that an object below runs/ belongs to, or null when it is none's. */
export function runOf(key: string): RunReference | null {
  const [, organization, job, attempt] = /^runs\/([^/]+)\/([^/]+)\/(\d+)\//.exec(key) ?? [];
  return organization && job && attempt ? { organization, job, attempt: Number(attempt) } : null;
}
