/** From the bytes somebody uploaded to canonical chat records and a report on them. */
import { createHash } from "node:crypto";
import { recordSplitter } from "../formats/csv.ts";
import { elementSplitter } from "../formats/elements.ts";
import { type Decoder, decoderFor } from "../formats/encoding.ts";
import { lineSplitter } from "../formats/lines.ts";
import type { RowListener, RowSplitter } from "../formats/rows.ts";
import { type Layout, sniff } from "../formats/sniff.ts";
import { findings } from "./findings.ts";
import { defaultLimits, type Limits } from "./limits.ts";
import { outbox } from "./outbox.ts";
import { rejected } from "./reasons.ts";
import type { Report } from "./report.ts";
import { csvRows, jsonRows } from "./rows.ts";
import { tally } from "./tally.ts";

export interface PrepareOptions {
  /** Decides the format only where the content leaves it open. */
  filename: string;
  limits?: Partial<Limits>;
  countTokens: (text: string) => number;
  /** The name of the tokenizer behind `countTokens`, for the report. */
  tokenizer: string;
}

export interface PrepareSink {
  /** Canonical records, one JSON object and a line feed each. */
  records(chunk: Uint8Array): Promise<void>;
  /** 8 bytes per accepted row, in the order of the rows. */
  fingerprints(chunk: Uint8Array): Promise<void>;
  /** A line for each line of the records whose row says where it came from; see prepared.ts. Nothing for most files. */
  lineage(chunk: Uint8Array): Promise<void>;
}

const sliceBytes = 256 * 1024;

/**
 * Reads once, writes once, in bounded memory: the longest row, plus at most 15 bytes per row for finding duplicates.
 * The same bytes give the same output and report, however they are cut into chunks.
 * Throws a `DatasetRejected` when the file as a whole is unusable; what the sink got until then is worthless.
 */
export async function prepare(
  source: AsyncIterable<Uint8Array>,
  options: PrepareOptions,
  sink: PrepareSink,
): Promise<Report> {
  const limits: Limits = { ...defaultLimits, ...options.limits };
  const raw = createHash("sha256");
  const preparedHash = createHash("sha256");
  const records = outbox(async (chunk) => {
    preparedHash.update(chunk);
    await sink.records(chunk);
  });
  const prints = outbox((chunk) => sink.fingerprints(chunk));
  const lineage = outbox((chunk) => sink.lineage(chunk));
  const rows = tally(limits);
  const found = findings(limits, options.countTokens, options.tokenizer);
  const desk = { rows, found, records, prints, lineage };
  const reader = textReader(options.filename, limits.headBytes, (layout) => splitterFor(layout, desk, limits));
  let bytes = 0;

  for await (const chunk of source) {
    bytes += chunk.length;
    if (bytes > limits.maxBytes)
      throw rejected(
        "file_too_large",
        `The file is larger than ${limits.maxBytes.toLocaleString("en-US")} bytes. Upload it in parts.`,
      );
    for (let at = 0; at < chunk.length; at += sliceBytes) {
      const slice = Buffer.from(chunk.buffer, chunk.byteOffset + at, Math.min(sliceBytes, chunk.length - at));
      raw.update(slice);
      reader.push(slice);
      await records.drain();
      await prints.drain();
      await lineage.drain();
    }
  }
  const format = reader.end();
  rows.requireAccepted();
  await records.finish();
  await prints.finish();
  await lineage.finish();
  return {
    format,
    ...found.report(),
    bytes,
    sha256: { raw: raw.digest("hex"), prepared: preparedHash.digest("hex") },
    rows: rows.rows,
    dropped: rows.dropped,
    reasons: rows.reasons(),
  };
}

/** Waits for the head of the file, decides how to decode and split it, and passes everything on. */
function textReader(filename: string, headBytes: number, splitterOf: (layout: Layout) => RowSplitter) {
  let waiting: Buffer[] = [];
  let waitingBytes = 0;
  let open: { decoder: Decoder; splitter: RowSplitter; format: Report["format"] } | null = null;

  const begin = () => {
    const head = Buffer.concat(waiting);
    waiting = [];
    const decoder = decoderFor(head.subarray(0, headBytes));
    const text = decoder.decode(head);
    // Half of it: as UTF-8 the text may be half as long as it was as UTF-16, and what is looked at must not depend on the chunks.
    const layout = sniff(text.subarray(0, headBytes / 2), filename);
    open = { decoder, splitter: splitterOf(layout), format: layout.format };
    open.splitter.push(text);
    return open;
  };

  return {
    push(slice: Buffer) {
      if (open) {
        open.splitter.push(open.decoder.decode(slice));
        return;
      }
      waiting.push(Buffer.from(slice));
      waitingBytes += slice.length;
      if (waitingBytes >= headBytes) begin();
    },
    /** The format that was found. */
    end(): Report["format"] {
      const { decoder, splitter, format } = open ?? begin();
      splitter.push(decoder.end());
      splitter.end();
      return format;
    },
  };
}

function splitterFor(layout: Layout, desk: Parameters<typeof jsonRows>[0], limits: Limits): RowSplitter {
  if (layout.format === "csv") {
    const listener: RowListener = csvRows(desk, layout.delimiter, limits.maxColumns);
    return recordSplitter(listener, limits.maxLineBytes, layout.delimiter);
  }
  const listener = jsonRows(desk);
  return layout.format === "jsonl"
    ? lineSplitter(listener, limits.maxLineBytes)
    : elementSplitter(listener, limits.maxLineBytes, layout.placement);
}
