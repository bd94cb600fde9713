/** What happens to one row of each format: parsed, read into a canonical record, written, and noted in the findings. */
import type { ChatRecord } from "../chat.ts";
import { type Delimiter, fieldsOf, headerOf } from "../formats/csv.ts";
import type { RowListener } from "../formats/rows.ts";
import { isCanonical } from "./canonical.ts";
import type { Accepted, Findings } from "./findings.ts";
import { fingerprintOf } from "./fingerprints.ts";
import type { Outbox } from "./outbox.ts";
import { RowUnfit, unfit } from "./reasons.ts";
import { readRow, shapeFields } from "./shapes.ts";
import type { tally } from "./tally.ts";

interface Desk {
  rows: ReturnType<typeof tally>;
  found: Findings;
  records: Outbox;
  prints: Outbox;
}

/** Rows that are JSON texts. */
export function jsonRows(desk: Desk): RowListener {
  return {
    row(bytes, start, end, line) {
      const text = bytes.toString("utf8", start, end);
      orDrop(desk, line, () => {
        const row = parsed(text);
        if (isCanonical(row, text)) {
          desk.found.columns.addOne("messages");
          desk.records.writeSlice(bytes, start, end);
          accept(desk, { record: row as ChatRecord, shape: "messages", line, size: end - start }, text);
        } else acceptRow(desk, row, line);
      });
    },
    unfit: desk.rows.drop,
  };
}

/** Rows that are CSV records; the first is the header. Empty cells of missing columns count as null. */
export function csvRows(desk: Desk, delimiter: Delimiter, maxColumns: number): RowListener {
  let header: string[] | null = null;
  return {
    row(bytes, start, end, line) {
      const fields = fieldsOf(bytes.toString("utf8", start, end), delimiter);
      if (!header) {
        header = headerOf(fields, maxColumns).map((name) =>
          shapeFields.has(name.toLowerCase()) ? name.toLowerCase() : name,
        );
        return;
      }
      const names = header;
      orDrop(desk, line, () => acceptRow(desk, rowOf(names, fields), line));
    },
    unfit: desk.rows.drop,
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

function acceptRow(desk: Desk, row: unknown, line: number) {
  if (typeof row === "object" && row !== null && !Array.isArray(row)) desk.found.columns.add(row);
  const { record, shape } = readRow(row);
  const canonical = JSON.stringify(record);
  accept(desk, { record, shape, line, size: desk.records.writeLine(canonical) }, canonical);
}

/** Notes a record that was written. */
function accept(desk: Desk, row: Omit<Accepted, "print">, canonical: string) {
  const print = fingerprintOf(canonical);
  desk.prints.writeLatin1(print);
  desk.rows.accept();
  desk.found.add({ ...row, print });
}

function orDrop(desk: Desk, line: number, work: () => void) {
  try {
    work();
  } catch (error) {
    if (error instanceof RowUnfit) desk.rows.drop(line, error.reason, error.message);
    else if (error instanceof RangeError)
      desk.rows.drop(line, "too_deep", "The row is nested too deeply. Flatten its tools or arguments.");
    else throw error;
  }
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
