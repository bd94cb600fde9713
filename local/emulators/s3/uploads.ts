import { createHash, randomBytes } from "node:crypto";
import { createReadStream, createWriteStream, rmSync } from "node:fs";
import type { DatabaseSync } from "node:sqlite";
import { pipeline } from "node:stream/promises";
import type { Written } from "./body.ts";
import { S3Error } from "./error.ts";
import type { Objects } from "./objects.ts";
import type { Condition, StoredObject } from "./stored-object.ts";

const LEAST_PART = 5 * 1024 * 1024;

export interface Part {
  number: number;
  etag: string;
  size: number;
  modifiedAt: number;
}
export type Uploads = ReturnType<typeof makeUploads>;

/** Multipart uploads: parts are files like objects, joined into a new one on completion. */
export function makeUploads(database: DatabaseSync, objects: Objects) {
  const demand = (id: string, bucket: string, key: string) => {
    const found = database
      .prepare("SELECT * FROM uploads WHERE id = ? AND bucket = ? AND key = ?")
      .get(id, bucket, key);
    if (!found)
      throw new S3Error(
        "NoSuchUpload",
        "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.",
      );
    return found;
  };
  const partRows = (id: string) => database.prepare("SELECT * FROM parts WHERE upload = ? ORDER BY number").all(id);
  const forget = (id: string, bucket: string) => {
    for (const { file } of partRows(id)) rmSync(objects.pathOf(bucket, file as string), { force: true });
    database.prepare("DELETE FROM parts WHERE upload = ?").run(id);
    database.prepare("DELETE FROM uploads WHERE id = ?").run(id);
  };

  return {
    demand,
    begin(bucket: string, key: string, headers: Record<string, string>): string {
      const id = randomBytes(24).toString("base64url");
      database
        .prepare("INSERT INTO uploads VALUES (?, ?, ?, ?, ?)")
        .run(id, bucket, key, JSON.stringify(headers), Date.now());
      return id;
    },
    /** The same number again replaces the part. Throws NoSuchUpload, also when it was aborted meanwhile. */
    add(id: string, bucket: string, key: string, number: number, file: string, written: Written) {
      try {
        demand(id, bucket, key);
      } catch (error) {
        rmSync(objects.pathOf(bucket, file), { force: true });
        throw error;
      }
      const previous = database.prepare("SELECT file FROM parts WHERE upload = ? AND number = ?").get(id, number)?.file;
      database
        .prepare("INSERT OR REPLACE INTO parts VALUES (?, ?, ?, ?, ?, ?)")
        .run(id, number, file, written.size, written.md5, Date.now());
      if (previous) rmSync(objects.pathOf(bucket, previous as string), { force: true });
    },
    parts(id: string, bucket: string, key: string): Part[] {
      demand(id, bucket, key);
      return partRows(id).map((row) => ({
        number: row.number as number,
        etag: row.etag as string,
        size: row.size as number,
        modifiedAt: row.modified_at as number,
      }));
    },
    /** Throws InvalidPart, InvalidPartOrder, EntityTooSmall or NoSuchUpload; the upload stays then. */
    async complete(
      id: string,
      bucket: string,
      key: string,
      wanted: { number: number; etag: string }[],
      condition: Condition,
    ): Promise<StoredObject> {
      const upload = demand(id, bucket, key);
      const known = new Map(partRows(id).map((row) => [row.number as number, row]));
      if (wanted.some(({ number }, index) => index > 0 && wanted[index - 1]!.number >= number))
        throw new S3Error("InvalidPartOrder", "The list of parts was not in ascending order.");
      const chosen = wanted.map(({ number, etag }, index) => {
        const part = known.get(number);
        if (part?.etag !== etag)
          throw new S3Error("InvalidPart", "One or more of the specified parts could not be found.");
        if (index < wanted.length - 1 && (part.size as number) < LEAST_PART)
          throw new S3Error("EntityTooSmall", "Your proposed upload is smaller than the minimum allowed size");
        return part;
      });
      if (chosen.length === 0) throw new S3Error("MalformedXML", "You must specify at least one part");
      const file = objects.fresh();
      const md5 = createHash("md5");
      for (const part of chosen) {
        md5.update(part.etag as string, "hex");
        await pipeline(
          createReadStream(objects.pathOf(bucket, part.file as string)),
          createWriteStream(objects.pathOf(bucket, file), { flags: "a" }),
        );
      }
      // Two completions at once are possible: the second finds the upload gone.
      demand(id, bucket, key);
      const size = chosen.reduce((sum, part) => sum + (part.size as number), 0);
      const headers = JSON.parse(upload.headers as string) as Record<string, string>;
      const etag = `${md5.digest("hex")}-${chosen.length}`;
      const stored = objects.commit(
        { bucket, key, size, etag, crc32: null, headers },
        file,
        "CompleteMultipartUpload",
        condition,
      );
      forget(id, bucket);
      return stored;
    },
    abort(id: string, bucket: string, key: string) {
      demand(id, bucket, key);
      forget(id, bucket);
    },
  };
}
