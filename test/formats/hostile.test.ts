import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { jsonl, refused, said, upload } from "../datasets/upload.ts";

const good = jsonl(said("a", "b"));
const utf16 = (text: string, order: "le" | "be") => {
  const bytes = Buffer.from(`\ufeff${text}`, "utf16le");
  return order === "le" ? bytes : bytes.swap16();
};

describe("the encoding", () => {
  test.each([
    ["UTF-8 with a byte order mark", Buffer.from(`\ufeff${good}`)],
    ["UTF-16 little endian", utf16(good, "le")],
    ["UTF-16 big endian", utf16(good, "be")],
    ["CR LF", Buffer.from(good.replaceAll("\n", "\r\n"))],
    ["no line feed at the end", Buffer.from(good.trimEnd())],
  ])("%s", async (_, bytes) => {
    expect((await upload(bytes, { cuts: [1, 2, 3, 50] })).text).toBe(good);
  });

  test("characters outside of the basic plane survive UTF-16 and every cut", async () => {
    const rows = jsonl(said("𝔸é", "😀")).repeat(5);
    const cuts = Array.from({ length: 2000 }, (_, at) => at);
    for (const bytes of [Buffer.from(rows), utf16(rows, "le"), utf16(rows, "be")])
      expect((await upload(bytes, { cuts })).text).toBe(rows);
  });

  test("U+2028, U+2029, U+0085 and a lone CR inside a line are data", async () => {
    const rows = jsonl(said("a\u2028b\u2029c\u0085d", "e\rf"));
    expect((await upload(rows)).text).toBe(rows);
  });

  test("a lone surrogate written as an escape stays one", async () => {
    expect((await upload('{"prompt":"\\uD83D","completion":"x"}')).text).toContain('"content":"\\ud83d"');
  });
});

describe("a file that is no text is refused, and the message says what it looks like", () => {
  const latin1 = Buffer.from(`${good}${jsonl(said("caf\u00e9", "b"))}`, "latin1");
  test.each<[string, Uint8Array | string, string, RegExp]>([
    ["gzip", gzipSync(good), "binary_file", /gzip archive.*gunzip/],
    ["zip", Buffer.from("PK\x03\x04rest"), "binary_file", /ZIP/],
    ["PDF", "%PDF-1.7\n", "binary_file", /PDF/],
    ["PNG", Buffer.from("\x89PNG\r\n\x1a\n", "latin1"), "binary_file", /PNG/],
    ["Parquet", "PAR1....", "binary_file", /Parquet.*read_parquet/],
    ["SQLite", "SQLite format 3\0....", "binary_file", /SQLite/],
    ["NUL bytes", "abc\0def", "binary_file", /byte 4 is NUL/],
    ["UTF-16 without a mark", Buffer.from(good, "utf16le"), "not_utf8", /UTF-16 without a byte order mark/],
    ["Latin-1", latin1, "not_utf8", /Line 2 .*Latin-1/],
    ["nothing", "", "empty_file", /empty/],
    ["only blanks", " \n\r\n\t", "empty_file", /empty/],
    ["only a mark", "\ufeff", "empty_file", /empty/],
    ["an empty array", "[]", "empty_file", /no rows/],
    ["a header alone", "prompt,completion\n", "empty_file", /no rows/],
    ["a picture of text", "<html><body>", "unknown_format", /CSV whose first row/],
  ])("%s", async (name, content, reason, message) => {
    const error = await refused(content, { name: name === "a picture of text" ? "page.html" : "rows.jsonl" });
    expect(error.reason).toBe(reason);
    expect(error.message).toMatch(message);
  });

  test("invalid UTF-8 long after the head names its line, wherever the pieces end", async () => {
    const bytes = Buffer.concat([Buffer.from(good.repeat(5000)), Buffer.from([0x7b, 0xe2, 0x82, 0x0a])]);
    for (const cuts of [[], [bytes.length - 2], [100_000, bytes.length - 3]])
      expect((await refused(bytes, { cuts })).message).toContain("Line 5001 ");
  });

  test("a character cut off by the end of the file is invalid", async () => {
    expect((await refused(Buffer.concat([Buffer.from(good), Buffer.from([0xe2, 0x82])]))).reason).toBe("not_utf8");
  });
});

