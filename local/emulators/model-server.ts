import type { IncomingMessage, RequestListener } from "node:http";
import { join } from "node:path";
import { listen } from "./listener.ts";
import { answerStream, answerWhole, type Shape, shapes } from "./model-server/answer.ts";
import { OpenAiError } from "./model-server/error.ts";
import { makeFiles } from "./model-server/files.ts";
import { makePool } from "./model-server/pool.ts";
import { type Ask, readChat, readCompletion } from "./model-server/request.ts";

const MAX_BODY_BYTES = 8 * 1024 * 1024;
const endpoints: Record<string, { read(body: unknown): Ask; shape: Shape }> = {
  "/v1/chat/completions": { read: readChat, shape: shapes.chat },
  "/v1/completions": { read: readCompletion, shape: shapes.complete },
};

/**
 * An OpenAI-compatible server whose models are GGUF files in S3: `model` is `s3://bucket/key.gguf`. Each model that is asked
 * for runs in a process of its own (`servePath`, which keeps `local/trainer/serve-protocol.ts`) and stays warm.
 * `env` says where S3 is. A client that leaves cancels its request.
 */
export async function startModelServer(options: {
  dir: string;
  port?: number;
  env: Record<string, string>;
  servePath: string;
  maxLoaded?: number;
}): Promise<{ url: string; close(): Promise<void> }> {
  const { dir, env, servePath, maxLoaded = 2 } = options;
  const files = makeFiles(join(dir, "models"), env);
  const pool = makePool({ servePath, env, maxLoaded });

  const handle: RequestListener = async (request, response) => {
    const left = new AbortController();
    response.once("close", () => left.abort());
    try {
      const { read, shape } = endpointOf(request);
      const ask = read(await json(request));
      const path = await files.pathOf(ask.model);
      if (left.signal.aborted) return;
      const pieces = pool.workerOf(path).generate(ask.generation, left.signal);
      await (ask.stream ? answerStream : answerWhole)(response, shape, ask, pieces);
    } catch (thrown) {
      if (left.signal.aborted) return;
      const error =
        thrown instanceof OpenAiError
          ? thrown
          : new OpenAiError(500, thrown instanceof Error ? thrown.message : String(thrown));
      if (error.status === 500)
        console.error(`model server: ${thrown instanceof Error ? thrown.stack : String(thrown)}`);
      // In a stream the status is out already: the error is an event, and no [DONE] follows.
      if (response.headersSent) return void response.end(`data: ${JSON.stringify(error.body())}\n\n`);
      response.writeHead(error.status, { "content-type": "application/json" });
      response.end(JSON.stringify(error.body()));
    }
  };
  const server = await listen(handle, options.port);
  const close = async () => {
    await server.close();
    await pool.close();
    files.close();
  };
  return { url: server.url, close };
}

function endpointOf(request: IncomingMessage) {
  const path = request.url!.split("?")[0]!;
  if (request.method !== "POST" || !Object.hasOwn(endpoints, path))
    throw new OpenAiError(404, `Invalid URL (${request.method} ${path})`, null, "unknown_url");
  // Also keeps web pages out: a browser asks for leave before it sends JSON elsewhere, and gets none.
  if (!/^application\/json\b/.test(request.headers["content-type"] ?? ""))
    throw new OpenAiError(415, "The body must be application/json.");
  return endpoints[path]!;
}

async function json(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    bytes += (chunk as Buffer).length;
    if (bytes > MAX_BODY_BYTES) throw new OpenAiError(413, `The body is over ${MAX_BODY_BYTES} bytes.`);
    chunks.push(chunk as Buffer);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString("utf8"));
  } catch (error) {
    throw new OpenAiError(400, `The body is not JSON: ${(error as Error).message}`);
  }
}
