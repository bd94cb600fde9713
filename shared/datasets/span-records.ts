/** Records of a trace dataset: `{id, datasetId, data, createdAt}`, where `data` is the span of one call. */
import { invalid } from "../errors.ts";
import { isObject } from "./conversation.ts";
import { defaultLimits } from "./limits.ts";
import { RowUnfit } from "./reasons.ts";
import { readRow } from "./shapes.ts";

export interface SpanRecord {
  id: string;
  data: Record<string, unknown>;
  topic?: string | null | undefined;
  evaluation?: { score?: number | null | undefined } | null | undefined;
}

/** Which records are wanted; null where the caller did not say. */
export interface Choice {
  minScore: number | null;
  topics: readonly string[] | null;
}

/** A record without a score has not reached any, and one without a topic is of none. */
export const isChosen = (record: SpanRecord, { minScore, topics }: Choice) =>
  (minScore === null || (record.evaluation?.score ?? Number.NEGATIVE_INFINITY) >= minScore) &&
  (topics === null || (record.topic != null && topics.includes(record.topic)));

/**
 * The records as JSON Lines, all of them: which can be used is found out again, and reported, when the file is prepared.
 * Throws `invalid` when none can be, so that a job on them is refused before anything is stored.
 */
export function spanLines(records: readonly SpanRecord[]): string {
  const lines = records.map(lineOf);
  let first: RowUnfit | null = null;
  for (const [at, record] of records.entries()) {
    const wrong = unfitness(record, lines[at]!);
    if (wrong === null) return lines.map((line) => `${line}\n`).join("");
    if (wrong.reason !== "span_empty") first ??= wrong;
  }
  throw invalid(
    "dataset.records",
    first
      ? `Failed to generate JSONL: None of the ${records.length} dataset records can be trained on. ${first.message}`
      : "Failed to generate JSONL: No valid messages found in dataset records",
  );
}

function lineOf(record: SpanRecord, at: number): string {
  try {
    return JSON.stringify(record);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw invalid(
      `dataset.records.${at}`,
      `'dataset.records.${at}' is nested too deeply to be kept. Flatten its data.`,
    );
  }
}

function unfitness(record: SpanRecord, line: string): RowUnfit | null {
  if (Buffer.byteLength(line) > defaultLimits.maxLineBytes)
    return new RowUnfit("line_too_long", "A record is longer than 4 MiB. Split it, or shorten its texts.");
  try {
    readRow(record);
    return null;
  } catch (error) {
    if (error instanceof RowUnfit) return error;
    if (error instanceof RangeError) return new RowUnfit("too_deep", "A record is nested too deeply.");
    throw error;
  }
}

/** Where a row came from: its record's id, and the ids of the spans it names, each once. Null for rows that are no records. */
export function originOf(row: unknown): { record_id: string | null; span_ids: string[] } | null {
  if (!isObject(row) || !isObject(row.data)) return null;
  const spans = [row.spanId, row.data.span_id].map(idOf).filter((id) => id !== null);
  return { record_id: idOf(row.id), span_ids: [...new Set(spans)] };
}

/** Some tracers number their spans. */
const idOf = (value: unknown) => (typeof value === "string" || typeof value === "number" ? String(value) : null);
