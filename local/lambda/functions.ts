import type { Log } from "../log.ts";
import { makeGiveBack } from "../memory.ts";
import { makePool, type Pool } from "./pool.ts";
import { failure, type WorkerSetup } from "./protocol.ts";
import { openStream, type Streamed } from "./streamed.ts";
import { type Listener, startWorker } from "./warm-worker.ts";

/** A Lambda function of the template, as the laptop runs it. */
export interface FunctionSetup {
  readonly name: string;
  readonly arn: string;
  readonly roleArn: string;
  /** The TypeScript file itself. */
  readonly entry: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly timeoutSeconds: number;
  readonly memoryMiB: number;
  readonly maxWorkers: number;
  /** How long a thread waits for its next event before it is ended. */
  readonly idleSeconds: number;
}

export interface Functions {
  /** Whether the template has such a function and the laptop can run it. */
  knows(arn: string): boolean;
  /** The function's result. Throws FunctionError when it throws, takes too long or dies. */
  invoke(arn: string, event: unknown): Promise<unknown>;
  /** The same with the event and the result as JSON, unread. */
  invokeRaw(arn: string, event: string): Promise<string>;
  /** Settles when the function has sent its status and headers. Throws FunctionError when it fails before. */
  stream(arn: string, event: string): Promise<Streamed>;
  close(): Promise<void>;
}

/** Lambda's limit for an event and for a buffered result. */
export const PAYLOAD_BYTES = 6 * 1024 * 1024;

export function startFunctions(options: {
  functions: readonly FunctionSetup[];
  /** Added to a function's own: endpoints, region, and the credentials of its role. */
  environmentOf(setup: FunctionSetup): Readonly<Record<string, string>>;
  cacheDir: string;
  log: Log;
}): Functions {
  const { functions, environmentOf, cacheDir, log } = options;
  const memory = makeGiveBack();
  const pools = new Map(functions.map((each) => [each.arn, poolOf(each)]));

  function poolOf(each: FunctionSetup): Pool {
    // The declared options are for the bundle that is deployed; here Node runs the sources.
    const { NODE_OPTIONS, ...own } = each.environment;
    const env = {
      PATH: process.env.PATH,
      TZ: ":UTC",
      ...environmentOf(each),
      ...own,
      AWS_LAMBDA_FUNCTION_NAME: each.name,
      AWS_LAMBDA_FUNCTION_VERSION: "$LATEST",
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(each.memoryMiB),
      AWS_EXECUTION_ENV: "AWS_Lambda_nodejs24.x",
    };
    const setup: WorkerSetup = {
      entry: each.entry,
      functionName: each.name,
      functionArn: each.arn,
      memoryMiB: each.memoryMiB,
      cacheDir,
    };
    const start = (onReady: () => void) =>
      startWorker({ setup, timeoutSeconds: each.timeoutSeconds, env, log, onReady });
    return makePool({ size: each.maxWorkers, idleMs: each.idleSeconds * 1000, start, onCooled: memory.soon });
  }

  const run = async (arn: string, event: string, listener: Listener) => {
    const pool = pools.get(arn);
    if (!pool) throw new Error(`No function ${arn} in the template`);
    const worker = await pool.acquire();
    return worker.invoke(event, listener, () => pool.release(worker));
  };

  const invokeRaw = async (arn: string, event: string) => {
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    const wrongKind = () =>
      reject(failure("Runtime.StreamingHandler", "A streaming handler was invoked without a stream"));
    await run(arn, event, { result: resolve, failed: reject, head: wrongKind, chunk: wrongKind, ended: wrongKind });
    const payload = await promise;
    if (payload.length > PAYLOAD_BYTES / 3 && Buffer.byteLength(payload) > PAYLOAD_BYTES)
      throw failure(
        "Function.ResponseSizeTooLarge",
        `Response payload size exceeded maximum allowed payload size (${PAYLOAD_BYTES} bytes).`,
      );
    return payload;
  };

  return {
    knows: (arn) => pools.has(arn),
    invokeRaw,
    invoke: async (arn, event) => JSON.parse(await invokeRaw(arn, JSON.stringify(event))),
    stream: (arn, event) => openStream((listener) => run(arn, event, listener)),
    async close() {
      await Promise.all([...pools.values()].map((pool) => pool.close()));
    },
  };
}
