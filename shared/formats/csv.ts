/** CSV by RFC 4180: quoted fields may hold the delimiter, doubled quotes and line breaks. */
import { rejected } from "../datasets/reasons.ts";
import { Carry, type RowListener, type RowSplitter, tooLongMessage } from "./rows.ts";

const LF = 10;
const CR = 13;
const QUOTE = 34;

export type Delimiter = "," | ";" | "\t";

/** Where a byte stands: at the start of a field, in a bare one, in a quoted one, or after a quote inside a quoted one. */
type Place = "start" | "bare" | "quoted" | "quote";

/** A record's `line` is the line of the file it begins in, from 1; the header is a record like the others. */
export function recordSplitter(to: RowListener, maxLineBytes: number, delimiter: Delimiter): RowSplitter {
  const carry = new Carry(maxLineBytes + 2);
  const separator = delimiter.charCodeAt(0);
  let place: Place = "start";
  let line = 1;
  let begunIn = 1;

  /** Blanks belong to the fields and stay; only the CR of a CR LF goes. */
  const handOver = (bytes: Buffer, start: number, end: number) => {
    if (end > start && bytes[end - 1] === CR) end--;
    if (end - start > maxLineBytes) tooLong();
    else if (end > start) to.row(bytes, start, end, begunIn);
  };

  const tooLong = () =>
    to.unfit(begunIn, "line_too_long", `${tooLongMessage(maxLineBytes)} Perhaps a quote is not closed.`);

  const finish = (chunk: Buffer, start: number, end: number) => {
    if (!carry.open) {
      handOver(chunk, start, end);
      return;
    }
    carry.add(chunk.subarray(start, end));
    const isTooLong = carry.tooLong;
    const whole = carry.take();
    if (isTooLong) tooLong();
    else handOver(whole, 0, whole.length);
  };

  return {
    push(chunk) {
      let start = 0;
      for (let at = 0; at < chunk.length; at++) {
        if (place === "quoted") {
          for (; at < chunk.length && chunk[at] !== QUOTE; at++) if (chunk[at] === LF) line++;
          if (at < chunk.length) place = "quote";
          continue;
        }
        const byte = chunk[at]!;
        if (byte === LF) {
          line++;
          finish(chunk, start, at);
          start = at + 1;
          begunIn = line;
          place = "start";
        } else if (byte === separator) place = "start";
        else if (byte === QUOTE && place !== "bare") place = "quoted";
        else if (place === "start" || byte !== CR) place = "bare";
      }
      if (start < chunk.length) carry.add(chunk.subarray(start));
    },
    end() {
      if (place === "quoted" && !carry.tooLong) {
        carry.take();
        to.unfit(
          begunIn,
          "csv_invalid",
          "A quote is opened in this row and never closed. Close it, and double quotes inside a field.",
        );
      } else if (carry.open) finish(Buffer.alloc(0), 0, 0);
    },
  };
}

/** The fields of one record, or null when text follows a closing quote or a quote is not closed. */
export function fieldsOf(record: string, delimiter: Delimiter): string[] | null {
  const fields: string[] = [];
  let at = 0;
  for (;;) {
    if (record[at] !== '"') {
      const end = record.indexOf(delimiter, at);
      fields.push(record.slice(at, end === -1 ? undefined : end));
      if (end === -1) return fields;
      at = end + 1;
      continue;
    }
    let close = record.indexOf('"', at + 1);
    while (close !== -1 && record[close + 1] === '"') close = record.indexOf('"', close + 2);
    if (close === -1) return null;
    fields.push(record.slice(at + 1, close).replaceAll('""', '"'));
    if (close + 1 === record.length) return fields;
    if (record[close + 1] !== delimiter) return null;
    at = close + 2;
  }
}

/** Columns that are found in any case: `Prompt` is as good as `prompt`. */
const knownNames = new Set(
  `messages conversations conversation system instruction input context output response history prompt completion
   question answer chosen rejected preferred_output non_preferred_output tools`.split(/\s+/),
);

const nameOf = (field: string) => {
  const name = field.trim();
  return knownNames.has(name.toLowerCase()) ? name.toLowerCase() : name;
};

/** The names of the columns, trimmed. Throws when the header cannot be one, or is null because it could not be read. */
export function headerOf(fields: string[] | null, maxColumns: number): string[] {
  const names = (fields ?? []).map(nameOf);
  if (names.length > maxColumns)
    throw rejected(
      "too_many_columns",
      `The header on line 1 has ${names.length} columns; at most ${maxColumns} are read.`,
    );
  if (names.every((name) => name === "") || new Set(names).size < names.length)
    throw rejected(
      "no_header",
      "The first row must name the columns, each once, for example `prompt,completion` or `instruction,input,output`.",
    );
  return names;
}
