import { type Dataset, Purpose } from "../../../shared/datasets/dataset.ts";
import { invalid } from "../../../shared/errors.ts";
import { isId } from "../../../shared/ids.ts";
import type { Core } from "../../core.ts";
import type { Handlers } from "../serve.ts";
import { fileOf, formOf } from "./form.ts";
import type { routes } from "./routes.ts";
import { fromDataset, fromUpload, page } from "./translate.ts";

/** Lambda replies hold 6 MB, and bytes travel in base64. */
const LARGEST_INLINE = 4 * 1024 ** 2;

type FileHandlers = Pick<
  Handlers<typeof routes>,
  | "createFile"
  | "listFiles"
  | "retrieveFile"
  | "deleteFile"
  | "fileContent"
  | "createUpload"
  | "addUploadPart"
  | "completeUpload"
  | "cancelUpload"
>;

export const fileHandlers = ({ datasets, datasetBlobs, uploads, idempotency, clock }: Core): FileHandlers => ({
  async createFile({ caller, event, idempotencyKey }) {
    const form = await formOf(event);
    const purpose = Purpose.safeParse(form.fields.purpose);
    if (!purpose.success) throw invalid("purpose", `'purpose': must be one of ${Purpose.options.join(", ")}.`);
    if (Object.keys(form.fields).some((name) => name.startsWith("expires_after")))
      throw invalid(
        "expires_after",
        "'expires_after': files here are kept until they are deleted; leave the field out.",
      );
    const { filename, bytes } = fileOf(form, "file");
    if (bytes.length === 0) throw invalid("file", "'file': the file is empty.");
    const fingerprint = { filename, purpose: purpose.data, bytes: bytes.toString("base64") };
    const id =
      idempotencyKey && (await idempotency.idFor(caller, "createFile", idempotencyKey, fingerprint, datasets.newId));
    const dataset = await datasets.create(
      caller,
      { filename, purpose: purpose.data, ...(id && { id }) },
      async (key) => {
        await datasetBlobs.put(key, bytes);
        return bytes.length;
      },
    );
    return { body: fromDataset(dataset) };
  },

  async listFiles({ caller, query: { limit, after, order, purpose } }) {
    const found = datasets.list(caller, { after: afterFile(after), ascending: order === "asc" });
    return { body: await page(purpose ? withPurpose(found, purpose) : found, limit, fromDataset) };
  },

  async retrieveFile({ caller, params: { id } }) {
    return { body: fromDataset(await datasets.get(caller, id, "file_id")) };
  },

  async deleteFile({ caller, params: { id } }) {
    await datasets.remove(caller, id);
    return { body: { id, object: "file", deleted: true } };
  },

  async fileContent({ caller, params: { id } }) {
    const dataset = await datasets.get(caller, id, "file_id");
    if ((dataset.bytes ?? 0) > LARGEST_INLINE)
      return { status: 303, headers: { location: await datasets.contentUrl(dataset) }, body: "" };
    const { bytes } = await datasets.content(caller, id);
    const chunks: Uint8Array[] = [];
    for await (const chunk of bytes) chunks.push(chunk);
    const body = Buffer.concat(chunks).toString("base64");
    return { headers: { "content-type": "application/octet-stream" }, body, base64: true };
  },

  async createUpload({ caller, body: { filename, purpose, bytes, mime_type: mimeType } }) {
    return { body: fromUpload(await uploads.create(caller, { filename, purpose, bytes, mimeType }), clock()) };
  },

  async addUploadPart({ caller, params: { id }, event }) {
    const { bytes } = fileOf(await formOf(event), "data");
    const part = await uploads.addPart(caller, id, bytes);
    return {
      body: { id: part.id, object: "upload.part", created_at: Math.floor(part.createdAt / 1000), upload_id: id },
    };
  },

  async completeUpload({ caller, params: { id }, body: { part_ids: partIds, md5 } }) {
    const { upload, dataset } = await uploads.complete(caller, id, { partIds, md5 });
    return { body: fromUpload(upload, clock(), dataset) };
  },

  async cancelUpload({ caller, params: { id } }) {
    return { body: fromUpload(await uploads.cancel(caller, id), clock()) };
  },
});

async function* withPurpose(datasets: AsyncIterable<Dataset>, purpose: string) {
  for await (const dataset of datasets) if (dataset.purpose === purpose) yield dataset;
}

function afterFile(after: string | undefined) {
  if (after !== undefined && !isId("dataset", after))
    throw invalid("after", `'after': '${after}' is not the id of a file.`);
  return after;
}
