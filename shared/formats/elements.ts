/**
 * JSON documents: finds the rows without parsing the document as a whole, by following brackets and quotes only.
 * Whether a row is valid JSON is for the listener to find out.
 */
import { rejected } from "../datasets/reasons.ts";
import { Carry, handOver, isBlank, type RowListener, type RowSplitter, tooLongMessage } from "./rows.ts";

/**
 * Where the rows are: one value after another (`values`), in the top-level array (`array`), or in the n-th array,
 * counted from 0, that is directly a value of the top-level object.
 */
export type Placement = { kind: "values" } | { kind: "array" } | { kind: "member"; nth: number };

const QUOTE = 34;
const COMMA = 44;
const OPEN_ARRAY = 91;
const BACKSLASH = 92;
const CLOSE_ARRAY = 93;
const OPEN_OBJECT = 123;
const CLOSE_OBJECT = 125;

const rowDepths = { values: 0, array: 1, member: 2 } satisfies Record<Placement["kind"], number>;

/** A row's `line` is its position among the rows, from 1: such documents are often one long line. */
export function elementSplitter(to: RowListener, maxLineBytes: number, placement: Placement): RowSplitter {
  const carry = new Carry(maxLineBytes + 1024); // blanks around a row are no part of it
  const rowDepth = rowDepths[placement.kind];
  let depth = 0;
  let inString = false;
  let escaped = false;
  let inRows = placement.kind === "values";
  let over = false; // the array of the rows is closed
  let arrays = 0; // arrays seen directly in the top-level object
  let inArray = false; // inside one of those that is not ours
  let rowStart = -1; // in this piece; a row begun earlier starts at 0
  let position = 1;

  const finishRow = (chunk: Buffer, end: number) => {
    if (carry.open) {
      carry.add(chunk.subarray(0, end));
      const tooLong = carry.tooLong;
      const whole = carry.take();
      if (tooLong) to.unfit(position, "line_too_long", tooLongMessage(maxLineBytes));
      else handOver(to, maxLineBytes, whole, 0, whole.length, position);
    } else handOver(to, maxLineBytes, chunk, rowStart, end, position);
    rowStart = -1;
    position++;
  };

  const several = () =>
    rejected(
      "several_arrays",
      "The JSON document has more than one array of rows, or goes on after its end. Upload one file for each array, for example the training rows and the validation rows.",
    );

  /** Bytes around the rows: looks for the array that holds them, and for a second one. */
  const outside = (byte: number) => {
    if (over && (placement.kind === "array" || depth === 0)) throw several();
    if (byte === OPEN_ARRAY || byte === OPEN_OBJECT) {
      if (over && inArray && depth === 2 && byte === OPEN_OBJECT) throw several();
      if (byte === OPEN_ARRAY && depth === rowDepth - 1) {
        inRows = !over && (placement.kind !== "member" || arrays++ === placement.nth);
        inArray = !inRows;
      }
      depth++;
    } else if (byte === CLOSE_ARRAY || byte === CLOSE_OBJECT) {
      depth--;
      if (depth < 2) inArray = false;
    }
  };

  const inside = (chunk: Buffer, byte: number, at: number) => {
    if (depth === rowDepth && rowDepth > 0 && (byte === COMMA || byte === CLOSE_ARRAY)) {
      if (rowStart !== -1) finishRow(chunk, at);
      if (byte === CLOSE_ARRAY) {
        depth--;
        inRows = false;
        over = true;
      }
      return;
    }
    if (rowStart === -1) rowStart = at;
    if (byte === OPEN_ARRAY || byte === OPEN_OBJECT) depth++;
    else if ((byte === CLOSE_ARRAY || byte === CLOSE_OBJECT) && depth > rowDepth) depth--;
    if (rowDepth === 0 && depth === 0 && (byte === CLOSE_ARRAY || byte === CLOSE_OBJECT)) finishRow(chunk, at + 1);
  };

  /** Where the text that goes on at `from` ends in this piece, or its length when it does not. */
  const closingQuote = (chunk: Buffer, from: number) => {
    let at = escaped ? from + 1 : from;
    escaped = false;
    for (; at < chunk.length; at++) {
      const byte = chunk[at];
      if (byte === QUOTE) {
        inString = false;
        return at;
      }
      if (byte === BACKSLASH && ++at === chunk.length) escaped = true;
    }
    return chunk.length;
  };

  return {
    push(chunk) {
      rowStart = carry.open ? 0 : -1;
      for (let at = 0; at < chunk.length; at++) {
        if (inString) {
          at = closingQuote(chunk, at);
          continue;
        }
        const byte = chunk[at]!;
        if (isBlank(byte)) continue;
        if (byte === QUOTE) inString = true;
        if (inRows) inside(chunk, byte, at);
        else outside(byte);
      }
      if (rowStart !== -1) carry.add(chunk.subarray(rowStart));
    },
    end() {
      const nothing = Buffer.alloc(0);
      const whole = !inString && depth === rowDepth;
      if (carry.open && (whole || carry.tooLong)) finishRow(nothing, 0);
      else if (carry.open) carry.take();
      else if (over || placement.kind === "values") return;
      if (over || (placement.kind === "values" && whole)) return;
      to.unfit(position, "cut_off", "The file ends here, in the middle of the array. Upload it again as a whole.");
    },
  };
}
