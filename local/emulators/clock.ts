/** Time as an argument, so that tests never wait for it. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Calls `run` once after `ms`, however many; the answer calls it off. */
  after(ms: number, run: () => void): () => void;
}

const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** The real one. Its timers keep no process alive: the servers do that. */
export const systemClock: Clock = {
  now: Date.now,
  after(ms, run) {
    let timer: NodeJS.Timeout;
    const arm = (left: number) => {
      const wait = Math.min(Math.max(left, 0), LONGEST_TIMER_MS);
      timer = setTimeout(() => (left > wait ? arm(left - wait) : run()), wait).unref();
    };
    arm(ms);
    return () => clearTimeout(timer);
  },
};
