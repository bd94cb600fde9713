import type { Clock } from "../clock.ts";

/** Consumers that wait for something to happen in a queue. */
export function makeWaiting(clock: Clock) {
  const waiting = new Map<string, Set<() => void>>();
  return {
    wake(queue: string) {
      for (const resume of waiting.get(queue) ?? []) resume();
    },
    /** Resolves when the queue is woken, after `ms`, or when the client is gone; whichever is first. */
    until(queue: string, ms: number, gone: AbortSignal): Promise<void> {
      return new Promise((resolve) => {
        const line = waiting.get(queue) ?? new Set();
        waiting.set(queue, line);
        const resume = () => {
          line.delete(resume);
          callOff();
          gone.removeEventListener("abort", resume);
          resolve();
        };
        const callOff = clock.after(ms, resume);
        gone.addEventListener("abort", resume, { once: true });
        line.add(resume);
      });
    },
  };
}
