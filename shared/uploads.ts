import { createHash } from "node:crypto";
import * as z from "zod";
import type { Blobs } from "./blobs.ts";
import type { Caller } from "./caller.ts";
import { type Dataset, Purpose } from "./datasets/dataset.ts";
import type { Datasets } from "./datasets/store.ts";
import { conflict, DomainError, invalid, missing } from "./errors.ts";
import { isId, newId } from "./ids.ts";
import { collection, type Table } from "./table.ts";

/** An upload is joined within one request, so it ends where OpenAI's largest training file does. */
export const MAX_UPLOAD_BYTES = 512 * 1024 ** 2;
const EXPIRES_MS = 3600 * 1000;

const Upload = z.object({
  organization: z.string(),
  id: z.string(),
  filename: z.string(),
  purpose: Purpose,
  bytes: z.number(),
  mimeType: z.string(),
  createdAt: z.number(),
  expiresAt: z.number(),
  status: z.enum(["pending", "completed", "cancelled"]),
  /** The dataset that comes of it; its id is fixed from the beginning. */
  dataset: z.string(),
});
export type Upload = z.infer<typeof Upload>;

/** Files in parts: each part is an object of its own until they are joined in the order the client says. */
export function makeUploads({
  table,
  blobs,
  datasets,
  clock,
}: {
  table: Table;
  blobs: Blobs;
  datasets: Datasets;
  clock: () => number;
}) {
  const uploads = collection(table, { name: "upload", schema: Upload });
  const partKey = ({ organization, id }: Upload, part: string) => `parts/${organization}/${id}/${part}`;

  async function get(caller: Caller, id: string): Promise<Upload> {
    const found = isId("upload", id) ? await uploads.get(caller.organization, id) : null;
    if (!found) throw missing("upload", id, "upload_id");
    return found;
  }

  async function pending(caller: Caller, id: string): Promise<Upload> {
    const upload = await get(caller, id);
    if (upload.status === "pending" && upload.expiresAt <= clock())
      throw conflict(`The upload '${id}' has expired. Begin a new one.`, "upload_id");
    if (upload.status !== "pending") throw conflict(`The upload '${id}' is already ${upload.status}.`, "upload_id");
    return upload;
  }

  return {
    async create(caller: Caller, wanted: Pick<Upload, "filename" | "purpose" | "bytes" | "mimeType">): Promise<Upload> {
      if (wanted.bytes > MAX_UPLOAD_BYTES)
        throw invalid(
          "bytes",
          `An upload has at most ${MAX_UPLOAD_BYTES} bytes. Send larger files with a presigned form (POST /api/v1/datasets).`,
        );
      const now = clock();
      const upload: Upload = {
        organization: caller.organization,
        id: newId("upload", now),
        ...wanted,
        createdAt: now,
        expiresAt: now + EXPIRES_MS,
        status: "pending",
        dataset: newId("dataset", now),
      };
      await uploads.insert(caller.organization, upload.id, upload);
      return upload;
    },

    /** The part's id, which carries the upload's so that it cannot be used in another. */
    async addPart(
      caller: Caller,
      id: string,
      bytes: Uint8Array,
    ): Promise<{ id: string; createdAt: number; upload: Upload }> {
      const upload = await pending(caller, id);
      if (bytes.byteLength === 0) throw invalid("data", "The part is empty.");
      const createdAt = clock();
      const part = `part-${newId("upload", createdAt).slice("upload-".length)}`;
      await blobs.put(partKey(upload, part), bytes);
      return { id: part, createdAt, upload };
    },

    /** Joins the parts. Throws `invalid` naming `part_ids`, `bytes` or `md5`, and leaves the upload as it was. */
    async complete(
      caller: Caller,
      id: string,
      wanted: { partIds: readonly string[]; md5: string | null },
    ): Promise<{ upload: Upload; dataset: Dataset }> {
      const known = await get(caller, id);
      // Completed before, by a call whose answer may have been lost.
      if (known.status === "completed") return { upload: known, dataset: await datasets.get(caller, known.dataset) };
      const upload = await pending(caller, id);
      const sizes = new Map<string, number>();
      for await (const { key, bytes } of blobs.list(partKey(upload, ""))) sizes.set(key, bytes);
      const keys = wanted.partIds.map((part) => partKey(upload, part));
      if (new Set(keys).size !== keys.length) throw invalid("part_ids", "A part is named twice.");
      const absent = wanted.partIds.find((_, index) => !sizes.has(keys[index]!));
      if (absent !== undefined) throw invalid("part_ids", `There is no part '${absent}' in this upload.`);
      const total = keys.reduce((sum, key) => sum + sizes.get(key)!, 0);
      if (total !== upload.bytes)
        throw invalid(
          "bytes",
          `The parts have ${total} bytes together, but the upload was announced with ${upload.bytes}.`,
        );
      const dataset = await datasets.create(
        caller,
        { id: upload.dataset, filename: upload.filename, purpose: upload.purpose },
        (key) => join(keys, key, upload.mimeType, wanted.md5),
      );
      const completed = await uploads.change(caller.organization, id, (now) => ({ ...now, status: "completed" }));
      await Promise.all(sizes.keys().map((key) => blobs.remove(key)));
      return { upload: completed?.value ?? upload, dataset };
    },

    async cancel(caller: Caller, id: string): Promise<Upload> {
      const upload = await pending(caller, id);
      const cancelled = await uploads.change(caller.organization, id, (now) =>
        now.status === "pending" ? { ...now, status: "cancelled" } : null,
      );
      for await (const { key } of blobs.list(partKey(upload, ""))) await blobs.remove(key);
      return cancelled!.value;
    },
  };

  /** Part after part through a few MiB of memory. Nothing is left under the key when the checksum differs. */
  async function join(parts: readonly string[], key: string, mimeType: string, md5: string | null): Promise<number> {
    const joined = await blobs.writer(key, mimeType);
    const hash = createHash("md5");
    let bytes = 0;
    try {
      for (const part of parts) {
        const body = await blobs.read(part);
        if (!body) throw new DomainError("conflict", "A part was removed while the upload was joined.", "part_ids");
        for await (const chunk of body) {
          hash.update(chunk);
          bytes += chunk.byteLength;
          await joined.write(chunk);
        }
      }
      const found = hash.digest("hex");
      if (md5 !== null && md5.toLowerCase() !== found)
        throw invalid("md5", `The joined file has the MD5 ${found}, not ${md5}. Send the parts again.`);
      await joined.close();
      return bytes;
    } catch (error) {
      await joined.abort();
      throw error;
    }
  }
}
