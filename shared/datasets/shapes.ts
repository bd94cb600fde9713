/** The shapes a row may have, and how each becomes a canonical record. */
import type { ChatRecord, Message, SupervisedRecord } from "../chat.ts";
import { messagesOfSpan } from "../formats/spans.ts";
import { isObject, readMessages } from "./conversation.ts";
import { type Row, systemOf, textOf, turns, withTools } from "./fields.ts";
import { readPair } from "./preferences.ts";
import { unfit } from "./reasons.ts";
import type { Report } from "./report.ts";

export type Shape = Exclude<Report["shape"], "mixed">;

/** The first whose fields are all in the row decides. */
const shapes: { shape: Shape; fields: string[]; read: (row: Row) => ChatRecord }[] = [
  { shape: "messages", fields: ["messages"], read: (row) => conversation(row, "messages") },
  { shape: "preference", fields: ["preferred_output"], read: readPair },
  { shape: "preference", fields: ["chosen", "rejected"], read: readPair },
  { shape: "sharegpt", fields: ["conversations"], read: (row) => conversation(row, "conversations") },
  { shape: "sharegpt", fields: ["conversation"], read: (row) => conversation(row, "conversation") },
  { shape: "instruction", fields: ["instruction", "output"], read: (row) => instruction(row, "input", "output") },
  { shape: "instruction", fields: ["instruction", "response"], read: (row) => instruction(row, "context", "response") },
  {
    shape: "prompt_completion",
    fields: ["prompt", "completion"],
    read: (row) => exchange(row, "prompt", "completion"),
  },
  { shape: "prompt_completion", fields: ["prompt", "response"], read: (row) => exchange(row, "prompt", "response") },
  { shape: "prompt_completion", fields: ["question", "answer"], read: (row) => exchange(row, "question", "answer") },
  { shape: "spans", fields: ["datasetId", "data"], read: recorded },
];

/** Throws `RowUnfit`. */
export function readRow(row: unknown): { shape: Shape; record: ChatRecord } {
  if (!isObject(row)) throw unfit("not_an_object", 'The row must be an object, for example {"messages":[…]}.');
  for (const { shape, fields, read } of shapes) {
    if (fields.every((field) => row[field] !== undefined && Object.hasOwn(row, field)))
      return { shape, record: read(row) };
  }
  throw unfit("no_known_shape", unknownShape(row));
}

function unknownShape(row: Row): string {
  const half = shapes.find(({ fields }) => Object.hasOwn(row, fields[0]!));
  if (half) return `The row has \`${half.fields[0]}\` but no \`${half.fields[1]}\`.`;
  return "The row needs `messages`, `instruction` and `output`, `prompt` and `completion`, `question` and `answer`, `conversations`, `datasetId` and `data`, or `prompt`, `chosen` and `rejected`.";
}

function conversation(row: Row, field: string): SupervisedRecord {
  return supervised(row, [...systemOf(row), ...readMessages(row[field], field)], field);
}

/** Alpaca: the instruction and, after a blank line, its input. */
function instruction(row: Row, more: string, output: string): SupervisedRecord {
  const ask = textOf(row, "instruction", "empty_content");
  const context = row[more] == null || row[more] === "" ? "" : `\n\n${textOf(row, more)}`;
  const messages: Message[] = [...systemOf(row), ...historyOf(row), { role: "user", content: ask + context }];
  return supervised(row, [...messages, { role: "assistant", content: textOf(row, output, "empty_content") }], output);
}

/** A record of a trace: the call that its span recorded. */
function recorded(row: Row): SupervisedRecord {
  const said = messagesOfSpan(row.data);
  if (!said)
    throw unfit(
      "span_empty",
      "`data.attribute` holds no messages. Give it a `request` with `messages` and an `output`, as JSON.",
    );
  const field = "messages of data.attribute";
  return supervised({}, readMessages(said, field), field);
}

/** Either side is a text or a list of messages. */
function exchange(row: Row, ask: string, answer: string): SupervisedRecord {
  return supervised(row, [...systemOf(row), ...turns(row, ask, "user"), ...turns(row, answer, "assistant")], answer);
}

function historyOf(row: Row): Message[] {
  if (row.history == null || row.history === "") return [];
  if (!Array.isArray(row.history)) throw unfit("content_invalid", "`history` must be a list of pairs of texts.");
  return row.history.flatMap((pair, at): Message[] => {
    if (!Array.isArray(pair) || pair.length !== 2 || pair.some((text) => typeof text !== "string" || text === ""))
      throw unfit(
        "content_invalid",
        `\`history[${at}]\` must be a pair of texts: what was asked and what was answered.`,
      );
    return [
      { role: "user", content: pair[0] },
      { role: "assistant", content: pair[1] },
    ];
  });
}

function supervised(row: Row, messages: Message[], field: string): SupervisedRecord {
  const replies = messages.filter(({ role }) => role === "assistant");
  if (replies.length === 0)
    throw unfit("no_assistant", `\`${field}\` has no assistant message. Add the reply to learn.`);
  if (replies.every(({ weight }) => weight === 0))
    throw unfit("no_assistant", `Every assistant message in \`${field}\` has weight 0. Give at least one weight 1.`);
  return withTools(row, messages);
}
