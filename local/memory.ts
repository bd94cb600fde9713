import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

const AFTER_MS = 2_000;

/**
 * Gives memory back some time after it is called, once for many calls. V8 keeps what it grew to in a busy time until it
 * has to collect again, and an idle process never has to: measured, 425 MB become 308 MB.
 */
export function makeGiveBack(): { soon(): void } {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  let timer: NodeJS.Timeout | undefined;
  return {
    soon() {
      clearTimeout(timer);
      timer = setTimeout(collect, AFTER_MS).unref();
    },
  };
}
