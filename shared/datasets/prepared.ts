/** What preparing made of a dataset: the lines that are trained on, and where each came from, for datasets whose rows say so. */
import * as z from "zod";
import type { Blobs } from "../blobs.ts";
import type { Caller } from "../caller.ts";
import { conflict } from "../errors.ts";
import { lineSplitter } from "../formats/lines.ts";
import { type Dataset, preparedKeys } from "./dataset.ts";
import { defaultLimits } from "./limits.ts";
import type { Datasets } from "./store.ts";

export const Lineage = z.object({
  /** Of the prepared file, from 1. */
  line: z.int().positive(),
  /** The line, or the position in its array, in the file that was uploaded; from 1. */
  row: z.int().positive(),
  record_id: z.string().nullable(),
  span_ids: z.array(z.string()),
});
export type Lineage = z.infer<typeof Lineage>;

/** Everything here throws `conflict` until the dataset is ready. */
export const makePrepared = ({ datasets, blobs }: { datasets: Datasets; blobs: Blobs }) => ({
  /** A URL that reads the lines for five minutes. */
  async recordsUrl(caller: Caller, id: string): Promise<string> {
    const dataset = await ready(datasets, caller, id);
    return blobs.readUrl(preparedKeys(dataset).records, { seconds: 300, filename: `${id}.jsonl` });
  },

  /** In the order of the lines, those after the given line only; none for a dataset whose rows name no records. */
  async *lineage(caller: Caller, id: string, { after }: { after: number }): AsyncIterable<Lineage> {
    const dataset = await ready(datasets, caller, id);
    const bytes = await blobs.read(preparedKeys(dataset).lineage);
    if (!bytes) return;
    let found: Lineage[] = [];
    const splitter = lineSplitter(
      {
        row(chunk, start, end) {
          const one = Lineage.parse(JSON.parse(chunk.toString("utf8", start, end)));
          if (one.line > after) found.push(one);
        },
        unfit(line, _, message) {
          throw new Error(`Line ${line} of the lineage of ${id}: ${message}`);
        },
      },
      // A record with its ids cannot be longer than the row they were in.
      defaultLimits.maxLineBytes * 2,
    );
    for await (const chunk of bytes) {
      splitter.push(Buffer.from(chunk));
      yield* found;
      found = [];
    }
    splitter.end();
    yield* found;
  },
});

async function ready(datasets: Datasets, caller: Caller, id: string): Promise<Dataset> {
  const dataset = await datasets.get(caller, id);
  if (dataset.status === "rejected") throw conflict(`The dataset was rejected: ${dataset.reason?.message}`);
  if (dataset.status !== "ready")
    throw conflict(`The dataset is '${dataset.status}' and not prepared. Ask again when it is 'ready'.`);
  return dataset;
}
