import * as z from "zod";
import type { Queue } from "./queue.ts";
import type { Queues } from "./queues.ts";

/** What operations work on. */
export interface Place {
  queues: Queues;
  /** By its URL. Throws QueueDoesNotExist. */
  named(queueUrl: string): Queue;
  urlOf(name: string): string;
  arnOf(name: string): string;
}

export const QueueUrl = z.string();
