import type { DatabaseSync } from "node:sqlite";
import type { TrainingRequest } from "./request.ts";

export const SAGEMAKER_SCHEMA = `
  CREATE TABLE IF NOT EXISTS jobs (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE, status TEXT NOT NULL, job TEXT NOT NULL
  ) STRICT;
`;

export type JobStatus = "InProgress" | "Completed" | "Failed" | "Stopping" | "Stopped";
export type SecondaryStatus =
  | "Pending"
  | "Starting"
  | "Training"
  | "Completed"
  | "Failed"
  | "Stopping"
  | "Stopped"
  | "MaxRuntimeExceeded";
/** Times in milliseconds since 1970. */
export interface TrainingJob {
  arn: string;
  request: TrainingRequest;
  status: JobStatus;
  secondary: SecondaryStatus;
  transitions: { status: SecondaryStatus; message: string; startedAt: number; endedAt?: number }[];
  createdAt: number;
  modifiedAt: number;
  startedAt?: number;
  endedAt?: number;
  failureReason?: string;
}
export type Registry = ReturnType<typeof makeRegistry>;

export const isOver = (job: TrainingJob) => !["InProgress", "Stopping"].includes(job.status);

/** Every job there ever was: names are taken for good. */
export function makeRegistry(database: DatabaseSync) {
  const parse = (row: Record<string, unknown>) => JSON.parse(row.job as string) as TrainingJob;
  return {
    find(name: string): TrainingJob | undefined {
      const row = database.prepare("SELECT job FROM jobs WHERE name = ?").get(name);
      return row && parse(row);
    },
    save(job: TrainingJob) {
      database
        .prepare(
          "INSERT INTO jobs (name, status, job) VALUES (?1, ?2, ?3) ON CONFLICT (name) DO UPDATE SET status = ?2, job = ?3",
        )
        .run(job.request.TrainingJobName, job.status, JSON.stringify(job));
    },
    /** Those that were not over, oldest first. */
    unfinished: () =>
      database.prepare("SELECT job FROM jobs WHERE status IN ('InProgress', 'Stopping') ORDER BY seq").all().map(parse),
    /** Newest first, from before `before`; `next` is where the next page begins. */
    list(filter: { nameContains: string; status: string | null; most: number; before: number }) {
      const rows = database
        .prepare(
          "SELECT seq, job FROM jobs WHERE instr(name, ?1) > 0 AND (?2 IS NULL OR status = ?2) AND seq < ?3 ORDER BY seq DESC LIMIT ?4",
        )
        .all(filter.nameContains, filter.status, filter.before, filter.most);
      return { jobs: rows.map(parse), next: rows.length === filter.most ? (rows.at(-1)!.seq as number) : null };
    },
  };
}
