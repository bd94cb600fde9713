import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { SupervisedRecord } from "../../shared/chat.ts";
import { readRow } from "../../shared/datasets/shapes.ts";
import { messagesOfSpan } from "../../shared/formats/spans.ts";
import { jsonl, refused, upload } from "../datasets/upload.ts";

const user = { role: "user", content: "Where is my parcel?" };
const assistant = { role: "assistant", content: "On its way." };
const call = { id: "c1", type: "function", function: { name: "track", arguments: '{"parcel":7}' } };
const of = (attribute: unknown) => messagesOfSpan({ attribute });
const choices = (message: unknown) => ({ choices: [{ message }] });
const text = JSON.stringify;

type Case = [name: string, attribute: Record<string, unknown>, messages: unknown[] | null];
const holds = (cases: Case[]) =>
  test.each(cases)("%s", (_, attribute, messages) => expect(of(attribute)).toEqual(messages));

describe("the request", () => {
  holds([
    ["is JSON text", { request: text({ messages: [user] }) }, [user]],
    ["or JSON itself, an object", { request: { messages: [user] } }, [user]],
    ["or a list", { request: [user] }, [user]],
    ["or a list as text", { request: text([user]) }, [user]],
    ["is under `input` where there is no `request`", { input: text({ messages: [user] }) }, [user]],
    ["wins over `input` by being there", { request: text({ messages: [user] }), input: text([assistant]) }, [user]],
    ["wins even when it is empty", { request: "", input: text({ messages: [user] }) }, null],
    ["wins even when it is null", { request: null, input: text({ messages: [user] }) }, null],
    [
      "is passed over when it is no JSON",
      { request: "Where is it?", output: text({ content: "Here." }) },
      [{ role: "assistant", content: "Here." }],
    ],
    ["is passed over when it is a number", { request: 7 }, null],
  ]);
});

describe("messages", () => {
  holds([
    ["of `messages` win over `contents`", { request: { contents: [assistant], messages: [user] } }, [user]],
    ["of `contents` count where there are none", { request: { contents: [user] } }, [user]],
    ["of `contents` count where `messages` is no list", { request: { messages: "none", contents: [user] } }, [user]],
    ["in an empty list are none, whatever `contents` has", { request: { messages: [], contents: [user] } }, null],
    [
      "without a role, or with one that is no text, are dropped",
      { request: [{ content: "?" }, { role: 7, content: "?" }, null, "hi", [user], user] },
      [user],
    ],
    [
      "keep their order and their repetitions",
      { request: [user, assistant, user, user] },
      [user, assistant, user, user],
    ],
    [
      "of Gemini's model are the assistant's",
      {
        request: {
          contents: [
            { role: "user", parts: [{ text: "Hi" }] },
            { role: "model", parts: [{ text: "Ho" }] },
          ],
        },
      },
      [
        { role: "user", content: "Hi" },
        { role: "assistant", content: "Ho" },
      ],
    ],
    [
      "begin with Anthropic's system prompt",
      { request: { system: "Be brief.", messages: [user] } },
      [{ role: "system", content: "Be brief." }, user],
    ],
    [
      "begin with it as blocks, too",
      {
        request: {
          system: [
            { type: "text", text: "Be" },
            { type: "text", text: "brief." },
          ],
          messages: [user],
        },
      },
      [{ role: "system", content: "Be\nbrief." }, user],
    ],
    ["do without an empty one", { request: { system: "", messages: [user] } }, [user]],
  ]);
});

