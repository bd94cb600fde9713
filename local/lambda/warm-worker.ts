import { randomUUID } from "node:crypto";
import { Worker } from "node:worker_threads";
import type { Log } from "../log.ts";
import {
  type Failure,
  type FromWorker,
  FunctionError,
  failureOf,
  type ToWorker,
  type WorkerSetup,
} from "./protocol.ts";

/** Hears what an invocation says. Exactly one of `result`, `failed` and `ended` comes, and it comes last. */
export interface Listener {
  result(payload: string): void;
  failed(error: FunctionError): void;
  head(head: Extract<FromWorker, { type: "head" }>["head"]): void;
  chunk(bytes: Uint8Array): void;
  ended(): void;
}

/** An invocation under way. */
export interface Running {
  /** The client took the last chunk. */
  drained(): void;
  cancel(): void;
}

/** A thread that has a function's code loaded. */
export interface WarmWorker {
  /** One at a time; `over` is called when the next may come, or `dead` has become true. */
  invoke(event: string, listener: Listener, over: () => void): Running;
  readonly dead: boolean;
  /** Whether its code is loaded. */
  readonly ready: boolean;
  end(): Promise<void>;
}

/** How long a handler may go on after its client left, before its thread is ended. */
const GRACE_MS = 5_000;

export function startWorker(options: {
  setup: WorkerSetup;
  timeoutSeconds: number;
  env: NodeJS.ProcessEnv;
  log: Log;
  onReady: () => void;
}): WarmWorker {
  const { setup, timeoutSeconds, env, log, onReady } = options;
  const worker = new Worker(new URL("./worker.ts", import.meta.url), {
    name: setup.functionName,
    workerData: setup,
    env,
    stdout: true,
    stderr: true,
    resourceLimits: { maxYoungGenerationSizeMb: 16, maxOldGenerationSizeMb: setup.memoryMiB },
  });
  for (const stream of [worker.stdout, worker.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => log.write(setup.functionName, text));
  }
  const say = (message: ToWorker) => worker.postMessage(message);
  let current: { listener: Listener; over(): void; timer: NodeJS.Timeout } | null = null;
  let dead = false;
  let ready = false;

  const settle = (tell: (listener: Listener) => void) => {
    if (!current) return;
    const { listener, over, timer } = current;
    clearTimeout(timer);
    current = null;
    tell(listener);
    over();
  };
  const die = (failure: Failure) => {
    if (dead) return;
    dead = true;
    if (!current) log.error(setup.functionName, `${failure.errorMessage}\n${failure.trace.join("\n")}`);
    settle((listener) => listener.failed(new FunctionError(failure)));
    void worker.terminate();
  };

  const hears: { [T in FromWorker["type"]]: (message: Extract<FromWorker, { type: T }>) => void } = {
    ready: () => {
      ready = true;
      onReady();
    },
    result: ({ payload }) => settle((listener) => listener.result(payload)),
    failed: ({ failure }) => settle((listener) => listener.failed(new FunctionError(failure))),
    ended: () => settle((listener) => listener.ended()),
    head: ({ head }) => current?.listener.head(head),
    chunk: ({ bytes }) => current?.listener.chunk(bytes),
  };
  worker.on("message", (message: FromWorker) => hears[message.type](message as never));
  worker.on("error", (error) => die(failureOf(error)));
  worker.on("exit", (code) =>
    die({ errorType: "Runtime.ExitError", errorMessage: `Runtime exited with code ${code}`, trace: [] }),
  );

  return {
    get dead() {
      return dead;
    },
    get ready() {
      return ready;
    },
    invoke(event, listener, over) {
      const requestId = randomUUID();
      const errorMessage = `RequestId: ${requestId} Error: Task timed out after ${timeoutSeconds.toFixed(2)} seconds`;
      const timer = setTimeout(
        () => die({ errorType: "Sandbox.Timedout", errorMessage, trace: [] }),
        timeoutSeconds * 1000,
      );
      const mine = { listener, over, timer };
      current = mine;
      say({ type: "invoke", requestId, event, deadline: Date.now() + timeoutSeconds * 1000 });
      return {
        drained: () => say({ type: "drained" }),
        cancel() {
          if (current !== mine) return;
          say({ type: "cancel" });
          clearTimeout(mine.timer);
          mine.timer = setTimeout(
            () =>
              die({
                errorType: "ClientGone",
                errorMessage: "The handler went on after its client had left",
                trace: [],
              }),
            GRACE_MS,
          );
        },
      };
    },
    async end() {
      dead = true;
      // Quiet: whoever still waits is told, and nothing is logged.
      settle((listener) =>
        listener.failed(
          new FunctionError({ errorType: "Runtime.Shutdown", errorMessage: "The laptop is stopping", trace: [] }),
        ),
      );
      await worker.terminate();
    },
  };
}
