import * as z from "zod";
import type { Route } from "../route.ts";

const read = { scope: "fine-tuning:read" } as const;
const write = { scope: "fine-tuning:write" } as const;

const CreateDataset = z.object({ filename: z.string().min(1) });
/** `after` is the line of the prepared file that the page before ended with. */
const LineagePage = z.object({
  limit: z.coerce.number().int().min(1).max(10_000).default(1000),
  after: z.coerce.number().int().min(0).default(0),
});
const auto = z.literal("auto");
const CreateQuote = z.object({
  model: z.string().min(1),
  training_file: z.string().min(1),
  hyperparameters: z
    .object({
      n_epochs: z.union([auto, z.int().min(1).max(50)]).default("auto"),
      batch_size: z.union([auto, z.int().min(1).max(256)]).default("auto"),
    })
    .default({ n_epochs: "auto", batch_size: "auto" }),
});

/** What no published dialect has a word for: presigned uploads, dataset reports and quotes. */
export const routes = [
  {
    method: "POST",
    path: "/api/v1/datasets",
    operation: "createDataset",
    summary: "A form to upload a dataset with",
    body: CreateDataset,
    status: 201,
    ...write,
  },
  { method: "GET", path: "/api/v1/datasets/{id}", operation: "retrieveDataset", summary: "One dataset", ...read },
  {
    method: "GET",
    path: "/api/v1/datasets/{id}/report",
    operation: "datasetReport",
    summary: "What was found in it",
    ...read,
  },
  {
    method: "GET",
    path: "/api/v1/datasets/{id}/records",
    operation: "datasetRecords",
    summary: "The prepared lines, by redirect",
    status: 303,
    ...read,
  },
  {
    method: "GET",
    path: "/api/v1/datasets/{id}/lineage",
    operation: "datasetLineage",
    summary: "The record and spans of each prepared line",
    query: LineagePage,
    ...read,
  },
  {
    method: "POST",
    path: "/api/v1/quotes",
    operation: "createQuote",
    summary: "What a job would take and cost",
    body: CreateQuote,
    ...read,
  },
  {
    method: "GET",
    path: "/api/v1/jobs/{id}",
    operation: "retrieveJob",
    summary: "A job with its progress and results",
    ...read,
  },
  {
    method: "GET",
    path: "/api/v1/jobs/{id}/quote",
    operation: "jobQuote",
    summary: "A job's quote and actual",
    ...read,
  },
] as const satisfies readonly Route[];