describe("a content", () => {
  const content = (value: unknown) => ({ request: [{ role: "user", content: value }] });
  const said = (value: string) => [{ role: "user", content: value }];
  holds([
    ["is a text", content("Hi"), said("Hi")],
    ["keeps its white space", content(" \n\tHi \u00a0\n"), said(" \n\tHi \u00a0\n")],
    ["may be nothing but white space", content("  "), said("  ")],
    ["keeps U+2028 and U+2029", content("a\u2028b\u2029c"), said("a\u2028b\u2029c")],
    [
      "is a list of texts and text parts, a line feed between them",
      content(["a", { type: "text", text: "b" }, { text: "" }, { text: " c" }]),
      said("a\nb\n\n c"),
    ],
    [
      "leaves out images, tool results and what is no text",
      content([
        { type: "image_url", image_url: { url: "https://example.com/p.png" } },
        { type: "text", text: "What is this?" },
        { type: "tool_result", content: "x" },
        { text: 7 },
        null,
        7,
      ]),
      said("What is this?"),
    ],
    ["that is an image alone is dropped", content([{ type: "image", source: {} }]), null],
    ["is an object with a text", content({ text: "Hi" }), said("Hi")],
    ["is dropped when it is empty", content(""), null],
    ["is dropped when it is a number", content(7), null],
    ["wins over `parts`", { request: [{ role: "user", content: "a", parts: [{ text: "b" }] }] }, said("a")],
    [
      "without any text leaves it to `parts`",
      { request: [{ role: "user", content: [{}], parts: [{ text: "b" }] }] },
      said("b"),
    ],
    [
      "of `parts` wins over the text of an object",
      {
        request: [{ role: "user", content: { text: "a" }, parts: [{ text: "b" }, { inline_data: {} }, { text: "c" }] }],
      },
      said("b\nc"),
    ],
  ]);
});

describe("tool calls", () => {
  holds([
    [
      "survive without a content",
      { request: [user, { role: "assistant", content: null, tool_calls: [call] }] },
      [user, { role: "assistant", content: null, tool_calls: [call] }],
    ],
    [
      "survive with an empty one",
      { request: [{ role: "assistant", content: "", tool_calls: [call] }] },
      [{ role: "assistant", content: "", tool_calls: [call] }],
    ],
    [
      "are answered by their id, and with a name",
      { request: [{ role: "tool", tool_call_id: "c1", name: "track", content: "Hull" }] },
      [{ role: "tool", content: "Hull", name: "track", tool_call_id: "c1" }],
    ],
    [
      "may be answered with nothing",
      { request: [{ role: "tool", tool_call_id: "c1", content: "" }] },
      [{ role: "tool", content: "", tool_call_id: "c1" }],
    ],
    ["are none in an empty list", { request: [{ role: "assistant", content: "", tool_calls: [] }] }, null],
    [
      "of the output survive",
      { output: choices({ role: "assistant", content: null, tool_calls: [call] }) },
      [{ role: "assistant", content: null, tool_calls: [call] }],
    ],
    [
      "of the output win over a later text",
      { output: { ...choices({ content: "", tool_calls: [call] }), content: "later" } },
      [{ role: "assistant", content: "", tool_calls: [call] }],
    ],
  ]);
});

