/** What happens to one row of each format: parsed, read into a canonical record, written, and noted in the findings. */
import type { ChatRecord, SupervisedRecord } from "../chat.ts";
import { type Delimiter, fieldsOf, headerOf } from "../formats/csv.ts";
import type { RowListener } from "../formats/rows.ts";
import { canonicalOfPlain } from "./canonical.ts";
import { isObject } from "./conversation.ts";
import type { Findings } from "./findings.ts";
import { fingerprintOf } from "./fingerprints.ts";
import type { Outbox } from "./outbox.ts";
import { RowUnfit, unfit } from "./reasons.ts";
import { readRow, type Shape } from "./shapes.ts";
import { originOf } from "./span-records.ts";
import type { tally } from "./tally.ts";

interface Desk {
  rows: ReturnType<typeof tally>;
  found: Findings;
  records: Outbox;
  prints: Outbox;
  lineage: Outbox;
}

/** Rows that are JSON texts. */
export function jsonRows(desk: Desk): RowListener {
  return {
    row(bytes, start, end, line) {
      const text = bytes.toString("utf8", start, end);
      const reading = orDrop(desk, line, () => {
        const row = parsed(text);
        const plain = canonicalOfPlain(row, text);
        return plain === null ? reread(desk, row) : asItIs(desk, row as SupervisedRecord, plain);
      });
      if (!reading) return;
      const isUnchanged = reading.canonical === text;
      if (isUnchanged) desk.records.writeSlice(bytes, start, end);
      accept(desk, reading, line, isUnchanged ? end - start : desk.records.writeLine(reading.canonical));
    },
    unfit: desk.rows.drop,
  };
}

/** Rows that are CSV records; the first is the header. Cells missing at the end of a row count as null. */
export function csvRows(desk: Desk, delimiter: Delimiter, maxColumns: number): RowListener {
  let header: string[] | null = null;
  return {
    row(bytes, start, end, line) {
      const fields = fieldsOf(bytes.toString("utf8", start, end), delimiter);
      if (!header) {
        header = headerOf(fields, maxColumns);
        return;
      }
      const names = header;
      const reading = orDrop(desk, line, () => reread(desk, rowOf(names, fields)));
      if (reading) accept(desk, reading, line, desk.records.writeLine(reading.canonical));
    },
    unfit(line, reason, message) {
      if (!header) headerOf(null, maxColumns);
      desk.rows.drop(line, reason, message);
    },
  };
}

/** Columns that hold lists or objects hold them as JSON text. */
const jsonColumns = new Set([
  "messages",
  "conversations",
  "conversation",
  "tools",
  "history",
  "preferred_output",
  "non_preferred_output",
]);
const maybeJsonColumns = new Set(["prompt", "completion", "chosen", "rejected"]);

function rowOf(names: string[], fields: string[] | null): object {
  if (!fields)
    throw unfit("csv_invalid", "Text follows a closing quote. Quote the whole field, and double the quotes inside it.");
  if (fields.length > names.length)
    throw unfit(
      "column_count",
      `The row has ${fields.length} fields, the header ${names.length}. Quote fields that hold the delimiter.`,
    );
  const row = Object.create(null);
  for (const [at, name] of names.entries()) row[name] = cellOf(name, fields[at] ?? null, names);
  return row;
}

function cellOf(name: string, text: string | null, names: string[]): unknown {
  if (text === null || text === "") return text;
  const isInput = name === "input" && names.includes("preferred_output");
  if (isInput || jsonColumns.has(name)) return parsed(text, name);
  return maybeJsonColumns.has(name) && /^\s*\[\s*\{/.test(text) ? parsed(text, name) : text;
}

interface Reading {
  record: ChatRecord;
  shape: Shape;
  canonical: string;
  /** Where the row came from, if it says so. */
  origin: ReturnType<typeof originOf>;
}

function asItIs(desk: Desk, record: SupervisedRecord, canonical: string): Reading {
  desk.found.columns.addOne("messages");
  return { record, shape: "messages", canonical, origin: null };
}

function reread(desk: Desk, row: unknown): Reading {
  if (isObject(row)) desk.found.columns.add(row);
  const { record, shape } = readRow(row);
  return { record, shape, canonical: JSON.stringify(record), origin: shape === "spans" ? originOf(row) : null };
}

/** Null when the row was dropped. Only reading a row may fail: an error while writing it is a defect and goes on. */
function orDrop(desk: Desk, line: number, read: () => Reading): Reading | null {
  try {
    return read();
  } catch (error) {
    if (error instanceof RowUnfit) desk.rows.drop(line, error.reason, error.message);
    else if (error instanceof RangeError)
      desk.rows.drop(line, "too_deep", "The row is nested too deeply. Flatten its tools or arguments.");
    else throw error;
    return null;
  }
}

/** Notes a record that was written in `size` bytes. */
function accept(desk: Desk, { record, shape, canonical, origin }: Reading, line: number, size: number) {
  const print = fingerprintOf(canonical);
  desk.prints.writeLatin1(print);
  desk.rows.accept();
  if (origin) desk.lineage.writeLine(JSON.stringify({ line: desk.rows.rows.accepted, row: line, ...origin }));
  desk.found.add({ record, shape, line, print, size });
}

/** Names the place but never the text, which may be personal. */
function parsed(text: string, field?: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    const position = /at position (\d+)/.exec(error.message)?.[1];
    const where = `${field ? `\`${field}\`` : "The row"} is not valid JSON${position ? ` at character ${Number(position) + 1}` : ""}`;
    throw unfit(
      "not_json",
      `${where}. Write one JSON object per row, with double quotes and without a comma at its end.`,
    );
  }
}
