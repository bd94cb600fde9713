/** From prepared rows to padded batches of token ids. */
import { type Message, SupervisedRecord } from "../../shared/chat.ts";
import { TrainingFailure } from "./failure.ts";
import { makeRandom } from "./random.ts";
import { format } from "./template.ts";
import type { Tokenizer } from "./tokenizer.ts";

/** One chat as ids; `learned[i]` says whether `ids[i]` is something the assistant says. */
export interface Row {
  ids: number[];
  learned: boolean[];
}

export interface Rows {
  rows: Row[];
  /** Rows left out because they have more than the allowed tokens. */
  tooLong: number;
  /** Rows left out because no assistant message in them is to be learned. */
  nothingToLearn: number;
}

/** `rows` × `length` tokens, padded; what is padded has weight 0. */
export interface TokenBatch {
  rows: number;
  length: number;
  inputs: Int32Array<ArrayBuffer>;
  targets: Int32Array<ArrayBuffer>;
  /** 1 / number of learned tokens for these, 0 elsewhere: they sum to 1. */
  weights: Float32Array<ArrayBuffer>;
  /** Learned tokens. */
  learned: number;
  /** Tokens that are not padding. */
  tokens: number;
}

export function encodeChat(tokenizer: Tokenizer, messages: Message[]): Row {
  const row: Row = { ids: [], learned: [] };
  for (const piece of format(messages)) {
    for (const id of tokenizer.encode(piece.text, piece)) {
      row.ids.push(id);
      row.learned.push(piece.learned);
    }
  }
  return row;
}

/** Ids of a chat that the assistant is to go on with. */
export const encodePrompt = (tokenizer: Tokenizer, messages: Message[]): number[] =>
  format(messages, { prompt: true }).flatMap((piece) => tokenizer.encode(piece.text, piece));

/** Reads canonical JSONL. Throws `invalid_run` with the line's number when a row is not a chat. */
export function readRows(tokenizer: Tokenizer, jsonl: Uint8Array, maxTokens: number): Rows {
  const result: Rows = { rows: [], tooLong: 0, nothingToLearn: 0 };
  for (const [index, line] of new TextDecoder().decode(jsonl).split("\n").entries()) {
    if (!line.trim()) continue;
    const row = encodeChat(tokenizer, parseRow(line, index + 1));
    if (!row.learned.includes(true)) result.nothingToLearn++;
    else if (row.ids.length > maxTokens) result.tooLong++;
    else result.rows.push(row);
  }
  return result;
}

/** The rows of every batch of an epoch (from 0): a function of the seed and the epoch alone. The last may be smaller. */
export function epochOrder(count: number, batchSize: number, seed: number, epoch: number): number[][] {
  const order = makeRandom("order", seed, epoch).shuffle(Array.from({ length: count }, (_, i) => i));
  return Array.from({ length: Math.ceil(count / batchSize) }, (_, i) =>
    order.slice(i * batchSize, (i + 1) * batchSize),
  );
}

/** Lengths are doubled from 32, so that a few compiled programs serve every batch. */
export const bucket = (tokens: number): number => 32 * 2 ** Math.max(0, Math.ceil(Math.log2(tokens / 32)));

/** Pads up to `rowCount` rows to one length that is enough for the longest. The last token of a row is only ever a target. */
export function makeBatch(rows: Row[], rowCount: number, padId: number): TokenBatch {
  const length = bucket(Math.max(...rows.map((row) => row.ids.length - 1)));
  const inputs = new Int32Array(rowCount * length).fill(padId);
  const targets = new Int32Array(rowCount * length).fill(padId);
  const weights = new Float32Array(rowCount * length);
  let learned = 0;
  for (const [r, row] of rows.entries()) {
    for (let t = 0; t + 1 < row.ids.length; t++) {
      inputs[r * length + t] = row.ids[t]!;
      targets[r * length + t] = row.ids[t + 1]!;
      if (!row.learned[t + 1]) continue;
      weights[r * length + t] = 1;
      learned++;
    }
  }
  const tokens = rows.reduce((sum, row) => sum + row.ids.length, 0);
  return { rows: rowCount, length, inputs, targets, weights: weights.map((w) => w / learned), learned, tokens };
}

function parseRow(line: string, number: number): Message[] {
  try {
    return SupervisedRecord.parse(JSON.parse(line)).messages;
  } catch (cause) {
    throw new TrainingFailure(
      "invalid_run",
      `Row ${number} of the data is not a chat with "messages": prepare the dataset again`,
      { cause },
    );
  }
}
