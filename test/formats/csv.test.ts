import { parse } from "csv-parse/sync";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Delimiter, fieldsOf, recordSplitter } from "../../shared/formats/csv.ts";
import { refused, said, upload } from "../datasets/upload.ts";

const quoted = (field: string) => `"${field.replaceAll('"', '""')}"`;

function recordsOf(text: string, delimiter: Delimiter = ",", cuts: number[] = []) {
  const records: (string[] | null)[] = [];
  const lines: number[] = [];
  const splitter = recordSplitter(
    {
      row(bytes, start, end, line) {
        records.push(fieldsOf(bytes.toString("utf8", start, end), delimiter));
        lines.push(line);
      },
      unfit: () => records.push(null),
    },
    1e6,
    delimiter,
  );
  const bytes = Buffer.from(text);
  let start = 0;
  for (const end of [...cuts.map((cut) => Math.min(cut, bytes.length)).toSorted((a, b) => a - b), bytes.length]) {
    splitter.push(bytes.subarray(start, end));
    start = end;
  }
  splitter.end();
  return { records, lines };
}

const csv = (content: string, cuts: number[] = []) => upload(content, { name: "rows.csv", cuts });

describe("RFC 4180", () => {
  test.each<[string, string, (string[] | null)[]]>([
    [
      "bare fields",
      "a,b\nc,d\n",
      [
        ["a", "b"],
        ["c", "d"],
      ],
    ],
    [
      "CR LF and no last line feed",
      "a,b\r\nc,d",
      [
        ["a", "b"],
        ["c", "d"],
      ],
    ],
    ["quotes, delimiters and line breaks in a field", '"a ""b""","c,\r\nd"\n', [['a "b"', "c,\r\nd"]]],
    ["empty fields", ',"",\n', [["", "", ""]]],
    ["blanks are data", " a , b \n", [[" a ", " b "]]],
    ["empty lines are none", "a\n\n\r\nb\n", [["a"], ["b"]]],
    [
      "a quote inside a bare field is data",
      'a 5" disk,b\nc,d\n',
      [
        ['a 5" disk', "b"],
        ["c", "d"],
      ],
    ],
    ["text after a closing quote is an error", '"a"b,c\nd,e\n', [null, ["d", "e"]]],
    ["a quote that is never closed is an error", 'a,b\n"c,d\ne,f\n', [["a", "b"], null]],
  ])("%s", (_, text, records) => {
    expect(recordsOf(text).records).toEqual(records);
    expect(recordsOf(text, ",", [...Array(text.length).keys()]).records).toEqual(records);
  });

  test("a record's line is the one it begins in", () => {
    expect(recordsOf('a\n"b\nb"\n\nc\n').lines).toEqual([1, 2, 5]);
  });

  const field = fc.string({ unit: fc.constantFrom("a", "é", '"', ",", "\n", "\r\n", " ", "😀", ";"), maxLength: 8 });
  const table = fc.array(fc.array(field, { minLength: 2, maxLength: 4 }), { minLength: 1, maxLength: 6 });

  test("what is written is read, and another reader of CSV reads the same", () => {
    fc.assert(
      fc.property(table, fc.array(fc.nat(60)), fc.constantFrom("\n", "\r\n"), (rows, cuts, ending) => {
        const text = rows.map((row) => row.map(quoted).join(",") + ending).join("");
        expect(recordsOf(text, ",", cuts).records).toEqual(rows);
        expect(parse(text, { relax_column_count: true })).toEqual(rows);
      }),
    );
  });

  test("any bytes at all give the same records however they are cut", () => {
    const text = fc.string({ unit: fc.constantFrom("a", '"', ",", "\n", "\r"), maxLength: 40 });
    fc.assert(
      fc.property(text, fc.array(fc.nat(40)), (content, cuts) => {
        expect(recordsOf(content, ",", cuts)).toEqual(recordsOf(content));
      }),
    );
  });
});

describe("a CSV upload", () => {
  test("has its columns, with what is null or empty in them", async () => {
    const { records, report } = await csv('\ufeffinstruction,input,output,topic\r\nAdd,1 2,3,\r\nSay,,"a\nb"\r\n');
    expect(records).toEqual([said("Add\n\n1 2", "3"), said("Say", "a\nb")]);
    expect(report).toMatchObject({ format: "csv", shape: "instruction" });
    expect(report.columns).toEqual([
      { name: "instruction", nulls: 0, rows: 2 },
      { name: "input", nulls: 1, rows: 2 },
      { name: "output", nulls: 0, rows: 2 },
      { name: "topic", nulls: 2, rows: 2 },
    ]);
  });

  test.each([
    ["names in capitals and blanks", "Prompt , COMPLETION\na,b\n"],
    ["semicolons", "prompt;completion\na;b\n"],
    ["tabs", "prompt\tcompletion\na\tb\n"],
    ["quoted names", '"prompt","completion"\n"a","b"\n'],
    ["a __proto__ column", "__proto__,prompt,completion\nx,a,b\n"],
    ["messages as JSON text", `messages\n${quoted(JSON.stringify(said("a", "b").messages))}\n`],
  ])("%s", async (_, content) => {
    expect((await csv(content)).records).toEqual([said("a", "b")]);
    expect((await upload(content, { name: "rows.jsonl" })).report.format).toBe("csv");
  });

  test("preference pairs as JSON text or plain", async () => {
    const { records } = await csv(
      `prompt,chosen,rejected\na,b,c\na,${quoted(JSON.stringify([{ role: "assistant", content: "b" }]))},c\n`,
    );
    expect(records[0]).toEqual(records[1]);
  });

  test("bad records are dropped by the line they begin in", async () => {
    const { report } = await csv('prompt,completion\na,b\na,b,c\n"a"x,b\n,b\na\nc,"d\n');
    expect(report.dropped.map(({ line, reason }) => [line, reason])).toEqual([
      [3, "column_count"],
      [4, "csv_invalid"],
      [5, "empty_content"],
      [6, "content_invalid"],
      [7, "csv_invalid"],
    ]);
  });

  test.each([
    ["too_many_columns", `prompt,${Array.from({ length: 1000 }, (_, at) => `c${at}`).join(",")}\n`],
    ["no_header", "prompt,prompt\na,b\n"],
    ["no_header", ",\na,b\n"],
    ["no_header", "prompt,Prompt\na,b\n"],
    ["no_header", '"prompt"x,completion\na,b\n'],
    ["no_header", '"prompt,completion\na,b\n'],
    ["no_usable_row", "first,second\na,b\n"],
  ])("%s", async (reason, content) => {
    expect((await refused(content, { name: "rows.csv" })).reason).toBe(reason);
  });
});