describe("the output", () => {
  const says = (content: string) => [{ role: "assistant", content }];
  const candidates = [{ content: { role: "model", parts: [{ text: "a" }, { text: "b" }] } }];
  holds([
    [
      "is the first choice's message",
      { output: text({ choices: [{ message: { content: "a" } }, { message: { content: "b" } }] }) },
      says("a"),
    ],
    ["is the assistant's, whatever its role says", { output: choices({ role: "user", content: "a" }) }, says("a")],
    [
      "may be made of parts",
      { output: choices({ content: [{ text: "a" }, { type: "image_url" }, { text: "b" }] }) },
      says("a\nb"),
    ],
    ["of a choice wins over `content`", { output: { ...choices({ content: "a" }), content: "b" } }, says("a")],
    [
      "is Anthropic's blocks, without its tool uses",
      {
        output: {
          content: [
            { type: "thinking", thinking: "hm" },
            { type: "text", text: "a" },
            { type: "tool_use" },
            { text: "b" },
          ],
        },
      },
      says("a\nb"),
    ],
    ["is a `content` that is a text", { output: text({ role: "assistant", content: "a" }) }, says("a")],
    ["is Gemini's first candidate", { output: text({ candidates }) }, says("a\nb")],
    ["of `content` wins over candidates", { output: { content: "c", candidates } }, says("c")],
    [
      "that is empty in one place is looked for in the next",
      { output: { ...choices({ content: "" }), content: "", candidates }, response: "r" },
      says("a\nb"),
    ],
    [
      "that is empty falls through to the response",
      { output: text(choices({ content: "" })), response: "r" },
      says("r"),
    ],
    ["wins over the response", { output: { content: "o" }, response: "r" }, says("o")],
    ["that is no JSON is passed over", { output: "plain", response: "r" }, says("r")],
    ["is the response's, read the same way when it is JSON", { response: text(choices({ content: "a" })) }, says("a")],
    ["is the response's as an object", { response: { content: [{ text: "a" }] } }, says("a")],
    ["is the response itself when it is no JSON object", { response: " 42 " }, says(" 42 ")],
    ["is nothing where the response has nothing", { response: text({ usage: 3 }) }, null],
    ["follows the request", { request: [user], output: { content: "On its way." } }, [user, assistant]],
    ["that is empty leaves the request", { request: [user], output: "" }, [user]],
    ["is passed over when its choices are something else", { output: { choices: [null], content: "a" } }, says("a")],
  ]);
});

describe("`content` of the attribute", () => {
  holds([
    ["counts when nothing else was found", { content: "Hello" }, [{ role: "assistant", content: "Hello" }]],
    ["does not count beside a request", { request: [user], content: "Hello" }, [user]],
    [
      "does not count beside an output",
      { output: { content: "a" }, content: "b" },
      [{ role: "assistant", content: "a" }],
    ],
    ["is no message when it is empty", { content: "" }, null],
    ["is no message when it is no text", { content: { text: "a" } }, null],
  ]);
  test.each([undefined, null, 7, "span", [], {}, { attribute: null }, { attribute: "{}" }, { attribute: [] }])(
    "a span that is %j has no messages",
    (span) => expect(messagesOfSpan(span)).toBeNull(),
  );
});

const record = (id: string, attribute: unknown, more: object = {}) => ({
  id,
  datasetId: "d",
  createdAt: 1,
  data: { span_id: `span-${id}`, attribute },
  ...more,
});

describe("a file of records", () => {
  const good = { request: text({ messages: [user] }), output: text(choices(assistant)) };
  const rows = [
    record("one", good),
    record("silent", {}),
    record("two", { content: "a\u2028b" }, { spanId: "other" }),
    record("unanswered", { request: [user] }),
    record("one", good, { spanId: 7 }),
  ];

  test("becomes one line for each that has something to learn, and each line knows where it came from", async () => {
    const { text: lines, records, report, lineage } = await upload(jsonl(...rows), { cuts: [100, 301] });
    expect(records).toEqual([
      { messages: [user, assistant] },
      { messages: [{ role: "assistant", content: "a\u2028b" }] },
      { messages: [user, assistant] },
    ]);
    for (const each of records) SupervisedRecord.parse(each);
    expect(lines).toContain("a\u2028b");
    expect(lines.split("\n").filter((line) => line !== "").length).toBe(3);
    expect(lineage).toEqual([
      { line: 1, row: 1, record_id: "one", span_ids: ["span-one"] },
      { line: 2, row: 3, record_id: "two", span_ids: ["other", "span-two"] },
      { line: 3, row: 5, record_id: "one", span_ids: ["7", "span-one"] },
    ]);
    expect(report).toMatchObject({ shape: "spans", format: "jsonl", reasons: { span_empty: 1, no_assistant: 1 } });
    expect(report.duplicates.exact).toEqual({ rows: 1, lines: [5] });
  });

  test.each(["export.json", "export.jsonl", "export"])(
    "is also read as an exported dataset, called %s",
    async (name) => {
      const dataset = { id: "d", name: "Support", createdAt: 1, updatedAt: 2, records: rows };
      for (const content of [text(dataset), text(dataset, null, 2), text(rows)]) {
        const { lineage, report } = await upload(content, { name });
        expect(lineage.map(({ line, row }) => [line, row])).toEqual([
          [1, 1],
          [2, 3],
          [3, 5],
        ]);
        expect(report).toMatchObject({ shape: "spans", format: "json" });
      }
    },
  );

  test("of a single record is no container, whatever lists the record has", async () => {
    const { lineage } = await upload(text(record("one", good, { items: [{ a: 1 }] })), { name: "one" });
    expect(lineage).toMatchObject([{ record_id: "one" }]);
  });

  test("other files have no lineage", async () => {
    expect((await upload(jsonl({ prompt: "a", completion: "b" }))).lineage).toEqual([]);
  });

  test("of which none can be used is refused", async () => {
    expect(await refused(jsonl(record("silent", {})))).toMatchObject({ reason: "no_usable_row" });
  });
});

