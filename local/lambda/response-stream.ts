import { Writable } from "node:stream";
import type { MessagePort } from "node:worker_threads";
import type { FromWorker, Head } from "./protocol.ts";

/**
 * The stream a streaming handler writes its reply to. One chunk is under way at a time, and the next one waits until the
 * client has taken it: so a slow client slows the handler, as in the cloud.
 */
export class ResponseStream extends Writable {
  #port: MessagePort;
  #taken: ((error?: Error) => void) | null = null;

  constructor(port: MessagePort) {
    super({ decodeStrings: true });
    this.#port = port;
  }

  head(head: Head) {
    this.#port.postMessage({ type: "head", head } satisfies FromWorker);
  }

  /** The client took the last chunk. */
  drained() {
    const taken = this.#taken;
    this.#taken = null;
    taken?.();
  }

  override _write(chunk: Buffer, _encoding: string, taken: (error?: Error) => void) {
    if (chunk.length === 0) return taken();
    this.#taken = taken;
    this.#port.postMessage({ type: "chunk", bytes: chunk } satisfies FromWorker);
  }

  override _writev(chunks: { chunk: Buffer }[], taken: (error?: Error) => void) {
    this._write(Buffer.concat(chunks.map(({ chunk }) => chunk)), "buffer", taken);
  }
}

export type StreamingHandler = (event: unknown, stream: ResponseStream, context: unknown) => Promise<unknown>;

const STREAMS = Symbol.for("aws.lambda.runtime.handler.streaming");

export const isStreaming = (handler: object): handler is StreamingHandler => STREAMS in handler;

/** The global of Lambda's Node runtime, which streaming handlers are made with. */
export const awslambda = {
  streamifyResponse: (handler: StreamingHandler) => Object.assign(handler, { [STREAMS]: "response" }),
  HttpResponseStream: {
    /** Sends the status and the headers at once; what is written then is the body. */
    from(stream: ResponseStream, head: Head) {
      stream.head(head);
      return stream;
    },
  },
};
