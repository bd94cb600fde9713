import * as z from "zod";
import type { Route } from "../route.ts";

const inference = { scope: "inference", streams: true } as const;

/** What decides where a request goes. The rest is the model server's to read, and to refuse. */
const Completion = z.looseObject({ model: z.string().min(1), stream: z.boolean().nullish() });
const Chat = Completion.extend({
  messages: z
    .array(z.looseObject({ role: z.enum(["system", "developer", "user", "assistant", "tool"]) }))
    .min(1, "needs at least one message"),
});
const Text = Completion.extend({ prompt: z.union([z.string(), z.array(z.string()).length(1)], "must be a text") });

/** OpenAI's chat and text completions, answered through a response stream. */
export const routes = [
  {
    method: "POST",
    path: "/v1/chat/completions",
    operation: "createChatCompletion",
    summary: "Chat with a model",
    body: Chat,
    ...inference,
  },
  {
    method: "POST",
    path: "/v1/completions",
    operation: "createCompletion",
    summary: "Continue a text",
    body: Text,
    ...inference,
  },
] as const satisfies readonly Route[];
