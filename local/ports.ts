import { createServer } from "node:net";

/**
 * The port of an URL of the last start when it is free again, so that presigned URLs and queue URLs stay good over a
 * restart; otherwise any free one.
 */
export async function freePort(before: string | undefined): Promise<number> {
  const wanted = before ? Number(new URL(before).port) : 0;
  try {
    return await probe(wanted);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EADDRINUSE") throw error;
    return probe(0);
  }
}

function probe(port: number): Promise<number> {
  const server = createServer();
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  server.once("error", reject);
  server.listen(port, "127.0.0.1", () => {
    const { port: found } = server.address() as { port: number };
    server.close(() => resolve(found));
  });
  return promise;
}
