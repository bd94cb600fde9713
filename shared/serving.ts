import { unavailable } from "./errors.ts";
import type { Servable } from "./models.ts";

export interface Answer {
  status: number;
  contentType: string;
  /** As it comes; cancelling it ends the generation. */
  answer: ReadableStream<Uint8Array>;
}

/** An OpenAI-compatible server that knows models by the address of their GGUF; `url` is empty when there is none. */
export function makeServing({ url, fetch = globalThis.fetch }: { url: string; fetch?: typeof globalThis.fetch }) {
  return {
    /** Throws `unavailable` when no server answers. What a server refuses is passed on as it says it. */
    async ask(model: Servable, path: string, body: object): Promise<Answer> {
      if (url === "")
        throw unavailable("This installation serves no models yet. Set inferenceUrl, or deploy the model elsewhere.");
      let response: Response;
      try {
        response = await fetch(`${url}${path}`, {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify({ ...body, model: model.gguf }),
        });
      } catch (error) {
        throw unavailable(`The model server cannot be reached (${(error as Error).message}). Try again in a moment.`);
      }
      const answer = response.body!.pipeThrough(renamed(model.gguf, model.name));
      return {
        status: response.status,
        contentType: response.headers.get("content-type") ?? "application/json",
        answer,
      };
    },
  };
}

/** Line by line, the address of the model is given its name back. JSON has the address in one line, as has every event of a stream. */
function renamed(address: string, name: string): TransformStream<Uint8Array, Uint8Array> {
  const decoder = new TextDecoder();
  const encoder = new TextEncoder();
  const [from, to] = [JSON.stringify(address), JSON.stringify(name)];
  let rest = "";
  return new TransformStream({
    transform(chunk, controller) {
      const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
      rest = lines.pop()!;
      for (const line of lines)
        controller.enqueue(encoder.encode(`${line.replace(`"model":${from}`, `"model":${to}`)}\n`));
    },
    flush(controller) {
      rest += decoder.decode();
      if (rest !== "") controller.enqueue(encoder.encode(rest.replace(`"model":${from}`, `"model":${to}`)));
    },
  });
}
