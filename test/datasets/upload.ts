/** Prepares what a test uploads, cut into pieces as the test likes. The head is short, so that most pieces come after it. */
import type { Limits } from "../../shared/datasets/limits.ts";
import { prepare } from "../../shared/datasets/prepare.ts";
import { Lineage } from "../../shared/datasets/prepared.ts";
import { DatasetRejected } from "../../shared/datasets/reasons.ts";
import { Report } from "../../shared/datasets/report.ts";

const shortHead = 256;

export interface Upload {
  name?: string;
  limits?: Partial<Limits>;
  /** Where to cut, as offsets in bytes. */
  cuts?: number[];
}

export async function upload(
  content: string | Uint8Array,
  { name = "rows.jsonl", limits = {}, cuts = [] }: Upload = {},
) {
  const bytes = typeof content === "string" ? Buffer.from(content) : content;
  const records: Uint8Array[] = [];
  const fingerprints: Uint8Array[] = [];
  const lineage: Uint8Array[] = [];
  const report = await prepare(
    pieces(bytes, cuts),
    {
      filename: name,
      limits: { headBytes: shortHead, ...limits },
      countTokens: (text) => text.split(/\s+/).length,
      tokenizer: "words",
    },
    {
      records: async (chunk) => void records.push(chunk),
      fingerprints: async (chunk) => void fingerprints.push(chunk),
      lineage: async (chunk) => void lineage.push(chunk),
    },
  );
  const text = Buffer.concat(records).toString();
  return {
    report: Report.parse(report),
    text,
    records: text
      .split("\n")
      .filter(Boolean)
      .map((line) => JSON.parse(line)),
    fingerprints: Buffer.concat(fingerprints),
    lineage: Buffer.concat(lineage)
      .toString()
      .split("\n")
      .filter(Boolean)
      .map((line) => Lineage.parse(JSON.parse(line))),
  };
}

/** The error with which the file was refused. */
export async function refused(content: string | Uint8Array, how: Upload = {}): Promise<DatasetRejected> {
  try {
    await upload(content, how);
  } catch (error) {
    if (error instanceof DatasetRejected) return error;
    throw error;
  }
  throw new Error("The file was accepted.");
}

export async function* pieces(bytes: Uint8Array, cuts: number[] = []): AsyncGenerator<Uint8Array> {
  const ends = [...new Set(cuts.map((cut) => Math.min(cut, bytes.length)))].toSorted((a, b) => a - b);
  let start = 0;
  for (const end of [...ends, bytes.length]) {
    const piece = Uint8Array.from(bytes.subarray(start, end));
    yield piece;
    piece.fill(0x7b); // a stream may use its memory again
    start = end;
  }
}

export const jsonl = (...rows: unknown[]) => rows.map((row) => `${JSON.stringify(row)}\n`).join("");

export const said = (user: string, assistant: string) => ({
  messages: [
    { role: "user", content: user },
    { role: "assistant", content: assistant },
  ],
});
