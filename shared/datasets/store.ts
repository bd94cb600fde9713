import type { Blobs, UploadForm } from "../blobs.ts";
import { type Caller, OrganizationId } from "../caller.ts";
import { conflict, missing } from "../errors.ts";
import { isId, newId } from "../ids.ts";
import { collection, type Table } from "../table.ts";
import { type AnyPurpose, arrivedStatus, Dataset, preparedKeys, safeName } from "./dataset.ts";
import { Report } from "./report.ts";

/** The largest file a presigned form takes: S3's limit for one PUT or POST. */
const MAX_FORM_BYTES = 5 * 1024 ** 3;
const FORM_SECONDS = 3600;
/** An upload that began in time may take long. */
const AWAITED_MS = 24 * 3600 * 1000;

/** Datasets by organization. `awaiting` ones are not shown in lists: there is nothing there yet. */
export function makeDatasets({ table, blobs, clock }: { table: Table; blobs: Blobs; clock: () => number }) {
  const datasets = collection(table, {
    name: "dataset",
    schema: Dataset,
    // A form that nobody used leaves nothing behind.
    expiresAt: ({ status, createdAt }) => (status === "awaiting" ? createdAt + AWAITED_MS : undefined),
  });

  const fresh = (caller: Caller, wanted: { filename: string; purpose: AnyPurpose; id?: string }): Dataset => {
    const id = wanted.id ?? newId("dataset", clock());
    const filename = safeName(wanted.filename);
    return {
      organization: caller.organization,
      id,
      filename,
      purpose: wanted.purpose,
      status: "awaiting",
      createdAt: clock(),
      bytes: null,
      key: `uploads/${caller.organization}/${id}/${filename}`,
      reason: null,
      summary: null,
    };
  };

  const find = async (caller: Caller, id: string): Promise<Dataset | null> =>
    isId("dataset", id) ? datasets.get(caller.organization, id) : null;

  async function get(caller: Caller, id: string, param: string | null = null): Promise<Dataset> {
    const found = await find(caller, id);
    if (!found) throw missing("file", id, param);
    return found;
  }

  return {
    find,
    get,
    newId: () => newId("dataset", clock()),

    /** Begins a dataset whose bytes are written by `write(key)`; when that fails, nobody sees it, and it expires. */
    async create(
      caller: Caller,
      wanted: { filename: string; purpose: AnyPurpose; id?: string },
      write: (key: string) => Promise<number>,
    ): Promise<Dataset> {
      const dataset = fresh(caller, wanted);
      if (!(await datasets.insert(caller.organization, dataset.id, dataset))) {
        const earlier = await get(caller, dataset.id);
        if (earlier.status !== "awaiting") return earlier;
      }
      const bytes = await write(dataset.key);
      const arrived = await datasets.change(caller.organization, dataset.id, (current) =>
        current.status === "awaiting" ? { ...current, status: arrivedStatus(current), bytes } : null,
      );
      return arrived?.value ?? dataset;
    },

    /** A dataset and a form that uploads its bytes straight to the bucket, past the API's 4 MB. */
    async createForm(
      caller: Caller,
      wanted: { filename: string; purpose: AnyPurpose },
    ): Promise<{ dataset: Dataset; form: UploadForm; expiresAt: number; maxBytes: number }> {
      const dataset = fresh(caller, wanted);
      const form = await blobs.uploadForm(dataset.key, { seconds: FORM_SECONDS, maxBytes: MAX_FORM_BYTES });
      await datasets.insert(caller.organization, dataset.id, dataset);
      return { dataset, form, expiresAt: dataset.createdAt + FORM_SECONDS * 1000, maxBytes: MAX_FORM_BYTES };
    },

    /**
     * The bytes of an object under uploads/ are there. An object that was dropped there without a dataset becomes one,
     * under the given id. Null when it is nothing for us: removed meanwhile, or outside the layout.
     */
    async arrived(object: { key: string; bytes: number; derivedId: string }): Promise<Dataset | null> {
      const [, organization, id, ...rest] = object.key.split("/");
      if (!OrganizationId.safeParse(organization).success || !organization || !id) return null;
      // What consoles make for a folder.
      if (object.key.endsWith("/")) return null;
      if (isId("dataset", id) && rest.length === 1) {
        const found = await datasets.change(organization, id, (current) =>
          current.status === "awaiting" ? { ...current, status: arrivedStatus(current), bytes: object.bytes } : null,
        );
        return found?.value ?? null;
      }
      const caller = { organization, keyId: "s3", scopes: [] };
      const filename = safeName(object.key.split("/").at(-1) ?? "");
      const dropped: Dataset = {
        ...fresh(caller, { filename, purpose: "fine-tune", id: object.derivedId }),
        key: object.key,
        status: "uploaded",
        bytes: object.bytes,
      };
      await datasets.insert(organization, dropped.id, dropped);
      return datasets.get(organization, dropped.id);
    },

    /** The outcome of preparing; quiet when the dataset was settled meanwhile, and false when it was deleted. */
    async settle(dataset: Dataset, outcome: Pick<Dataset, "reason" | "summary">): Promise<boolean> {
      const found = await datasets.change(dataset.organization, dataset.id, (current) =>
        current.status === "uploaded"
          ? { ...current, ...outcome, status: outcome.reason ? "rejected" : "ready" }
          : null,
      );
      return found !== null;
    },

    /** Newest first unless ascending; those after the given id only. */
    async *list(caller: Caller, options: { after?: string; ascending?: boolean } = {}): AsyncIterable<Dataset> {
      const query = { after: options.after, descending: !options.ascending };
      for await (const dataset of datasets.list(caller.organization, query))
        if (dataset.status !== "awaiting") yield dataset;
    },

    /** Throws `conflict` while it is being prepared for the first time, and when its report is not there because it was rejected whole. */
    async report(caller: Caller, id: string): Promise<Report> {
      const dataset = await get(caller, id);
      if (dataset.status === "rejected") throw conflict(`The dataset was rejected: ${dataset.reason?.message}`);
      if (dataset.status !== "ready")
        throw conflict(`The dataset is '${dataset.status}' and has no report yet. Ask again in a moment.`);
      return Report.parse(JSON.parse((await blobs.text(preparedKeys(dataset).report)) ?? "null"));
    },

    /** The raw bytes. Throws `conflict` when they have not arrived. */
    async content(caller: Caller, id: string): Promise<{ dataset: Dataset; bytes: AsyncIterable<Uint8Array> }> {
      const dataset = await get(caller, id);
      const bytes = await blobs.read(dataset.key);
      if (!bytes) throw conflict(`The file '${id}' has no content yet.`);
      return { dataset, bytes };
    },

    contentUrl: (dataset: Dataset) => blobs.readUrl(dataset.key, { seconds: 300, filename: dataset.filename }),

    /** Its row first, so that nobody finds a dataset without bytes; then every object of it. */
    async remove(caller: Caller, id: string): Promise<void> {
      const dataset = await get(caller, id);
      await datasets.remove(caller.organization, id);
      for (const key of [dataset.key, ...Object.values(preparedKeys(dataset))]) await blobs.remove(key);
    },
  };
}
export type Datasets = ReturnType<typeof makeDatasets>;
