import { mkdirSync } from "node:fs";
import type { IncomingMessage } from "node:http";
import { join } from "node:path";
import dynalite from "dynalite";
import { type Authority, OPEN } from "./authority.ts";
import { guard } from "./dynamodb/guard.ts";
import { occupy } from "./listener.ts";

/**
 * DynamoDB by dynalite, kept in LevelDB below `dir`. A write that was answered survives the end of the process, however it
 * ends. Tables are made through the SDK and are ready at once. There are no transactions, streams or expiry.
 * Every request must be allowed by `authority`. Throws when another process holds `dir`.
 */
export async function startDynamodb(options: {
  dir: string;
  port?: number;
  authority?: Authority;
  region?: string;
}): Promise<{ url: string; close(): Promise<void> }> {
  const { authority = OPEN, region = "us-east-1" } = options;
  const path = join(options.dir, "dynamodb");
  mkdirSync(path, { recursive: true });
  const server = dynalite({ path, createTableMs: 0, deleteTableMs: 0, updateTableMs: 0, maxItemSizeKb: 400 });
  // Both change how dynalite listens to a request, so they come before it.
  server.prependListener("request", (request, response) => {
    outliveClients(request);
    guard(request, response, authority, region);
  });
  return occupy(server, options.port);
}

/** dynalite rethrows a request's error, so a client that leaves in mid-body would end the whole process. */
function outliveClients(request: IncomingMessage) {
  const on = request.on.bind(request);
  request.on = ((event: string, listener: (...args: unknown[]) => void) =>
    on(event, event === "error" ? () => request.destroy() : listener)) as typeof request.on;
}
