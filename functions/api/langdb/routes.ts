import type { Route } from "../route.ts";
import { CreateJob, JobPage } from "./schemas.ts";

const read = { scope: "fine-tuning:read" } as const;
const write = { scope: "fine-tuning:write" } as const;

/** LangDB's fine-tuning from trace spans. `{id}` is the project, a label on jobs inside the key's organization. */
export const routes = [
  {
    method: "POST",
    path: "/projects/{id}/finetune/jobs",
    operation: "createJob",
    summary: "Start a job from trace spans",
    body: CreateJob,
    status: 201,
    ...write,
  },
  {
    method: "GET",
    path: "/projects/{id}/finetune/jobs",
    operation: "listJobs",
    summary: "List a project's jobs",
    query: JobPage,
    ...read,
  },
  {
    method: "GET",
    path: "/projects/{id}/finetune/jobs/{child}",
    operation: "retrieveJob",
    summary: "One job of a project",
    ...read,
  },
  {
    method: "POST",
    path: "/projects/{id}/finetune/jobs/{child}/cancel",
    operation: "cancelJob",
    summary: "Cancel a project's job",
    ...write,
  },
] as const satisfies readonly Route[];
