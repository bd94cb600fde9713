import type { Blobs } from "../blobs.ts";
import type { Caller } from "../caller.ts";
import type { Datasets } from "../datasets/store.ts";
import { derivedId } from "../ids.ts";
import type { JobEvents } from "../jobs/events.ts";
import type { Job } from "../jobs/job.ts";

/** OpenAI's columns, and the names of the same figures in the data of our events. */
const COLUMNS = {
  step: "step",
  train_loss: "train_loss",
  train_accuracy: "train_mean_token_accuracy",
  valid_loss: "valid_loss",
  valid_mean_token_accuracy: "valid_mean_token_accuracy",
} as const;

/** The metrics of every step as a CSV file of the job's organization. Its id follows from the job: made twice, it is one file. */
export function makeResultFile({ datasets, blobs, events }: { datasets: Datasets; blobs: Blobs; events: JobEvents }) {
  return async (job: Job): Promise<string> => {
    const lines = [Object.keys(COLUMNS).join(",")];
    for await (const { type, data } of events.list(job))
      if (type === "metrics")
        lines.push(
          Object.values(COLUMNS)
            .map((name) => data?.[name] ?? "")
            .join(","),
        );
    const text = `${lines.join("\n")}\n`;
    const owner: Caller = { organization: job.organization, keyId: "result-file", scopes: [] };
    const id = derivedId("dataset", job.createdAt, `results of ${job.id}`);
    await datasets.create(owner, { id, filename: "step_metrics.csv", purpose: "fine-tune-results" }, async (key) => {
      await blobs.put(key, text, "text/csv");
      return Buffer.byteLength(text);
    });
    return id;
  };
}
