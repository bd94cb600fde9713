/** The fields of a row that several shapes share. Everything here throws `RowUnfit`. */
import type { Message, SupervisedRecord } from "../chat.ts";
import { isObject, readMessages } from "./conversation.ts";
import { type RowReason, unfit } from "./reasons.ts";

export type Row = Record<string, unknown>;

/** A field that is a list of messages, or the text of a single one. */
export const turns = (row: Row, field: string, role: "user" | "assistant"): Message[] =>
  Array.isArray(row[field])
    ? readMessages(row[field], field)
    : [{ role, content: textOf(row, field, "empty_content") }];

export const systemOf = (row: Row): Message[] =>
  row.system == null || row.system === "" ? [] : [{ role: "system", content: textOf(row, "system") }];

/** `whenEmpty` is the reason to drop a row whose text is empty; without it an empty text is as good as another. */
export function textOf(row: Row, field: string, whenEmpty?: RowReason): string {
  const value = row[field];
  if (typeof value !== "string") throw unfit("content_invalid", `\`${field}\` must be a text.`);
  if (value === "" && whenEmpty) throw unfit(whenEmpty, `\`${field}\` is empty. Give it a text, or remove the row.`);
  return value;
}

/** `tools` may be a list, or the same as JSON text. */
export function withTools(row: Row, messages: Message[]): SupervisedRecord {
  if (row.functions != null) throw unfit("legacy_function_call", "`functions` is the old form. Write `tools` instead.");
  if (row.tools == null || row.tools === "") return { messages };
  const tools = typeof row.tools === "string" ? parsedTools(row.tools) : row.tools;
  if (!Array.isArray(tools) || !tools.every(isObject))
    throw unfit("tools_invalid", "`tools` must be a list of objects.");
  return tools.length === 0 ? { messages } : { messages, tools };
}

function parsedTools(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw unfit("tools_invalid", "`tools` is a text that is not valid JSON.");
  }
}
