import type { Route } from "../route.ts";
import { CheckpointPage, CompleteUpload, CreateJob, CreateUpload, FilePage, JobPage, Page } from "./schemas.ts";

const read = { scope: "fine-tuning:read" } as const;
const write = { scope: "fine-tuning:write" } as const;

/** OpenAI's files, uploads, fine-tuning and models. Inference is in ../inference. */
export const routes = [
  { method: "POST", path: "/v1/files", operation: "createFile", summary: "Upload a file", ...write },
  { method: "GET", path: "/v1/files", operation: "listFiles", summary: "List files", query: FilePage, ...read },
  { method: "GET", path: "/v1/files/{id}", operation: "retrieveFile", summary: "One file", ...read },
  { method: "DELETE", path: "/v1/files/{id}", operation: "deleteFile", summary: "Delete a file", ...write },
  { method: "GET", path: "/v1/files/{id}/content", operation: "fileContent", summary: "A file's bytes", ...read },
  {
    method: "POST",
    path: "/v1/uploads",
    operation: "createUpload",
    summary: "Begin an upload in parts",
    body: CreateUpload,
    ...write,
  },
  { method: "POST", path: "/v1/uploads/{id}/parts", operation: "addUploadPart", summary: "Add a part", ...write },
  {
    method: "POST",
    path: "/v1/uploads/{id}/complete",
    operation: "completeUpload",
    summary: "Join the parts",
    body: CompleteUpload,
    ...write,
  },
  {
    method: "POST",
    path: "/v1/uploads/{id}/cancel",
    operation: "cancelUpload",
    summary: "Give an upload up",
    ...write,
  },
  {
    method: "POST",
    path: "/v1/fine_tuning/jobs",
    operation: "createJob",
    summary: "Start a fine-tuning job",
    body: CreateJob,
    ...write,
  },
  {
    method: "GET",
    path: "/v1/fine_tuning/jobs",
    operation: "listJobs",
    summary: "List fine-tuning jobs",
    query: JobPage,
    ...read,
  },
  {
    method: "GET",
    path: "/v1/fine_tuning/jobs/{id}",
    operation: "retrieveJob",
    summary: "One fine-tuning job",
    ...read,
  },
  {
    method: "POST",
    path: "/v1/fine_tuning/jobs/{id}/cancel",
    operation: "cancelJob",
    summary: "Cancel a job",
    ...write,
  },
  { method: "POST", path: "/v1/fine_tuning/jobs/{id}/pause", operation: "pauseJob", summary: "Pause a job", ...write },
  {
    method: "POST",
    path: "/v1/fine_tuning/jobs/{id}/resume",
    operation: "resumeJob",
    summary: "Resume a job",
    ...write,
  },
  {
    method: "GET",
    path: "/v1/fine_tuning/jobs/{id}/events",
    operation: "listEvents",
    summary: "A job's events",
    query: Page,
    ...read,
  },
  {
    method: "GET",
    path: "/v1/fine_tuning/jobs/{id}/checkpoints",
    operation: "listCheckpoints",
    summary: "A job's checkpoints",
    query: CheckpointPage,
    ...read,
  },
  { method: "GET", path: "/v1/models", operation: "listModels", summary: "Base and tuned models", ...read },
  { method: "GET", path: "/v1/models/{id}", operation: "retrieveModel", summary: "One model", ...read },
  { method: "DELETE", path: "/v1/models/{id}", operation: "deleteModel", summary: "Delete a tuned model", ...write },
] as const satisfies readonly Route[];
