/** Objects of one bucket. Keys of an organization's objects carry it: `uploads/<organization>/…`. */
export interface Blobs {
  readonly bucket: string;
  put(key: string, body: Uint8Array | string, contentType?: string): Promise<void>;
  /** The object's bytes as they arrive, or null when there is no such object. */
  read(key: string): Promise<AsyncIterable<Uint8Array> | null>;
  /** The whole object as text; for small ones. */
  text(key: string): Promise<string | null>;
  /** Keys below a prefix in order, those after `after` only. */
  list(prefix: string, after?: string): AsyncIterable<{ key: string; bytes: number }>;
  /** Quiet when it is not there. */
  remove(key: string): Promise<void>;
  /** Writes in parts as chunks come, in memory of a few MiB; `abort` leaves nothing behind. */
  writer(key: string, contentType?: string): Promise<BlobWriter>;
  /** A URL that reads the object without a key, for so many seconds. */
  readUrl(key: string, options: { seconds: number; filename: string }): Promise<string>;
  /** A form that uploads one object of at most `maxBytes` to the key, for so many seconds. */
  uploadForm(key: string, options: { seconds: number; maxBytes: number }): Promise<UploadForm>;
}

export interface BlobWriter {
  write(chunk: Uint8Array): Promise<void>;
  /** The object is there, whole, when this returns. */
  close(): Promise<void>;
  abort(): Promise<void>;
}

export interface UploadForm {
  url: string;
  fields: Record<string, string>;
}

export const uri = (blobs: Blobs, key: string) => `s3://${blobs.bucket}/${key}`;
