import type { Dataset } from "./dataset.ts";

/** Why no job can train on this file, in words for its owner; null when one can, or may once the file is prepared. */
export function unfitForTraining(id: string, file: Dataset | null): string | null {
  if (!file) return `There is no file '${id}' in this organization. Upload it with purpose 'fine-tune' first.`;
  if (file.purpose !== "fine-tune")
    return `The file '${id}' has the purpose '${file.purpose}'. Upload it again with purpose 'fine-tune'.`;
  if (file.status === "rejected") return `The file '${id}' was rejected: ${file.reason?.message}`;
  if (file.summary?.method === "preference")
    return `The file '${id}' holds preference pairs. Supervised fine-tuning needs rows with messages.`;
  return null;
}
