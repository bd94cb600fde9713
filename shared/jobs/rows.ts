import { collection, type Table } from "../table.ts";
import { Job } from "./job.ts";

/** Told to the queue after every change of a job; see ../training/settle.ts. */
export interface JobMessage {
  organization: string;
  job: string;
}

/** The rows of all jobs, for those who look after them. */
export const jobRows = (table: Table) => collection(table, { name: "job", schema: Job, live: (job) => !job.settled });

/** Unvalidated jobs that name this file. */
export async function* waitingFor(table: Table, file: { organization: string; id: string }): AsyncIterable<Job> {
  const jobs = jobRows(table);
  for await (const { partition, id } of jobs.live()) {
    if (partition !== file.organization) continue;
    const job = await jobs.get(partition, id);
    if (job && !job.validated && (job.trainingFile === file.id || job.validationFile === file.id)) yield job;
  }
}
