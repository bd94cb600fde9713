import * as z from "zod";
import { Message } from "../../../shared/chat.ts";
import type { Sampling, ServeRequest } from "../../trainer/serve-protocol.ts";
import { OpenAiError } from "./error.ts";

const Text = z.object({ type: z.literal("text"), text: z.string() });
const Content = z.union(
  [z.string(), z.array(Text).transform((parts) => parts.map(({ text }) => text).join(""))],
  "must be text or an array of text parts",
);

/** What would be silently left out is refused, unless it asks for nothing. */
const absent = (what: string) =>
  z
    .unknown()
    .refine(
      (value) => value === null || value === false || value === 0,
      `${what} is not supported by this model server`,
    )
    .optional();

const common = {
  model: z.string().min(1),
  stream: z.boolean().nullish(),
  stream_options: z.object({ include_usage: z.boolean().optional() }).nullish(),
  max_tokens: z.int().positive().nullish(),
  temperature: z.number().min(0).max(2).nullish(),
  top_p: z.number().gt(0).max(1).nullish(),
  seed: z.int().nullish(),
  stop: z.union([z.string().min(1), z.array(z.string().min(1)).max(4)]).nullish(),
  n: z.literal(1, "only one choice is supported by this model server").nullish(),
  logprobs: absent("logprobs"),
  top_logprobs: absent("top_logprobs"),
  frequency_penalty: absent("frequency_penalty"),
  presence_penalty: absent("presence_penalty"),
  logit_bias: absent("logit_bias"),
};

const Role = z.enum(["system", "developer", "user", "assistant", "tool"]);
export const ChatCompletion = z.object({
  ...common,
  max_completion_tokens: z.int().positive().nullish(),
  messages: z
    .array(z.looseObject({ role: Role, content: Content.nullish() }))
    .min(1)
    // The chat format that models are trained on knows one name for instructions.
    .transform((messages) =>
      messages.map((one) => ({
        ...one,
        role: one.role === "developer" ? "system" : one.role,
        content: one.content ?? null,
      })),
    )
    .pipe(z.array(Message)),
  tools: absent("tools"),
  functions: absent("functions"),
  response_format: z.object({ type: z.literal("text", "only text is supported by this model server") }).nullish(),
});
export const Completion = z.object({
  ...common,
  prompt: z.union([z.string(), z.tuple([z.string()]).transform(([text]) => text)], "must be one text"),
  echo: absent("echo"),
  suffix: absent("suffix"),
  best_of: z.literal(1).nullish(),
});

/** Without its `id`, and read from a request. */
export type Generation =
  | ({ op: "chat"; messages: Message[] } & Sampling)
  | ({ op: "complete"; prompt: string } & Sampling);
export interface Ask {
  model: string;
  stream: boolean;
  includeUsage: boolean;
  generation: Generation;
}
export type { ServeRequest };

export const readChat = (body: unknown): Ask => {
  const { messages, ...request } = parse(ChatCompletion, body);
  return ask(request, { op: "chat", messages, ...sampling(request, request.max_completion_tokens) });
};
export const readCompletion = (body: unknown): Ask => {
  const { prompt, ...request } = parse(Completion, body);
  // OpenAI's default for this older endpoint.
  return ask(request, { op: "complete", prompt, ...sampling({ ...request, max_tokens: request.max_tokens ?? 16 }) });
};

type Common = z.output<z.ZodObject<typeof common>>;
const ask = (request: Common, generation: Generation): Ask => ({
  model: request.model,
  stream: request.stream ?? false,
  includeUsage: request.stream_options?.include_usage ?? false,
  generation,
});

function sampling(request: Common, maxCompletionTokens?: number | null): Sampling {
  const maxTokens = maxCompletionTokens ?? request.max_tokens;
  return {
    ...(maxTokens && { maxTokens }),
    temperature: request.temperature ?? 1,
    ...(request.top_p && { topP: request.top_p }),
    ...(typeof request.seed === "number" && { seed: request.seed }),
    ...(request.stop && { stop: [request.stop].flat() }),
  };
}

/** Throws a 400 that names the field. */
function parse<S extends z.ZodType>(schema: S, body: unknown): z.output<S> {
  const read = schema.safeParse(body);
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  const param = issue!.path.join(".") || null;
  throw new OpenAiError(400, `${param ?? "The body"}: ${issue!.message}`, param, "invalid_value");
}
