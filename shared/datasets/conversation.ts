/** Reads the messages of a row, in OpenAI's form or ShareGPT's, into canonical ones. Throws `RowUnfit`, naming the field. */
import type { Message } from "../chat.ts";
import { unfit } from "./reasons.ts";

type Json = Record<string, unknown>;
export const isObject = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const roles = new Map<unknown, Message["role"]>([
  ["system", "system"],
  ["developer", "system"],
  ["user", "user"],
  ["human", "user"],
  ["assistant", "assistant"],
  ["gpt", "assistant"],
  ["chatgpt", "assistant"],
  ["model", "assistant"],
  ["tool", "tool"],
  ["observation", "tool"],
]);

/** `field` is where the list stands in the row, for messages. */
export function readMessages(value: unknown, field: string): Message[] {
  if (!Array.isArray(value) || value.length === 0)
    throw unfit("messages_invalid", `\`${field}\` must be a list of at least one message.`);
  const calls = new Set<string>();
  return value.map((entry, at) => readMessage(entry, `${field}[${at}]`, calls));
}

function readMessage(entry: unknown, field: string, calls: Set<string>): Message {
  if (!isObject(entry))
    throw unfit("messages_invalid", `\`${field}\` must be an object with \`role\` and \`content\`.`);
  const shareGpt = entry.role === undefined && entry.from !== undefined;
  const said = shareGpt ? entry.from : entry.role;
  if (entry.function_call != null || said === "function" || said === "function_call")
    throw unfit(
      "legacy_function_call",
      `\`${field}\` uses the old function calling. Write \`tool_calls\` and the role \`tool\` instead.`,
    );
  const role = roles.get(said);
  if (role === undefined) throw unfit("role_unknown", unknownRole(said, shareGpt ? `${field}.from` : `${field}.role`));
  const toolCalls = entry.tool_calls == null ? [] : readToolCalls(entry.tool_calls, `${field}.tool_calls`, role);
  for (const call of toolCalls) calls.add(call.id);
  const contentField = `${field}.${shareGpt ? "value" : "content"}`;
  const content = readContent(shareGpt ? entry.value : entry.content, contentField, toolCalls.length > 0);
  if (content === "" && toolCalls.length === 0 && (role === "user" || role === "assistant"))
    throw unfit("empty_content", `\`${contentField}\` is empty. Give it a text, or remove the row.`);
  const message: Message = { role, content };
  if (typeof entry.name === "string") message.name = entry.name;
  if (toolCalls.length > 0) message.tool_calls = toolCalls;
  if (role === "tool" && (!shareGpt || entry.tool_call_id != null))
    message.tool_call_id = answeredCall(entry.tool_call_id, field, calls);
  if (entry.weight != null) message.weight = readWeight(entry.weight, field);
  return message;
}

const unknownRole = (said: unknown, field: string) =>
  typeof said === "string"
    ? `\`${field}\` is "${said.slice(0, 40)}". Use system, user, assistant or tool.`
    : `\`${field}\` is missing. Use system, user, assistant or tool.`;

/** Text parts are joined by a line feed. Null only where tool calls stand in for the text. */
function readContent(value: unknown, field: string, mayLack: boolean): string | null {
  if (typeof value === "string") return value;
  if (value == null) {
    if (mayLack) return null;
    throw unfit("content_invalid", `\`${field}\` is missing. Give it a text.`);
  }
  if (!Array.isArray(value)) throw unfit("content_invalid", `\`${field}\` must be a text or a list of text parts.`);
  return value.map((part, at) => readPart(part, `${field}[${at}]`)).join("\n");
}

function readPart(part: unknown, field: string): string {
  if (typeof part === "string") return part;
  if (isObject(part) && typeof part.text === "string" && (part.type === "text" || part.type === undefined))
    return part.text;
  if (isObject(part) && typeof part.type === "string" && part.type !== "text")
    throw unfit(
      "content_not_text",
      `\`${field}\` is of type "${part.type.slice(0, 40)}". Only text can be trained on: remove it or describe it in words.`,
    );
  throw unfit("content_invalid", `\`${field}\` must be {"type":"text","text":"…"}.`);
}

function readToolCalls(value: unknown, field: string, role: Message["role"]): NonNullable<Message["tool_calls"]> {
  if (!Array.isArray(value)) throw unfit("tool_call_invalid", `\`${field}\` must be a list.`);
  if (value.length > 0 && role !== "assistant")
    throw unfit("tool_call_invalid", `\`${field}\`: only the assistant calls tools.`);
  return value.map((call, at) => {
    const where = `${field}[${at}]`;
    if (!isObject(call) || typeof call.id !== "string" || call.id === "")
      throw unfit("tool_call_invalid", `\`${where}.id\` must be a text; the tool's answer refers to it.`);
    const called = call.function;
    if (!isObject(called) || typeof called.name !== "string" || called.name === "")
      throw unfit("tool_call_invalid", `\`${where}.function.name\` must name the tool.`);
    return {
      id: call.id,
      type: "function",
      function: { name: called.name, arguments: readArguments(called.arguments, where) },
    };
  });
}

function readArguments(value: unknown, field: string): string {
  if (typeof value === "string") return value;
  if (isObject(value)) return JSON.stringify(value);
  throw unfit("tool_call_invalid", `\`${field}.function.arguments\` must be JSON text, for example "{}".`);
}

function answeredCall(id: unknown, field: string, calls: Set<string>): string {
  if (typeof id === "string" && calls.has(id)) return id;
  throw unfit(
    "tool_call_invalid",
    `\`${field}.tool_call_id\` must be the id of a tool call earlier in the conversation.`,
  );
}

function readWeight(value: unknown, field: string): 0 | 1 {
  if (value === 0 || value === 1) return value === 0 ? 0 : 1; // never -0, which would be another text for the same weight
  throw unfit("weight_invalid", `\`${field}.weight\` must be 0 or 1.`);
}
