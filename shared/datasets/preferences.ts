/** Preference pairs: OpenAI's input with two outputs, or `prompt`, `chosen` and `rejected` as texts or lists of messages. */
import type { Message, PreferenceRecord } from "../chat.ts";
import { isObject, readMessages } from "./conversation.ts";
import { type Row, systemOf, turns, withTools } from "./fields.ts";
import { unfit } from "./reasons.ts";

export function readPair(row: Row): PreferenceRecord {
  return Object.hasOwn(row, "preferred_output") ? openAi(row) : chosenRejected(row);
}

function openAi(row: Row): PreferenceRecord {
  if (!isObject(row.input)) throw unfit("messages_invalid", "`input` must be an object with `messages`.");
  const input = withTools(row.input, readMessages(row.input.messages, "input.messages"));
  const preferred = readMessages(row.preferred_output, "preferred_output");
  const other = readMessages(row.non_preferred_output, "non_preferred_output");
  return pair(row, input.messages, preferred, other, "preferred_output", "non_preferred_output", input.tools);
}

/** What both lists begin with is the prompt, whether or not the row repeats it in `prompt`. */
function chosenRejected(row: Row): PreferenceRecord {
  const chosen = turns(row, "chosen", "assistant");
  const other = turns(row, "rejected", "assistant");
  const shared = commonBeginning(chosen, other);
  const repeated = chosen[0]!.role !== "assistant" && shared > 0;
  if (!repeated && row.prompt == null)
    throw unfit("no_known_shape", "The row has `chosen` and `rejected` but no `prompt`.");
  const prompt = repeated ? chosen.slice(0, shared) : turns(row, "prompt", "user");
  const [good, bad] = repeated ? [chosen.slice(shared), other.slice(shared)] : [chosen, other];
  return pair(row, [...systemOf(row), ...prompt], good, bad, "chosen", "rejected");
}

function commonBeginning(one: Message[], other: Message[]): number {
  let same = 0;
  while (same < one.length && same < other.length && JSON.stringify(one[same]) === JSON.stringify(other[same])) same++;
  return same;
}

function pair(
  row: Row,
  messages: Message[],
  good: Message[],
  bad: Message[],
  goodField: string,
  badField: string,
  tools?: unknown[],
): PreferenceRecord {
  if (JSON.stringify(good) === JSON.stringify(bad))
    throw unfit(
      "preference_equal",
      `\`${goodField}\` and \`${badField}\` are the same. Remove the row, or give two different answers.`,
    );
  for (const [field, answer] of [
    [goodField, good],
    [badField, bad],
  ] as const) {
    if (answer.length === 0 || answer.some(({ role }) => role !== "assistant"))
      throw unfit(
        "preference_invalid",
        `\`${field}\` must end in the assistant's answer, which the other answer does not share.`,
      );
  }
  const input = tools ? { messages, tools } : withTools(row, messages);
  return { input, preferred_output: good, non_preferred_output: bad };
}
