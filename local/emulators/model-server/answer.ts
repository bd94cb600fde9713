import { randomUUID } from "node:crypto";
import type { ServerResponse } from "node:http";
import type { Delta, Finish } from "../../trainer/serve-protocol.ts";
import type { Ask } from "./request.ts";

type Pieces = AsyncGenerator<Delta, Finish>;
/** What differs between the two endpoints. */
export interface Shape {
  id: string;
  object: string;
  chunk: string;
  whole(text: string): object;
  /** The first piece of a stream may say who speaks. */
  opening: object | null;
  piece(text: string): object;
  /** What the last piece of a stream has in place of text. */
  closing: object;
}
export const shapes = {
  chat: {
    id: "chatcmpl-",
    object: "chat.completion",
    chunk: "chat.completion.chunk",
    whole: (content) => ({ message: { role: "assistant", content, refusal: null } }),
    opening: { delta: { role: "assistant", content: "" } },
    piece: (content) => ({ delta: { content } }),
    closing: { delta: {} },
  },
  complete: {
    id: "cmpl-",
    object: "text_completion",
    chunk: "text_completion",
    whole: (text) => ({ text }),
    opening: null,
    piece: (text) => ({ text }),
    closing: { text: "" },
  },
} satisfies Record<string, Shape>;

const usageOf = ({ usage: { promptTokens, completionTokens } }: Finish) => ({
  prompt_tokens: promptTokens,
  completion_tokens: completionTokens,
  total_tokens: promptTokens + completionTokens,
});
const base = (shape: Shape, object: string, model: string) => ({
  id: shape.id + randomUUID(),
  object,
  created: Math.floor(Date.now() / 1000),
  model,
});

/** The whole answer as one JSON document. */
export async function answerWhole(response: ServerResponse, shape: Shape, { model }: Ask, pieces: Pieces) {
  let text = "";
  for (;;) {
    const { value, done } = await pieces.next();
    if (!done) {
      text += value.delta;
      continue;
    }
    const choice = { index: 0, ...shape.whole(text), logprobs: null, finish_reason: value.finish };
    response.writeHead(200, { "content-type": "application/json" });
    response.end(JSON.stringify({ ...base(shape, shape.object, model), choices: [choice], usage: usageOf(value) }));
    return;
  }
}

/** The answer as server-sent events, from its first piece on: until then an error still has a status of its own. */
export async function answerStream(
  response: ServerResponse,
  shape: Shape,
  { model, includeUsage }: Ask,
  pieces: Pieces,
) {
  const head = base(shape, shape.chunk, model);
  const say = async (rest: object) => {
    const more = response.write(
      `data: ${JSON.stringify({ ...head, ...rest, ...(includeUsage && !("usage" in rest) && { usage: null }) })}\n\n`,
    );
    if (!more) await new Promise((resolve) => response.once("drain", resolve).once("close", resolve));
  };
  const choice = (content: object, finish: string | null = null) => ({
    choices: [{ index: 0, ...content, logprobs: null, finish_reason: finish }],
  });

  let next = await pieces.next();
  response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-cache" });
  if (shape.opening) await say(choice(shape.opening));
  for (; !next.done; next = await pieces.next()) await say(choice(shape.piece(next.value.delta)));
  await say(choice(shape.closing, next.value.finish));
  if (includeUsage) await say({ choices: [], usage: usageOf(next.value) });
  response.end("data: [DONE]\n\n");
}
