import type { Blobs } from "../blobs.ts";
import { uri } from "../blobs.ts";
import type { Caller } from "../caller.ts";
import type { Installation } from "../catalogue.ts";
import { preparedKeys } from "../datasets/dataset.ts";
import { findLeakage } from "../datasets/leakage.ts";
import type { Datasets } from "../datasets/store.ts";
import { makeAttempts } from "../jobs/attempts.ts";
import { makeJobEvents } from "../jobs/events.ts";
import type { Job } from "../jobs/job.ts";
import { jobRows } from "../jobs/rows.ts";
import { makeQuotes } from "../quotes.ts";
import { type RunConfig, runPrefix } from "../runs.ts";
import type { Table } from "../table.ts";
import { resolveHyperparameters, trainerHyperparameters } from "./hyperparameters.ts";

/** A trainer says something at least every minute; five of silence are worth a look. */
export const HEARTBEAT_SECONDS = 300;

export interface RunReference {
  organization: string;
  job: string;
  attempt: number;
}

/** Writes the run's directory. `proceed` is false when there is nothing to run any more. */
export function makePrepareRun(parts: {
  table: Table;
  datasets: Datasets;
  datasetBlobs: Blobs;
  runs: Blobs;
  installation: Installation;
  clock: () => number;
}) {
  const { table, datasets, datasetBlobs, runs, installation, clock } = parts;
  const quotes = makeQuotes({ table, datasets, installation });
  const jobs = jobRows(table);
  const attempts = makeAttempts(table);
  const events = makeJobEvents(table);

  return async ({
    organization,
    job: id,
    attempt: n,
  }: RunReference): Promise<{ proceed: boolean; heartbeatSeconds: number }> => {
    const nothing = { proceed: false, heartbeatSeconds: HEARTBEAT_SECONDS };
    const attempt = await attempts.get(organization, id, n);
    if (!attempt || attempt.over) return nothing;
    const begun = await jobs.change(organization, id, (job) =>
      job.status === "queued" && job.attempt === n ? { ...job, status: "preparing" } : null,
    );
    const job = begun?.value;
    // Running already: a new execution takes over an attempt whose first one was lost.
    if (!job || job.attempt !== n || (job.status !== "preparing" && job.status !== "running")) return nothing;

    // The directory is written, and the run has read its files.
    if (attempt.startedAt) return { proceed: true, heartbeatSeconds: HEARTBEAT_SECONDS };

    const owner: Caller = { organization, keyId: "prepare-run", scopes: [] };
    const training = await datasets.find(owner, job.trainingFile);
    const validation = job.validationFile ? await datasets.find(owner, job.validationFile) : null;
    if (!training || (job.validationFile && !validation)) {
      await fail(job, "A file of the job was deleted while it waited.");
      return nothing;
    }
    if (validation && n === 1) await tellLeakage(job, attempt.createdAt, training.id, validation.id);

    const resolved = resolveHyperparameters(job.hyperparameters, training.summary!.rows);
    const prefix = runPrefix(organization, id, n);
    const config: RunConfig = {
      version: 1,
      organization,
      job: id,
      attempt: n,
      model: { name: job.baseModel, uri: uri(runs, `base-models/${job.baseModel}/`) },
      method: { type: "supervised" },
      dataset: {
        training: uri(datasetBlobs, preparedKeys(training).records),
        validation: validation && uri(datasetBlobs, preparedKeys(validation).records),
      },
      hyperparameters: trainerHyperparameters(resolved),
      seed: job.seed,
      resume: attempt.resume,
      save: { everySteps: null, atRiskSeconds: 120 },
      output: uri(runs, prefix),
    };
    await runs.put(`${prefix}run.json`, JSON.stringify(config, null, 2), "application/json");
    const { model, trainingFile, hyperparameters } = job;
    const { tokens, seconds, cost } = await quotes.quote(owner, { model, trainingFile, hyperparameters });
    await jobs.change(organization, id, (now) =>
      now.resolved ? null : { ...now, resolved, quote: { tokens, seconds, cost } },
    );
    return { proceed: true, heartbeatSeconds: HEARTBEAT_SECONDS };
  };

  async function fail(job: Job, message: string) {
    const now = clock();
    const failed = await jobs.change(job.organization, job.id, (current) =>
      current.status === "preparing"
        ? {
            ...current,
            status: "failed",
            finishedAt: now,
            error: { code: "file_missing", message, param: "training_file" },
          }
        : null,
    );
    if (failed?.changed) await events.tell(job, "9-failed", { at: now, level: "error", message });
  }

  /** Validation rows that are also trained on make its loss look better than it is: said, not forbidden. */
  async function tellLeakage(job: Job, at: number, training: string, validation: string) {
    const fingerprints = async (id: string) => {
      const bytes = await datasetBlobs.read(preparedKeys({ organization: job.organization, id }).fingerprints);
      if (!bytes) throw new Error(`The fingerprints of ${id} are missing`);
      return bytes;
    };
    const found = await findLeakage(await fingerprints(training), await fingerprints(validation));
    await jobs.change(job.organization, job.id, (now) => ({ ...now, leakage: found }));
    if (found.rows === 0) return;
    await events.tell(job, "5-leakage", {
      at,
      level: "warn",
      message: `${found.rows} of the validation rows are also in the training file (rows ${found.listed.slice(0, 10).join(", ")}): the validation loss will look better than it is.`,
      data: { leaked_rows: found.rows },
    });
  }
}
