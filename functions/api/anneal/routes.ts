import type { Route } from "../route.ts";

const read = { scope: "fine-tuning:read" } as const;
const write = { scope: "fine-tuning:write" } as const;

/** What no published dialect has a word for: presigned uploads, dataset reports and quotes. */
export const routes = [
  { method: "POST", path: "/api/v1/datasets", operation: "createDataset", summary: "A form to upload a dataset with", ...write },
  { method: "GET", path: "/api/v1/datasets/{id}", operation: "retrieveDataset", summary: "One dataset", ...read },
  { method: "GET", path: "/api/v1/datasets/{id}/report", operation: "datasetReport", summary: "What was found in it", ...read },
  { method: "POST", path: "/api/v1/quotes", operation: "createQuote", summary: "What a job would cost and take", ...read },
  { method: "GET", path: "/api/v1/jobs/{id}/quote", operation: "jobQuote", summary: "Quote and actual of a job", ...read },
] as const satisfies readonly Route[];
