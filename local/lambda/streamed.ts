import { Readable } from "node:stream";
import { failure, type Head } from "./protocol.ts";
import type { Listener, Running } from "./warm-worker.ts";

export interface Streamed {
  readonly head: Head;
  /** Destroying it cancels the invocation. */
  readonly body: Readable;
}

/** Runs a streaming handler; settles when it has sent its status and headers. Throws FunctionError when it fails before. */
export async function openStream(run: (listener: Listener) => Promise<Running>): Promise<Streamed> {
  const { promise, resolve, reject } = Promise.withResolvers<Streamed>();
  let over = false;
  let headed = false;
  let unread = false;
  const body = new Readable({
    read() {
      if (!unread) return;
      unread = false;
      worker.drained();
    },
    destroy(error, done) {
      if (!over) worker.cancel();
      done(error);
    },
  });
  // The reader hears of it through its pipeline; before there is one, the rejection tells.
  body.on("error", () => {});
  const worker = await run({
    head(head) {
      headed = true;
      resolve({ head, body });
    },
    chunk(bytes) {
      if (!headed) {
        reject(failure("Runtime.NoMetadata", "The function wrote a body before its status and headers"));
        body.destroy();
      }
      if (body.destroyed) return;
      if (body.push(bytes)) worker.drained();
      else unread = true;
    },
    ended() {
      over = true;
      reject(failure("Runtime.NoMetadata", "The function ended without sending a status and headers"));
      body.push(null);
    },
    failed(error) {
      over = true;
      reject(error);
      body.destroy(error);
    },
    result() {
      over = true;
      reject(failure("Runtime.BufferedHandler", "A function without awslambda.streamifyResponse cannot stream"));
    },
  });
  return promise;
}
