import type { Log } from "./log.ts";

const PATIENCE_MS = 2_000;

/** The first start is slow, and silence looks like a fault. */
export function sayWhenSlow(log: Log) {
  let stage = "";
  const timer = setTimeout(() => log.error("anneal", `still starting: ${stage}`), PATIENCE_MS).unref();
  return {
    doing(next: string) {
      stage = next;
    },
    done: () => clearTimeout(timer),
  };
}
