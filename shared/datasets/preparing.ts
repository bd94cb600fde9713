import type { Blobs } from "../blobs.ts";
import { type Dataset, preparedKeys } from "./dataset.ts";
import { prepare } from "./prepare.ts";
import { DatasetRejected } from "./reasons.ts";
import type { Datasets } from "./store.ts";

/** Turns what arrived into the prepared files and the report, and settles the dataset as `ready` or `rejected`. */
export function makePreparing(parts: {
  datasets: Datasets;
  blobs: Blobs;
  tokenizer: { name: string; countTokens: (text: string) => number };
}) {
  const { datasets, blobs, tokenizer } = parts;

  /** Quiet for a dataset that is settled or is not for training. Doing it again writes the same files; of one that was deleted meanwhile none is left. */
  return async (dataset: Dataset): Promise<void> => {
    if (dataset.status !== "uploaded") return;
    const raw = await blobs.read(dataset.key);
    if (!raw) return; // Deleted meanwhile.
    const keys = preparedKeys(dataset);
    const records = await blobs.writer(keys.records, "application/jsonl");
    const fingerprints = await blobs.writer(keys.fingerprints);
    const lineage = await blobs.writer(keys.lineage, "application/jsonl");
    let hasLineage = false;
    try {
      const options = { filename: dataset.filename, countTokens: tokenizer.countTokens, tokenizer: tokenizer.name };
      const report = await prepare(raw, options, {
        records: (chunk) => records.write(chunk),
        fingerprints: (chunk) => fingerprints.write(chunk),
        lineage: (chunk) => {
          hasLineage = true;
          return lineage.write(chunk);
        },
      });
      await records.close();
      await fingerprints.close();
      if (hasLineage) await lineage.close();
      await blobs.put(keys.report, JSON.stringify(report), "application/json");
      const { method, rows, tokens, sha256 } = report;
      const summary = {
        method,
        rows: rows.accepted,
        tokens: tokens.total,
        tokensEstimated: tokens.estimated,
        sha256: sha256.raw,
      };
      if (!(await datasets.settle(dataset, { reason: null, summary })))
        for (const key of Object.values(keys)) await blobs.remove(key);
    } catch (error) {
      await records.abort();
      await fingerprints.abort();
      await lineage.abort();
      if (!(error instanceof DatasetRejected)) throw error;
      await datasets.settle(dataset, { reason: { code: error.reason, message: error.message }, summary: null });
    }
  };
}
