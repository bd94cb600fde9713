/** The texts of a record, as one string, for those who look at what it says. Parts are separated by line feeds. */
import type { ChatRecord, Message } from "../chat.ts";

/** Everything a tokenizer would see except the chat template: contents, tool calls and tool descriptions. */
export function allText(record: ChatRecord): string {
  const { tools } = "input" in record ? record.input : record;
  const said = messagesOf(record).flatMap(({ content, tool_calls }) => [
    content ?? "",
    ...(tool_calls ?? []).flatMap((call) => [call.function.name, call.function.arguments]),
  ]);
  return [...said, ...(tools ? [JSON.stringify(tools)] : [])].join("\n");
}

/** What tells rows apart: no system prompt, which rows share. */
export const distinctText = (record: ChatRecord): string =>
  messagesOf(record)
    .filter(({ role }) => role !== "system")
    .map(({ content, tool_calls }) =>
      tool_calls ? `${content ?? ""}\n${JSON.stringify(tool_calls)}` : (content ?? ""),
    )
    .join("\n");

const messagesOf = (record: ChatRecord): Message[] =>
  "input" in record
    ? [...record.input.messages, ...record.preferred_output, ...record.non_preferred_output]
    : record.messages;
