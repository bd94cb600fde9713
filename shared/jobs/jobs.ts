import type { Caller } from "../caller.ts";
import { type Installation, resolve, standInNotice } from "../catalogue.ts";
import type { Datasets } from "../datasets/store.ts";
import { unfitForTraining } from "../datasets/trainable.ts";
import { conflict, invalid, missing } from "../errors.ts";
import { isId, newId } from "../ids.ts";
import type { Queue } from "../queue.ts";
import type { Table } from "../table.ts";
import { makeCheckpoints, makeJobEvents } from "./events.ts";
import { canBecome, type Hyperparameters, isOver, type Job, type Status } from "./job.ts";
import { type JobMessage, jobRows } from "./rows.ts";

export interface NewJob {
  /** Given out before, so that asking again is asking for the same job. */
  id?: string;
  model: string;
  trainingFile: string;
  validationFile: string | null;
  hyperparameters: Hyperparameters;
  suffix: string | null;
  seed: number | null;
  metadata: Record<string, string> | null;
}

/** Jobs as their owners see and steer them. */
export function makeJobs(parts: {
  table: Table;
  datasets: Datasets;
  queue: Queue<JobMessage>;
  installation: Installation;
  clock: () => number;
}) {
  const { table, datasets, queue, installation, clock } = parts;
  const jobs = jobRows(table);
  const events = makeJobEvents(table);
  const checkpoints = makeCheckpoints(table);

  const find = async (caller: Caller, id: string): Promise<Job | null> =>
    isId("job", id) ? jobs.get(caller.organization, id) : null;

  async function get(caller: Caller, id: string): Promise<Job> {
    const job = await find(caller, id);
    if (!job) throw missing("fine-tuning job", id, "fine_tuning_job_id");
    return job;
  }

  /** Throws `conflict` when the job cannot become this from where it is. */
  async function become(
    caller: Caller,
    id: string,
    status: Status,
    words: { refused: (now: Status) => string; told: string },
    from: (now: Status) => boolean = (now) => canBecome(now, status),
  ): Promise<Job> {
    await get(caller, id);
    const now = clock();
    const changed = await jobs.change(caller.organization, id, (job) => {
      if (!from(job.status)) throw conflict(words.refused(job.status));
      return { ...job, status, settled: false, ...(isOver(status) && { finishedAt: now }) };
    });
    const job = changed!.value;
    await events.tell(job, `9-${status}`, { at: now, message: words.told });
    await queue.send({ organization: job.organization, job: job.id });
    return job;
  }

  return {
    find,
    get,

    /** A queued job. Throws `invalid` naming `model`, `training_file` or `validation_file`. */
    async create(caller: Caller, wanted: NewJob): Promise<Job> {
      const earlier = wanted.id && (await jobs.get(caller.organization, wanted.id));
      if (earlier) return earlier;
      const { requested, model, standIn, provider } = resolve(wanted.model, installation);
      await requireTrainable(caller, wanted.trainingFile, "training_file");
      if (wanted.validationFile) await requireTrainable(caller, wanted.validationFile, "validation_file");
      const now = clock();
      const job: Job = {
        organization: caller.organization,
        id: wanted.id ?? newId("job", now),
        status: "queued",
        createdAt: now,
        startedAt: null,
        finishedAt: null,
        model: requested,
        baseModel: model.name,
        standIn,
        provider,
        suffix: wanted.suffix,
        // Anyone who asks for no seed still gets a run that can be repeated.
        seed: wanted.seed ?? now % 2 ** 31,
        trainingFile: wanted.trainingFile,
        validationFile: wanted.validationFile,
        hyperparameters: wanted.hyperparameters,
        resolved: null,
        metadata: wanted.metadata,
        quote: null,
        validated: false,
        attempt: 0,
        progress: null,
        trainedTokens: null,
        results: null,
        leakage: null,
        resultFiles: [],
        tunedModel: null,
        error: null,
        trainingSeconds: 0,
        settled: false,
      };
      if (!(await jobs.insert(caller.organization, job.id, job))) return get(caller, job.id);
      // Told together: their names keep them in order, and the caller waits for one round trip instead of four.
      const told = [
        events.tell(job, "1-created", { at: now, message: `Created fine-tuning job: ${job.id}` }),
        events.tell(job, "3-validating", { at: now, message: `Validating training file: ${job.trainingFile}` }),
      ];
      if (standIn)
        told.push(events.tell(job, "2-stand-in", { at: now, level: "warn", message: standInNotice(requested) }));
      await Promise.all([...told, queue.send({ organization: job.organization, job: job.id })]);
      return job;
    },

    /** Newest first; those after the given id only. */
    list: (caller: Caller, options: { after?: string | undefined } = {}) =>
      jobs.list(caller.organization, { after: options.after, descending: true }),

    cancel: (caller: Caller, id: string) =>
      become(caller, id, "cancelled", {
        refused: (now) => `Job '${id}' is already ${now} and cannot be cancelled.`,
        told: "The job was cancelled.",
      }),

    /** The run saves a checkpoint and leaves its machine. */
    pause: (caller: Caller, id: string) =>
      become(caller, id, "paused", {
        refused: (now) => `Job '${id}' is ${now}; only a queued or running job can be paused.`,
        told: "The job was paused. Resume it to go on from its last checkpoint.",
      }),

    resume(caller: Caller, id: string): Promise<Job> {
      const refused = (now: Status) => `Job '${id}' is ${now}; only a paused job can be resumed.`;
      const words = { refused, told: "The job was resumed." };
      return become(caller, id, "queued", words, (now) => now === "paused");
    },

    async *events(caller: Caller, id: string, options: { after?: string | undefined; descending?: boolean } = {}) {
      yield* events.list(await get(caller, id), options);
    },
    async *checkpoints(caller: Caller, id: string, options: { descending?: boolean } = {}) {
      yield* checkpoints.list(await get(caller, id), options);
    },
  };

  async function requireTrainable(caller: Caller, id: string, param: "training_file" | "validation_file") {
    const wrong = unfitForTraining(id, await datasets.find(caller, id));
    if (wrong) throw invalid(param, wrong);
  }
}
export type Jobs = ReturnType<typeof makeJobs>;
