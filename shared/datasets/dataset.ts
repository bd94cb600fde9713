import * as z from "zod";
import { invalid } from "../errors.ts";
import { Report } from "./report.ts";

/** What a file is for. Only `fine-tune` files are prepared; the others are kept and given back. */
export const Purpose = z.enum(["fine-tune", "assistants", "batch", "vision", "user_data", "evals"]);
/** Files that Anneal makes for their owner. */
const MadePurpose = z.enum(["fine-tune-results"]);
const AnyPurpose = z.union([Purpose, MadePurpose]);
export type AnyPurpose = z.infer<typeof AnyPurpose>;

/**
 * `awaiting` its bytes → `uploaded` → `ready` or `rejected`. Files that are not for training end as `stored`.
 */
export const Dataset = z.object({
  organization: z.string(),
  id: z.string(),
  filename: z.string(),
  purpose: AnyPurpose,
  status: z.enum(["awaiting", "uploaded", "ready", "rejected", "stored"]),
  createdAt: z.number(),
  /** Of the raw file; null until it arrived. */
  bytes: z.number().nullable(),
  /** Where the raw file lies. */
  key: z.string(),
  /** Why it was rejected. */
  reason: z.object({ code: z.string(), message: z.string() }).nullable(),
  /** From the report, for quotes and refusals; null unless `ready`. */
  summary: z
    .object({
      method: Report.shape.method,
      rows: z.number(),
      tokens: z.number(),
      tokensEstimated: z.boolean(),
      sha256: z.string(),
    })
    .nullable(),
});
export type Dataset = z.infer<typeof Dataset>;

/** Prepared files of a dataset, in its folder. */
export const preparedKeys = ({ organization, id }: Pick<Dataset, "organization" | "id">) => ({
  records: `datasets/${organization}/${id}/records.jsonl`,
  fingerprints: `datasets/${organization}/${id}/fingerprints.bin`,
  report: `datasets/${organization}/${id}/report.json`,
  /** Only of a dataset whose rows say where they came from. */
  lineage: `datasets/${organization}/${id}/lineage.jsonl`,
});

/** What a file is once its bytes are there. */
export const arrivedStatus = ({ purpose }: Dataset) => (purpose === "fine-tune" ? "uploaded" : "stored");

/** The last part of a path, as it may stand in an object key. Throws `invalid` when nothing is left. */
export function safeName(filename: string): string {
  const last = filename
    .split(/[/\\]/)
    .at(-1)!
    .replace(/[^\p{L}\p{N}._ ()+-]/gu, "_");
  // By characters: half of one is no text, and S3 refuses it.
  const name = [...last].slice(0, 200).join("").trim();
  if (name === "" || name === "." || name === "..")
    throw invalid("filename", "The file needs a name, such as training.jsonl.");
  return name;
}
