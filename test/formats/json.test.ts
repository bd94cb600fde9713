import { describe, expect, test } from "vitest";
import { jsonl, refused, said, upload } from "../datasets/upload.ts";

const rows = [said("a", "b"), said('c [1] {"x"} \\', "d"), { prompt: "e", completion: "f" }];
const prepared = jsonl(rows[0], rows[1], said("e", "f"));

describe("where the rows are in a JSON document", () => {
  test.each<[string, string, string]>([
    ["an array", JSON.stringify(rows), "rows.json"],
    ["an indented array", JSON.stringify(rows, null, 2), "rows.json"],
    ["an array called .jsonl", JSON.stringify(rows), "rows.jsonl"],
    ["an array without a name", JSON.stringify(rows), "rows"],
    ["an object with one array", JSON.stringify({ data: rows }), "rows.json"],
    ["an object with one array, called .jsonl", JSON.stringify({ data: rows }), "rows.jsonl"],
    [
      "an indented object with one array",
      JSON.stringify({ version: "1]", data: rows, meta: { tags: [{ a: 1 }] } }, null, 2),
      "rows.json",
    ],
    [
      "an array under another name",
      JSON.stringify({ columns: ["a"], conversationsList: rows, notes: [] }),
      "rows.json",
    ],
    ["JSON Lines called .json", jsonl(...rows), "rows.json"],
    ["JSON Lines called .csv", jsonl(...rows), "rows.csv"],
    ["indented objects one after another", rows.map((row) => JSON.stringify(row, null, 2)).join("\n"), "rows.json"],
  ])("%s", async (_, content, name) => {
    for (const cuts of [[], Array.from({ length: content.length }, (_, at) => at)]) {
      const { text, report } = await upload(content, { name, cuts });
      expect(text).toBe(prepared);
      expect(report.rows.dropped).toBe(0);
    }
  });

  test("a single row is a row, not a document, even with lists of objects in it", async () => {
    const row = { meta: [{ a: 1 }], ...said("a", "b") };
    expect((await upload(JSON.stringify(row), { name: "one.json" })).records).toEqual([said("a", "b")]);
    expect(
      (await upload(JSON.stringify(row, null, 2).replace('"meta"', '"tools"'), { name: "one.json" })).records.length,
    ).toBe(1);
  });
});

test("elements that are no rows are dropped by their position", async () => {
  const { report } = await upload(
    `[{"prompt":"a","completion":"b"}, 5, {"prompt" "x"}, , null, ${JSON.stringify(rows[0])}]`,
    { name: "rows.json" },
  );
  expect(report.dropped.map(({ line, reason }) => [line, reason])).toEqual([
    [2, "not_an_object"],
    [3, "not_json"],
    [4, "not_an_object"],
  ]);
  expect(report.rows.accepted).toBe(2);
});

test.each([
  ["inside of a row", `[{"prompt":"a","completion":"b"},{"prompt":"c","comp`, 1, 2],
  ["between rows", `[{"prompt":"a","completion":"b"},`, 1, 2],
  ["before the bracket", `[{"prompt":"a","completion":"b"}`, 1, 2],
])("a document that is cut off %s says so", async (_, content, accepted, line) => {
  const { report } = await upload(content, { name: "rows.json" });
  expect(report.rows.accepted).toBe(accepted);
  expect(report.dropped).toEqual([{ line, reason: "cut_off", message: expect.stringContaining("Upload it again") }]);
});

test.each([
  ["two arrays of rows", JSON.stringify({ train: rows, validation: rows })],
  ["an array after the array", `${JSON.stringify(rows)}\n${JSON.stringify(rows)}`],
])("%s are refused", async (_, content) => {
  expect((await refused(content, { name: "rows.json" })).reason).toBe("several_arrays");
});

test("a malformed first line does not turn JSON Lines into something else", async () => {
  for (const broken of ['{"messages": [', '{"data":[{"a":', "not json at all"]) {
    const { report } = await upload(`${broken}\n${jsonl(...rows)}`);
    expect(report).toMatchObject({
      format: "jsonl",
      rows: { accepted: 3, dropped: 1 },
      dropped: [{ line: 1, reason: "not_json" }],
    });
  }
});
