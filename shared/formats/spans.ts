/**
 * From one span of an LLM trace to the chat it recorded. A span keeps what was asked and what was answered in its
 * `attribute`, as JSON text or as JSON itself, in the words of whichever provider was called. What does not fit is
 * passed over; nothing here throws, and no text is trimmed.
 */
import { isObject } from "../datasets/conversation.ts";

type Json = Record<string, unknown>;

/** As the span has it: neither its role nor its tool calls have been checked. */
export interface SpanMessage {
  role: string;
  content: string | null;
  name?: string;
  tool_calls?: unknown[];
  tool_call_id?: string;
}

/** The messages of a span in the order they were said; null when it has none. */
export function messagesOfSpan(span: unknown): SpanMessage[] | null {
  const attribute = isObject(span) ? span.attribute : null;
  if (!isObject(attribute)) return null;
  const said = asked(attribute);
  const reply = answered(attribute);
  if (reply) said.push(reply);
  if (said.length === 0) said.push(...present(assistant(stringOf(attribute.content))));
  return said.length > 0 ? said : null;
}

/** The request decides by being there, even when nothing can be read from it. */
function asked(attribute: Json): SpanMessage[] {
  const request = parsed(Object.hasOwn(attribute, "request") ? attribute.request : attribute.input);
  // Anthropic keeps the system prompt beside the messages.
  const system = isObject(request) ? textOf({ content: request.system }) : null;
  return [
    ...present(message("system", system)),
    ...listOf(request).flatMap((entry) =>
      isObject(entry) && typeof entry.role === "string" ? present(message(entry.role, textOf(entry), entry)) : [],
    ),
  ];
}

function listOf(request: unknown): unknown[] {
  if (Array.isArray(request)) return request;
  if (!isObject(request)) return [];
  return [request.messages, request.contents].find(Array.isArray) ?? [];
}

/** What the model said, from the first place where it said something. */
function answered(attribute: Json): SpanMessage | null {
  return replyIn(parsed(attribute.output)) ?? responded(attribute.response);
}

/** A text that is no JSON object is the reply itself. */
function responded(response: unknown): SpanMessage | null {
  const value = parsed(response);
  return isObject(value) ? replyIn(value) : assistant(stringOf(response));
}

function replyIn(output: unknown): SpanMessage | null {
  if (!isObject(output)) return null;
  const choice = firstOf(output.choices)?.message;
  const candidate = firstOf(output.candidates)?.content;
  return (
    (isObject(choice) ? message("assistant", textOf(choice), choice) : null) ??
    assistant(textsOf(output.content)) ??
    assistant(stringOf(output.content)) ??
    (isObject(candidate) ? assistant(textsOf(candidate.parts)) : null)
  );
}

/** Null when it says nothing and calls no tool. A tool may answer with nothing, or its call would stay unanswered. */
function message(role: string, content: string | null, from: Json = {}): SpanMessage | null {
  const calls = Array.isArray(from.tool_calls) && from.tool_calls.length > 0 ? from.tool_calls : null;
  const answers = role === "tool" && typeof from.tool_call_id === "string" ? from.tool_call_id : null;
  if (!content && !calls && answers === null) return null;
  return {
    role: role === "model" ? "assistant" : role, // Gemini's word
    content: answers === null ? content : (content ?? ""),
    ...(typeof from.name === "string" && { name: from.name }),
    ...(calls && { tool_calls: calls }),
    ...(answers !== null && { tool_call_id: answers }),
  };
}

const assistant = (content: string | null) => message("assistant", content);

/** The text of a message in OpenAI's, Anthropic's or Gemini's form, from the first place that has one. */
function textOf({ content, parts }: Json): string | null {
  return stringOf(content) ?? textsOf(content) ?? textsOf(parts) ?? (isObject(content) ? stringOf(content.text) : null);
}

/** The texts of a list of parts, a line feed between them; images and whatever else is no text are left out. Null when there is none. */
function textsOf(parts: unknown): string | null {
  if (!Array.isArray(parts)) return null;
  const texts = parts.map((part) => stringOf(isObject(part) ? part.text : part)).filter((text) => text !== null);
  return texts.length > 0 ? texts.join("\n") : null;
}

/** JSON text as what it stands for; anything else as it is, and null for text that is no JSON. */
function parsed(value: unknown): unknown {
  if (typeof value !== "string") return value;
  try {
    return JSON.parse(value);
  } catch {
    return null;
  }
}

const stringOf = (value: unknown) => (typeof value === "string" ? value : null);
const present = (one: SpanMessage | null) => (one ? [one] : []);

function firstOf(list: unknown): Json | null {
  const first: unknown = Array.isArray(list) ? list[0] : null;
  return isObject(first) ? first : null;
}
