import type { Route } from "../route.ts";

const inference = { scope: "inference", streams: true } as const;

/** OpenAI's chat and text completions, answered through a response stream. */
export const routes = [
  { method: "POST", path: "/v1/chat/completions", operation: "createChatCompletion", summary: "Chat with a model", ...inference },
  { method: "POST", path: "/v1/completions", operation: "createCompletion", summary: "Continue a text", ...inference },
] as const satisfies readonly Route[];
