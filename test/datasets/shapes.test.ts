import { describe, expect, test } from "vitest";
import { PreferenceRecord, SupervisedRecord } from "../../shared/chat.ts";
import { jsonl, refused, said, upload } from "./upload.ts";

const call = { id: "c1", type: "function", function: { name: "weather", arguments: '{"city":"Paris"}' } };
const user = { role: "user", content: "hi" };
const assistant = { role: "assistant", content: "hello" };
const tool = { type: "function", function: { name: "weather", parameters: { type: "object" } } };

describe("a supervised row becomes messages", () => {
  const rows: { name: string; row: object; record: object; shape?: string }[] = [
    {
      name: "messages",
      row: { messages: [user, assistant] },
      record: { messages: [user, assistant] },
      shape: "messages",
    },
    {
      name: "messages with keys in another order, unknown keys and nulls",
      row: {
        id: 7,
        messages: [
          { content: "hi", role: "user", name: null },
          { ...assistant, refusal: null, tool_calls: null },
        ],
      },
      record: { messages: [user, assistant] },
    },
    {
      name: "messages with names and weights",
      row: { messages: [{ ...user, name: "Ada" }, { ...assistant, weight: 0 }, user, { ...assistant, weight: 1 }] },
      record: { messages: [{ ...user, name: "Ada" }, { ...assistant, weight: 0 }, user, { ...assistant, weight: 1 }] },
    },
    {
      name: "messages with tools",
      row: {
        tools: [tool],
        messages: [
          user,
          { role: "assistant", content: null, tool_calls: [call] },
          { role: "tool", tool_call_id: "c1", content: "sun" },
          assistant,
        ],
      },
      record: {
        messages: [
          user,
          { role: "assistant", content: null, tool_calls: [call] },
          { role: "tool", content: "sun", tool_call_id: "c1" },
          assistant,
        ],
        tools: [tool],
      },
    },
    {
      name: "tool arguments given as an object",
      row: {
        messages: [
          user,
          {
            role: "assistant",
            tool_calls: [{ id: "c1", function: { name: "weather", arguments: { city: "Paris" } } }],
          },
        ],
      },
      record: { messages: [user, { role: "assistant", content: null, tool_calls: [call] }] },
    },
    {
      name: "content in text parts",
      row: {
        messages: [
          {
            role: "user",
            content: [
              { type: "text", text: "a" },
              { type: "text", text: "b" },
            ],
          },
          assistant,
        ],
      },
      record: { messages: [{ role: "user", content: "a\nb" }, assistant] },
    },
    {
      name: "the role developer",
      row: { messages: [{ role: "developer", content: "Be kind." }, user, assistant] },
      record: { messages: [{ role: "system", content: "Be kind." }, user, assistant] },
    },
    {
      name: "instruction",
      row: { instruction: "hi", input: "", output: "hello" },
      record: said("hi", "hello"),
      shape: "instruction",
    },
    {
      name: "instruction with input",
      row: { instruction: "Add", input: "1 2", output: "3" },
      record: said("Add\n\n1 2", "3"),
    },
    {
      name: "instruction with system and history",
      row: { system: "S", history: [["a", "b"]], instruction: "hi", output: "hello" },
      record: { messages: [{ role: "system", content: "S" }, ...said("a", "b").messages, user, assistant] },
    },
    {
      name: "instruction, context, response",
      row: { instruction: "q", context: "c", response: "r" },
      record: said("q\n\nc", "r"),
    },
    {
      name: "prompt and completion",
      row: { prompt: "hi", completion: " hello\n" },
      record: said("hi", " hello\n"),
      shape: "prompt_completion",
    },
    { name: "prompt and response", row: { prompt: "hi", response: "hello" }, record: said("hi", "hello") },
    { name: "question and answer", row: { question: "hi", answer: "hello" }, record: said("hi", "hello") },
    {
      name: "prompt and completion as lists",
      row: { prompt: [user], completion: [assistant] },
      record: { messages: [user, assistant] },
    },
    {
      name: "ShareGPT",
      row: {
        conversations: [
          { from: "system", value: "S" },
          { from: "human", value: "hi" },
          { from: "gpt", value: "hello" },
        ],
      },
      record: { messages: [{ role: "system", content: "S" }, user, assistant] },
      shape: "sharegpt",
    },
    {
      name: "ShareGPT with a tool",
      row: {
        system: "S",
        conversations: [
          { from: "human", value: "hi" },
          { from: "tool", value: "sun" },
          { from: "gpt", value: "hello" },
        ],
      },
      record: { messages: [{ role: "system", content: "S" }, user, { role: "tool", content: "sun" }, assistant] },
    },
  ];
  test.each(rows)("$name", async ({ row, record, shape }) => {
    const { records, report } = await upload(jsonl(row));
    expect(records).toEqual([record]);
    expect(SupervisedRecord.parse(records[0])).toEqual(record);
    expect(report.method).toBe("supervised");
    if (shape) expect(report.shape).toBe(shape);
  });
});

describe("a preference pair", () => {
  const good = { role: "assistant", content: "good" };
  const bad = { role: "assistant", content: "bad" };
  const record = { input: { messages: [user] }, preferred_output: [good], non_preferred_output: [bad] };
  const rows: { name: string; row: object; expected?: object }[] = [
    { name: "OpenAI's", row: record },
    {
      name: "OpenAI's with tools",
      row: { ...record, input: { parallel_tool_calls: true, tools: [tool], messages: [user] } },
      expected: { ...record, input: { messages: [user], tools: [tool] } },
    },
    { name: "as texts", row: { prompt: "hi", chosen: "good", rejected: "bad" } },
    { name: "as lists", row: { prompt: [user], chosen: [good], rejected: [bad] } },
    { name: "as whole conversations", row: { chosen: [user, good], rejected: [user, bad] } },
    {
      name: "as whole conversations beside their prompt",
      row: { prompt: "hi", chosen: [user, good], rejected: [user, bad] },
    },
  ];
  test.each(rows)("$name", async ({ row, expected = record }) => {
    const { records, report } = await upload(jsonl(row));
    expect(records).toEqual([expected]);
    expect(PreferenceRecord.parse(records[0])).toEqual(expected);
    expect(report).toMatchObject({ method: "preference", shape: "preference" });
  });
});