describe("whatever a span holds", () => {
  const key = fc.constantFrom(
    ..."request input output response content messages contents role parts text choices message candidates system tool_calls tool_call_id name model user tool".split(
      " ",
    ),
  );
  const { json } = fc.letrec<{ json: unknown }>((tie) => ({
    json: fc.oneof(
      { maxDepth: 6 },
      fc.constantFrom("user", "assistant", "model", "tool", "", " ", "\u2028"),
      fc.string({ unit: "binary" }),
      fc.constant(null),
      fc.integer(),
      fc.array(tie("json"), { maxLength: 4 }),
      fc.dictionary(key, tie("json"), { maxKeys: 5 }),
    ),
  }));
  const attribute = fc.dictionary(key, fc.oneof(json, json.map(text)), { maxKeys: 5 });

  test("the outcome is null or messages that say or call something, and the same as text or as JSON", () => {
    fc.assert(
      fc.property(attribute, (held) => {
        const messages = of(held);
        if (messages === null) return;
        expect(messages.length).toBeGreaterThan(0);
        for (const { role, content, tool_calls, tool_call_id } of messages) {
          expect(role).toBeTypeOf("string");
          expect(content || tool_calls?.length || tool_call_id !== undefined).toBeTruthy();
        }
        expect(of(JSON.parse(text(held)))).toEqual(messages);
      }),
      { numRuns: 2000 },
    );
  });

  test("a record is read into a canonical one, or dropped for a reason that is named", () => {
    fc.assert(
      fc.property(attribute, (held) => {
        try {
          const { record: canonical, shape } = readRow(record("x", held));
          expect(shape).toBe("spans");
          expect(SupervisedRecord.parse(canonical)).toEqual(canonical);
        } catch (error) {
          expect(error).toMatchObject({ name: "RowUnfit", message: expect.stringMatching(/\.$/) });
        }
      }),
      { numRuns: 2000 },
    );
  });

  test("what was said is found again, in its order and to the letter", () => {
    const turn = fc.record({
      role: fc.constantFrom("user", "assistant", "system"),
      content: fc.string({ minLength: 1, unit: "binary" }),
    });
    fc.assert(
      fc.property(fc.array(turn, { minLength: 1 }), fc.string({ minLength: 1, unit: "binary" }), (said, reply) => {
        const wanted = [...said, { role: "assistant", content: reply }];
        for (const form of [text, (value: unknown) => value]) {
          expect(of({ request: form({ messages: said }), output: form(choices({ content: reply })) })).toEqual(wanted);
          const contents = said.map(({ role, content }) => ({ role, parts: [{ text: content }] }));
          const candidates = [{ content: { parts: [{ text: reply }] } }];
          expect(of({ input: form({ contents }), output: form({ candidates }) })).toEqual(wanted);
        }
      }),
    );
  });
});
