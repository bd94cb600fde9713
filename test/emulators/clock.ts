import type { Clock } from "../../local/emulators/clock.ts";

/** Time that moves only when it is told to. */
export function manualClock(start = Date.parse("2026-11-20T12:00:00Z")) {
  let now = start;
  const timers = new Set<{ at: number; run: () => void }>();
  const clock: Clock = {
    now: () => now,
    after(ms, run) {
      const timer = { at: now + ms, run };
      timers.add(timer);
      return () => timers.delete(timer);
    },
  };
  return {
    ...clock,
    /** Runs what falls due, in order. */
    advance(ms: number) {
      const end = now + ms;
      for (;;) {
        const [next] = [...timers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at);
        if (!next) break;
        timers.delete(next);
        now = Math.max(now, next.at);
        next.run();
      }
      now = end;
    },
    /** Resolves once something waits for the time to pass; the request that makes it wait is on its way. */
    async waiting(count = 1) {
      while (timers.size < count) await new Promise((resolve) => setTimeout(resolve, 2));
    },
    get timers() {
      return timers.size;
    },
  };
}
