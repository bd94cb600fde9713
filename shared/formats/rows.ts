/** The common ground of the three formats: a splitter finds the rows in the bytes, and tells a listener. */
import type { RowReason } from "../datasets/reasons.ts";

export interface RowListener {
  /** `bytes[start, end)` is one row, without its separator and without surrounding blanks. Only valid during the call. */
  row(bytes: Buffer, start: number, end: number, line: number): void;
  /** A row that cannot be handed over. */
  unfit(line: number, reason: RowReason, message: string): void;
}

/** Fed with UTF-8 in pieces of any size; how the pieces are cut changes nothing. Holds at most one row of `maxLineBytes`. */
export interface RowSplitter {
  push(chunk: Buffer): void;
  end(): void;
}

/** Collects a row that lies across several pieces, and lets go of it as soon as it is too long. */
export class Carry {
  readonly #limit: number;
  #parts: Buffer[] = [];
  #size = 0;
  #open = false;
  #tooLong = false;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Whether a row was begun in an earlier piece. */
  get open() {
    return this.#open;
  }

  get tooLong() {
    return this.#tooLong;
  }

  /** Copies: the piece may be reused by whoever reads the file. */
  add(part: Buffer) {
    this.#open = true;
    this.#size += part.length;
    if (this.#size > this.#limit) {
      this.#tooLong = true;
      this.#parts = [];
    }
    if (!this.#tooLong) this.#parts.push(Buffer.from(part));
  }

  /** The whole row; the carry is empty afterwards. */
  take(): Buffer {
    const whole = this.#parts.length === 1 ? this.#parts[0]! : Buffer.concat(this.#parts);
    this.#parts = [];
    this.#size = 0;
    this.#open = false;
    this.#tooLong = false;
    return whole;
  }
}

export const isBlank = (byte: number | undefined) => byte === 32 || byte === 10 || byte === 13 || byte === 9;

/** Hands over `bytes[start, end)` without surrounding blanks, or says that it is too long. Quiet when nothing is left. */
export function handOver(to: RowListener, limit: number, bytes: Buffer, start: number, end: number, line: number) {
  while (end > start && isBlank(bytes[end - 1])) end--;
  while (start < end && isBlank(bytes[start])) start++;
  if (end - start > limit) to.unfit(line, "line_too_long", tooLongMessage(limit));
  else if (end > start) to.row(bytes, start, end, line);
}

export const tooLongMessage = (limit: number) =>
  `The row is longer than ${limit.toLocaleString("en-US")} bytes. Split it, or shorten its texts.`;
