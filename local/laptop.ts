import { mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import type { AwsSettings } from "./endpoints.ts";
import { takeLock } from "./lock.ts";
import { openLog } from "./log.ts";
import { startSystem } from "./system.ts";
import type { Stack } from "./template.ts";

export interface Laptop {
  readonly url: string;
  readonly apiKey: string;
  readonly organization: string;
  readonly aws: AwsSettings;
  /** Ends everything, children included; what they were doing goes on at the next start. */
  close(): Promise<void>;
}

export interface LaptopOptions {
  /** 0 takes any free one. */
  port: number;
  dataDir: string;
  /** Nothing on stderr; the log has it. */
  quiet?: boolean;
  /** Templates to run instead of the synthesized ones, for tests. */
  stacks?: readonly Stack[];
  backOffSeconds?: number;
}

/**
 * Runs the system on this machine: synthesizes the CDK app and runs what the templates say. Ready when it returns.
 * Throws, with everything closed again, when the directory is in use, the port is taken or the template cannot be run here.
 */
export async function startLaptop(options: LaptopOptions): Promise<Laptop> {
  const dataDir = resolve(options.dataDir);
  const closing = new AsyncDisposableStack();
  const lock = occupy(dataDir);
  closing.defer(() => lock.release());
  const log = openLog({ path: join(dataDir, "anneal.log"), quiet: options.quiet ?? false });
  closing.defer(() => log.close());
  try {
    const { gateway, credentials, aws } = await startSystem({
      ...options,
      dataDir,
      log,
      defer: (close) => closing.defer(close),
    });
    return {
      url: gateway.url,
      apiKey: credentials.apiKey,
      organization: credentials.organization,
      aws,
      async close() {
        log.write("laptop", "stopping");
        await closing.disposeAsync();
      },
    };
  } catch (error) {
    log.write("laptop", `could not start: ${error instanceof Error ? error.stack : error}`);
    await closing.disposeAsync();
    throw error;
  }
}

/** Makes the directory and takes its lock. */
function occupy(dataDir: string) {
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    return takeLock(dataDir);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === undefined) throw cause;
    throw new Error(
      `${dataDir} cannot be written (${(cause as Error).message}). Set ANNEAL_DATA to a directory of yours.`,
      { cause },
    );
  }
}
