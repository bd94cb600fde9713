import type { QueueAttributes } from "./attributes.ts";

export interface Queue {
  name: string;
  /** As they were given. */
  raw: Record<string, string>;
  attributes: QueueAttributes;
  createdAt: number;
  modifiedAt: number;
}
