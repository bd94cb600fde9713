/**
 * What preparing a dataset found out, kept beside the prepared file and shown to its owner.
 * Every number was counted; what was not examined says so. Values of personal data are never written here.
 */
import * as z from "zod";

const count = z.int().nonnegative();
const lines = z.array(z.int().positive()); // 1-based, capped at `maxListed`

export const Report = z.object({
  format: z.enum(["jsonl", "json", "csv"]),
  /** The shape of the rows; `mixed` when the rows differ. */
  shape: z.enum(["messages", "instruction", "prompt_completion", "sharegpt", "spans", "preference", "mixed"]),
  method: z.enum(["supervised", "preference"]),
  bytes: count,
  /** SHA-256 of the raw and of the prepared file, in hex. */
  sha256: z.object({ raw: z.string(), prepared: z.string() }),
  rows: z.object({ total: count, accepted: count, dropped: count }),
  /** At most 100 of them, in the order of the file; `rows.dropped` counts all. */
  dropped: z.array(z.object({ line: z.int().positive(), reason: z.string(), message: z.string() })),
  reasons: z.record(z.string(), count),
  columns: z.array(z.object({ name: z.string(), nulls: count, rows: count })),
  duplicates: z.object({
    /** Rows equal to an earlier row after canonicalization. They are kept. */
    exact: z.object({ rows: count, lines }),
    /** Estimated Jaccard similarity of 5-word shingles ≥ threshold, found with MinHash. */
    near: z.object({ rows: count, lines, threshold: z.number(), examined: count }),
  }),
  tokens: z.object({
    tokenizer: z.string(),
    /** Rows that were really tokenized; when fewer than accepted, an evenly spaced sample, and `total` is scaled up and `estimated`. */
    examined: count,
    total: count,
    estimated: z.boolean(),
    max: count,
    median: count,
    /** Upper bounds in tokens (inclusive, the last null) with the number of examined rows in each. */
    histogram: z.array(z.object({ upTo: count.nullable(), rows: count })),
  }),
  pii: z.object({
    examined: count,
    kinds: z.array(
      z.object({
        kind: z.enum(["email", "phone", "ip_address", "credit_card", "iban", "us_ssn", "api_key"]),
        rows: count,
        lines,
      }),
    ),
  }),
});
export type Report = z.infer<typeof Report>;
