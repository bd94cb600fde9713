/** What the control plane wants of a run: read from `control.json`, at most once per second. */
import { Control } from "../../shared/runs.ts";
import type { Clock } from "./events.ts";
import type { Storage } from "./storage.ts";

const pollMilliseconds = 1000;

/** Gives the latest command. An aborted `signal` (SIGTERM) is `pause`, whatever the file says. */
export function watchControl(
  storage: Storage,
  output: string,
  clock: Clock,
  signal: AbortSignal,
): () => Promise<Control["command"]> {
  let command: Control["command"] = "continue";
  let readAt = Number.NEGATIVE_INFINITY;
  return async () => {
    if (signal.aborted) return "pause";
    const now = clock.now();
    // A clock that was set back must not silence the control plane until it has caught up.
    if (now >= readAt && now - readAt < pollMilliseconds) return command;
    readAt = now;
    const file = await storage.read(`${output}control.json`);
    if (file) command = Control.parse(JSON.parse(new TextDecoder().decode(file))).command;
    return command;
  };
}