describe("a hostile row harms nobody", () => {
  const deep = (open: string, close: string) => open.repeat(100_000) + close.repeat(100_000);
  const messages = JSON.stringify(said("a", "b").messages);
  test.each<[string, string, string | null]>([
    ["nesting 100,000 deep", deep("[", "]"), "not_an_object"],
    ["unclosed nesting 100,000 deep", "[".repeat(100_000), "not_json"],
    ["deep tools that cannot be written out", `{"messages":${messages},"tools":[{"a":${deep("[", "]")}}]}`, "too_deep"],
    ["__proto__ as a field", `{"__proto__":{"messages":1},"messages":${messages}}`, null],
    ["__proto__ in place of messages", `{"__proto__":{"messages":${messages}}}`, "no_known_shape"],
    ["__proto__ in a message", '{"messages":[{"__proto__":{"role":"user","content":"x"}}]}', "role_unknown"],
    ["constructor and toString", `{"constructor":1,"toString":null,"messages":${messages}}`, null],
    ["numbers beyond all bounds", `{"n":1e999,"m":${"9".repeat(5000)},"messages":${messages}}`, null],
    ["repeated keys, of which the last counts", `{"messages":[],"messages":${messages}}`, null],
    [
      "a minus zero weight",
      '{"messages":[{"role":"user","content":"a"},{"role":"assistant","content":"b","weight":-0}]}',
      "no_assistant",
    ],
  ])("%s", async (_, row, reason) => {
    const { report, records } = await upload(`${good}${row}\n${good}`);
    expect(report.reasons).toEqual(reason ? { [reason]: 1 } : {});
    if (!reason) expect(records[1]).toEqual(said("a", "b"));
    expect(({} as { messages?: unknown }).messages).toBeUndefined();
  });
});

describe("a row over the limit is dropped and the file goes on", () => {
  const limits = { maxLineBytes: 1000 };
  const long = said("x".repeat(5000), "b");
  const cuts = Array.from({ length: 60 }, (_, at) => at * 100);
  test.each([
    ["jsonl", jsonl(said("a", "b"), long, said("c", "d")), 2],
    ["json", JSON.stringify([said("a", "b"), long, said("c", "d")]), 2],
    ["csv", `prompt,completion\na,b\n${"x".repeat(5000)},b\nc,d\n`, 3],
  ])("%s", async (format, content, line) => {
    for (const how of [{}, { cuts }]) {
      const { report, records } = await upload(content, { name: `rows.${format}`, limits, ...how });
      expect(report).toMatchObject({ format, rows: { total: 3, accepted: 2, dropped: 1 } });
      expect(report.dropped).toEqual([
        { line, reason: "line_too_long", message: expect.stringContaining("1,000 bytes") },
      ]);
      expect(records).toEqual([said("a", "b"), said("c", "d")]);
    }
  });

  test("also when it is the last and its line does not end", async () => {
    const { report } = await upload(jsonl(said("a", "b"), long).trimEnd(), { limits, cuts });
    expect(report.dropped).toMatchObject([{ line: 2, reason: "line_too_long" }]);
  });

  test("a row exactly at the limit is not over it", async () => {
    const row = jsonl(said("a", "b")).trim();
    for (const ending of ["\n", "\r\n", ""])
      for (const cuts of [[], [5]])
        expect((await upload(row + ending, { limits: { maxLineBytes: row.length }, cuts })).report.rows.accepted).toBe(
          1,
        );
    expect((await refused(row, { limits: { maxLineBytes: row.length - 1 } })).message).toContain("longer than");
  });
});

test("fields that are ever new cannot fill the report", async () => {
  const rows = Array.from({ length: 30 }, (_, at) => ({
    [`k${at}`]: 1,
    ["long".repeat(200 + at)]: 1,
    prompt: "a",
    completion: "b",
  }));
  const { report } = await upload(jsonl(...rows), { limits: { maxColumns: 10 } });
  expect(report.columns.length).toBe(10);
  expect(Math.max(...report.columns.map(({ name }) => name.length))).toBeLessThanOrEqual(200);
});
