/**
 * Serves one GGUF to the process that forked this one: `fork("local/trainer/serve.ts", [path])`, then `serve-protocol.ts`.
 * A process of its own because a bad file can abort llama.cpp, and because generation must not block a server's event loop.
 */
import type { LlamaContextSequence, LlamaModel, Token } from "node-llama-cpp";
import * as z from "zod";
import { Message } from "../../shared/chat.ts";
import { generate } from "./generate.ts";
import { chatTokens, loadGguf } from "./llama.ts";
import type { Failure, ServeReply } from "./serve-protocol.ts";

const parallel = 4;

const sampling = {
  id: z.string(),
  maxTokens: z.int().positive().optional(),
  temperature: z.number().min(0).optional(),
  topP: z.number().gt(0).max(1).optional(),
  seed: z.int().optional(),
  stop: z.array(z.string().min(1)).optional(),
  logprobs: z.int().min(0).optional(),
};
const Request = z.discriminatedUnion("op", [
  z.object({ op: z.literal("chat"), messages: z.array(Message), ...sampling }),
  z.object({ op: z.literal("complete"), prompt: z.string(), ...sampling }),
  z.object({ op: z.literal("cancel"), id: z.string() }),
]);
type Generation = Exclude<z.infer<typeof Request>, { op: "cancel" }>;

const path = process.argv[2];
if (!path || !process.send) throw new Error("fork this program with the path of a GGUF");
process.on("disconnect", () => process.exit(0));
const say = (reply: ServeReply) => process.connected && process.send!(reply);

const model: LlamaModel = await loadGguf(path);
const contextLength = model.trainContextSize ?? 512;
const context = await model.createContext({ contextSize: contextLength, sequences: parallel, threads: 1 });
const idle: LlamaContextSequence[] = Array.from({ length: parallel }, () => context.getSequence());
const waiting: Generation[] = [];
const running = new Map<string, AbortController>();

process.on("message", (message) => {
  const parsed = Request.safeParse(message);
  if (!parsed.success) {
    const id = z.object({ id: z.string() }).safeParse(message).data?.id ?? "";
    return say({ id, error: z.prettifyError(parsed.error), code: "invalid" });
  }
  if (parsed.data.op === "cancel") return cancel(parsed.data.id);
  if (running.has(parsed.data.id)) return say({ id: parsed.data.id, error: "this id is in use", code: "invalid" });
  running.set(parsed.data.id, new AbortController());
  waiting.push(parsed.data);
  next();
});
say({ ready: true, contextLength });

function next() {
  const sequence = waiting.length ? idle.pop() : undefined;
  if (!sequence) return;
  const request = waiting.shift()!;
  void answer(request, sequence, running.get(request.id)!.signal).then(() => {
    running.delete(request.id);
    idle.push(sequence);
    next();
  });
}

async function answer(request: Generation, sequence: LlamaContextSequence, signal: AbortSignal): Promise<void> {
  const { id } = request;
  try {
    const prompt: Token[] =
      request.op === "chat" ? chatTokens(model, request.messages) : model.tokenize(request.prompt);
    if (!prompt.length) return void say({ id, error: "the prompt is empty", code: "invalid" });
    if (prompt.length >= contextLength) {
      const error = `The prompt has ${prompt.length} tokens and the model's context is ${contextLength}: shorten it`;
      return void say({ id, error, code: "too_long" });
    }
    const maxTokens = Math.min(request.maxTokens ?? Number.POSITIVE_INFINITY, contextLength - prompt.length);
    const deltas = generate(model, sequence, prompt, { ...request, maxTokens }, signal);
    for (;;) {
      const { value, done } = await deltas.next();
      if (done)
        return void say({
          id,
          finish: value.finish,
          usage: { promptTokens: prompt.length, completionTokens: value.tokens },
        });
      say({ id, ...value });
    }
  } catch (error) {
    say({ id, error: error instanceof Error ? error.message : String(error), code: "internal" } satisfies Failure);
  }
}

function cancel(id: string) {
  const place = waiting.findIndex((request) => request.id === id);
  if (place >= 0) {
    waiting.splice(place, 1);
    running.delete(id);
    say({ id, finish: "cancelled", usage: { promptTokens: 0, completionTokens: 0 } });
  } else running.get(id)?.abort();
}
