import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";

/** A server of this machine alone: 127.0.0.1, on the given port or on any free one (0). Throws when the port is taken. */
export async function listen(handler: RequestListener, port = 0): Promise<{ url: string; close(): Promise<void> }> {
  // Uploads of hours are legal; Node would cut a request off after five minutes.
  return occupy(createServer({ requestTimeout: 0, keepAliveTimeout: 30_000 }, handler), port);
}

/** The same for a server made elsewhere. Closing ends the connections that are still open. */
export async function occupy(server: Server, port = 0): Promise<{ url: string; close(): Promise<void> }> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => {
      server.off("error", reject);
      resolve();
    });
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const close = () =>
    new Promise<void>((resolve, reject) => {
      server.close((error) => (error ? reject(error) : resolve()));
      server.closeAllConnections();
    });
  return { url, close };
}