describe("a row that cannot be used is dropped, with the field and the remedy", () => {
  const rows: [string, unknown, string][] = [
    ["not_json", "{'messages': []}", "The row is not valid JSON"],
    ["not_an_object", "[1,2]", "must be an object"],
    ["not_an_object", "42", "must be an object"],
    ["no_known_shape", { text: "hi" }, "`messages`"],
    ["no_known_shape", { prompt: "hi" }, "`prompt` but no `completion`"],
    ["no_known_shape", { chosen: "a", rejected: "b" }, "no `prompt`"],
    ["messages_invalid", { messages: [] }, "`messages`"],
    ["messages_invalid", { messages: null }, "`messages`"],
    ["messages_invalid", { messages: ["hi"] }, "`messages[0]`"],
    ["role_unknown", { messages: [{ role: "bot", content: "x" }] }, '`messages[0].role` is "bot"'],
    ["role_unknown", { messages: [{ content: "x" }] }, "`messages[0].role` is missing"],
    ["role_unknown", { messages: [{ role: "constructor", content: "x" }] }, "constructor"],
    ["content_invalid", { messages: [{ role: "user" }] }, "`messages[0].content` is missing"],
    ["content_invalid", { messages: [{ role: "user", content: 5 }] }, "`messages[0].content`"],
    ["content_invalid", { prompt: 5, completion: "x" }, "`prompt`"],
    [
      "content_not_text",
      { messages: [{ role: "user", content: [{ type: "image_url", image_url: { url: "x" } }] }] },
      "image_url",
    ],
    ["empty_content", { messages: [user, { role: "assistant", content: "" }] }, "`messages[1].content`"],
    ["empty_content", { instruction: "x", output: "" }, "`output`"],
    ["no_assistant", { messages: [user] }, "no assistant"],
    ["no_assistant", { messages: [user, { ...assistant, weight: 0 }] }, "weight 0"],
    ["weight_invalid", { messages: [user, { ...assistant, weight: 0.5 }] }, "`messages[1].weight`"],
    [
      "legacy_function_call",
      { messages: [user, { role: "assistant", content: null, function_call: {} }] },
      "tool_calls",
    ],
    ["legacy_function_call", { messages: [user, { role: "function", content: "x" }] }, "tool_calls"],
    ["legacy_function_call", { functions: [], messages: [user, assistant] }, "`tools`"],
    [
      "tool_call_invalid",
      { messages: [user, { role: "assistant", tool_calls: [{ function: { name: "f", arguments: "" } }] }] },
      "tool_calls[0].id",
    ],
    [
      "tool_call_invalid",
      { messages: [user, { role: "assistant", tool_calls: [{ id: "a", function: { arguments: "" } }] }] },
      "function.name",
    ],
    [
      "tool_call_invalid",
      { messages: [user, { role: "assistant", tool_calls: [{ id: "a", function: { name: "f" } }] }] },
      "arguments",
    ],
    [
      "tool_call_invalid",
      { messages: [user, assistant, { role: "tool", tool_call_id: "no", content: "x" }] },
      "tool_call_id",
    ],
    ["tool_call_invalid", { messages: [{ ...user, tool_calls: [call] }, assistant] }, "only the assistant"],
    ["tools_invalid", { tools: "{", messages: [user, assistant] }, "`tools`"],
    ["tools_invalid", { tools: [1], messages: [user, assistant] }, "`tools`"],
    ["preference_equal", { prompt: "a", chosen: "b", rejected: "b" }, "`chosen` and `rejected`"],
    ["preference_invalid", { prompt: "a", chosen: [user], rejected: [assistant] }, "`chosen`"],
  ];
  test.each(rows)("%s: %j", async (reason, row, message) => {
    const good = { instruction: "a", output: "b" };
    const line = typeof row === "string" ? row : JSON.stringify(row);
    const { report } = await upload(`${JSON.stringify(good)}\n\n${line}\n`);
    expect(report.rows).toEqual({ total: 2, accepted: 1, dropped: 1 });
    expect(report.dropped).toEqual([{ line: 3, reason, message: expect.stringContaining(message) }]);
    expect(report.reasons).toEqual({ [reason]: 1 });
  });
});

test("supervised rows and preference pairs do not mix, and the message names one line of each", async () => {
  const error = await refused(jsonl(said("a", "b"), { prompt: "a", chosen: "b", rejected: "c" }));
  expect(error).toMatchObject({ reason: "mixed_methods", code: "invalid", param: "file" });
  expect(error.message).toMatch(/Line 2 is a preference pair and line 1/);
});

test("different supervised shapes in one file are called mixed", async () => {
  expect((await upload(jsonl(said("a", "b"), { prompt: "a", completion: "c" }))).report.shape).toBe("mixed");
});

test("a file of which no row can be used is refused with the most common reason and its first line", async () => {
  const error = await refused(jsonl({ text: "a" }, { messages: [] }, { messages: [] }));
  expect(error.reason).toBe("no_usable_row");
  expect(error.message).toMatch(/2 times, first in row or line 2\): `messages`/);
});
