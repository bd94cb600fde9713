import type { IncomingMessage } from "node:http";

/** API Gateway's limit. */
export const BODY_BYTES = 10 * 1024 * 1024;

/** How much of a refused body is read on, so that its sender gets to see the refusal, and for how long. */
const LINGER = { bytes: 64 * 1024 * 1024, milliseconds: 2_000 };

export class TooLarge extends Error {}
export class Truncated extends Error {}

const announced = (request: IncomingMessage) => Number(request.headers["content-length"] ?? 0);
/** Whether the body is announced to be over the limit: it can then be refused before a byte of it is read. */
export const isTooLarge = (request: IncomingMessage) => announced(request) > BODY_BYTES;

/** The whole body. Throws TooLarge beyond the limit, and Truncated when the client leaves before the end. */
export function readBody(request: IncomingMessage): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  if (request.headers["transfer-encoding"] === undefined && announced(request) === 0) return Promise.resolve(NOTHING);
  const chunks: Buffer[] = [];
  let size = 0;
  const onData = (chunk: Buffer) => {
    size += chunk.length;
    if (size > BODY_BYTES) {
      request.off("data", onData);
      chunks.length = 0;
      reject(new TooLarge());
    } else chunks.push(chunk);
  };
  request.on("data", onData);
  request.once("end", () => resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)));
  request.once("error", () => reject(new Truncated()));
  request.once("close", () => reject(new Truncated()));
  return promise;
}

/** Closes the connection of a request whose body nobody wants, but not before its sender could read the answer. */
export function hangUp(request: IncomingMessage) {
  const { socket } = request;
  let left = LINGER.bytes;
  const timer = setTimeout(() => socket.destroy(), LINGER.milliseconds).unref();
  socket.once("close", () => clearTimeout(timer));
  request.on("error", () => {});
  request.on("data", (chunk: Buffer) => {
    left -= chunk.length;
    if (left < 0) socket.destroy();
  });
  request.resume();
}

const NOTHING = Buffer.alloc(0);
