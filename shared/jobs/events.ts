import * as z from "zod";
import { collection, type Table } from "../table.ts";

export const JobEvent = z.object({
  /** Sorts by time; names what happened, so that telling it twice is telling it once. */
  id: z.string(),
  at: z.number(),
  level: z.enum(["info", "warn", "error"]),
  type: z.enum(["message", "metrics"]),
  message: z.string(),
  data: z.record(z.string(), z.unknown()).nullable(),
});
export type JobEvent = z.infer<typeof JobEvent>;

/** What happened to a job, for people. */
export function makeJobEvents(table: Table) {
  const events = collection(table, { name: "event", schema: JobEvent });
  const partition = (job: { organization: string; id: string }) => `${job.organization}/${job.id}`;
  return {
    /** `what` names the occurrence within its job: the same one told again, at the same time, is not added twice. */
    async tell(
      job: { organization: string; id: string },
      what: string,
      event: Pick<JobEvent, "at" | "message"> & Partial<JobEvent>,
    ): Promise<void> {
      const id = `ftevent-${String(event.at).padStart(14, "0")}-${what}`;
      await events.insert(partition(job), id, { level: "info", type: "message", data: null, ...event, id });
    },
    list: (
      job: { organization: string; id: string },
      options: { after?: string | undefined; descending?: boolean } = {},
    ) => events.list(partition(job), options),
  };
}
export type JobEvents = ReturnType<typeof makeJobEvents>;

const Checkpoint = z.object({
  id: z.string(),
  job: z.string(),
  at: z.number(),
  step: z.int(),
  uri: z.string(),
  trainLoss: z.number().nullable(),
  validation: z.object({ loss: z.number(), tokenAccuracy: z.number(), tokens: z.number() }).nullable(),
});
export type Checkpoint = z.infer<typeof Checkpoint>;

/** Checkpoints of a job, one per step. */
export function makeCheckpoints(table: Table) {
  const checkpoints = collection(table, { name: "checkpoint", schema: Checkpoint });
  const partition = (job: { organization: string; id: string }) => `${job.organization}/${job.id}`;
  const id = (step: number) => String(step).padStart(9, "0");
  return {
    add: (job: { organization: string; id: string }, checkpoint: Checkpoint) =>
      checkpoints.insert(partition(job), id(checkpoint.step), checkpoint),
    list: (job: { organization: string; id: string }, options: { descending?: boolean } = {}) =>
      checkpoints.list(partition(job), options),
  };
}
export type Checkpoints = ReturnType<typeof makeCheckpoints>;
