/** The attempt's event log: numbered from 1, written in batches that are never rewritten. */
import { eventKey, RunEvent } from "../../shared/runs.ts";
import type { Storage } from "./storage.ts";

type Unnumbered<T> = T extends unknown ? Omit<T, "n" | "at"> : never;
export type NewEvent = Unnumbered<RunEvent>;

export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
}

export interface Events {
  /** Numbers and stamps an event; writes what has gathered when the last write is a second old, or at once when `urgent`. */
  emit(event: NewEvent, options?: { urgent?: boolean }): Promise<void>;
  log(level: "info" | "warn" | "error", message: string): Promise<void>;
  /** Writes what has gathered. */
  flush(): Promise<void>;
}

const batchMilliseconds = 1000;

/** `output` is the attempt's directory and ends in a slash. */
export function makeEvents(storage: Storage, output: string, clock: Clock): Events {
  let next = 1;
  let waiting: RunEvent[] = [];
  let writtenAt = Number.NEGATIVE_INFINITY;
  const flush = async () => {
    const batch = waiting;
    if (!batch.length) return;
    waiting = [];
    writtenAt = clock.now();
    await storage.write(eventKey(output, batch[0]!.n), batch.map((event) => `${JSON.stringify(event)}\n`).join(""));
  };
  const emit: Events["emit"] = async (event, { urgent = false } = {}) => {
    waiting.push(RunEvent.parse({ ...event, n: next++, at: new Date(clock.now()).toISOString() }));
    const since = clock.now() - writtenAt;
    // A clock that was set back says nothing of how long ago that was.
    if (urgent || since >= batchMilliseconds || since < 0) await flush();
  };
  return { emit, flush, log: (level, message) => emit({ type: "log", level, message }) };
}
