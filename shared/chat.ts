/**
 * The canonical training record: what every dataset becomes, one JSON object per line.
 * The shapes are OpenAI's for supervised and preference fine-tuning, so a prepared file can be taken elsewhere.
 */
import * as z from "zod";

export const ToolCall = z.object({
  id: z.string(),
  type: z.literal("function"),
  function: z.object({ name: z.string(), arguments: z.string() }),
});

/** One turn. An assistant turn has text, tool calls, or both; `weight: 0` keeps it out of the loss. */
export const Message = z.object({
  role: z.enum(["system", "user", "assistant", "tool"]),
  content: z.string().nullable(),
  name: z.string().optional(),
  tool_calls: z.array(ToolCall).optional(),
  tool_call_id: z.string().optional(),
  weight: z.union([z.literal(0), z.literal(1)]).optional(),
});
export type Message = z.infer<typeof Message>;

export const SupervisedRecord = z.object({ messages: z.array(Message).min(1), tools: z.array(z.unknown()).optional() });
export type SupervisedRecord = z.infer<typeof SupervisedRecord>;

export const PreferenceRecord = z.object({
  input: SupervisedRecord,
  preferred_output: z.array(Message).min(1),
  non_preferred_output: z.array(Message).min(1),
});
export type PreferenceRecord = z.infer<typeof PreferenceRecord>;

export type ChatRecord = SupervisedRecord | PreferenceRecord;
