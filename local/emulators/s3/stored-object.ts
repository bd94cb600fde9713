export interface StoredObject {
  bucket: string;
  key: string;
  size: number;
  /** Without the quotes. */
  etag: string;
  /** Base64, or null when the object was put together from parts. */
  crc32: string | null;
  /** The headers that are kept with it and come back: content-type, x-amz-meta-… */
  headers: Record<string, string>;
  modifiedAt: number;
}
/** What a client demands of the object that a write replaces. */
export interface Condition {
  ifMatch?: string | undefined;
  ifNoneMatch?: string | undefined;
}

/** A row of the table. */
export const asObject = (row: Record<string, unknown>): StoredObject => ({
  bucket: row.bucket as string,
  key: row.key as string,
  size: row.size as number,
  etag: row.etag as string,
  crc32: row.crc32 as string | null,
  headers: JSON.parse(row.headers as string),
  modifiedAt: row.modified_at as number,
});
