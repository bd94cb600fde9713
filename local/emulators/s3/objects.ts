import { randomUUID } from "node:crypto";
import { closeSync, createReadStream, mkdirSync, openSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import type { Readable } from "node:stream";
import { transaction } from "../database.ts";
import { S3Error } from "./error.ts";
import { sweep } from "./schema.ts";
import { asObject, type Condition, type StoredObject } from "./stored-object.ts";

export type Objects = ReturnType<typeof makeObjects>;

/**
 * Objects as files, each under a name drawn at random; the database says which file is which key's. So no key can leave the
 * directory, a write is seen whole or not at all, and a reader keeps the file it opened when the key is written again.
 * `onCreated` runs inside the transaction that makes an object visible.
 */
export function makeObjects(
  database: DatabaseSync,
  dir: string,
  onCreated: (object: StoredObject, event: string) => void,
) {
  const pathOf = (bucket: string, file: string) => join(dir, bucket, file);
  const row = (bucket: string, key: string) =>
    database.prepare("SELECT * FROM objects WHERE bucket = ? AND key = ?").get(bucket, key);
  sweep(database, dir);

  const checkCondition = (bucket: string, key: string, { ifMatch, ifNoneMatch }: Condition) => {
    if (!ifMatch && !ifNoneMatch) return;
    const present = row(bucket, key);
    if (ifMatch && !present) throw new S3Error("NoSuchKey", "The specified key does not exist.");
    const matches = (wanted: string) => !!present && (wanted === "*" || wanted.replaceAll('"', "") === present.etag);
    if ((ifMatch && !matches(ifMatch)) || (ifNoneMatch && matches(ifNoneMatch)))
      throw new S3Error("PreconditionFailed", "At least one of the pre-conditions you specified did not hold");
  };

  return {
    pathOf,
    /** Quiet when it exists. */
    createBucket(name: string) {
      if (!/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(name) || name.includes(".."))
        throw new S3Error("InvalidBucketName", "The specified bucket is not valid.");
      mkdirSync(join(dir, name), { recursive: true });
      database.prepare("INSERT OR IGNORE INTO buckets VALUES (?, ?)").run(name, Date.now());
    },
    buckets: () =>
      database
        .prepare("SELECT * FROM buckets ORDER BY name")
        .all()
        .map((row) => ({ name: row.name as string, createdAt: row.created_at as number })),
    /** Throws NoSuchBucket. */
    demand(bucket: string) {
      if (!database.prepare("SELECT 1 FROM buckets WHERE name = ?").get(bucket))
        throw new S3Error("NoSuchBucket", "The specified bucket does not exist");
    },
    removeBucket(bucket: string) {
      if (database.prepare("SELECT 1 FROM objects WHERE bucket = ? LIMIT 1").get(bucket))
        throw new S3Error("BucketNotEmpty", "The bucket you tried to delete is not empty");
      database.prepare("DELETE FROM buckets WHERE name = ?").run(bucket);
      rmSync(join(dir, bucket), { recursive: true, force: true });
    },
    /** A name for a file to be written; it is nobody's until `commit` says whose. */
    fresh: () => randomUUID(),
    /** Makes a written file the object. Throws PreconditionFailed, and then the file is gone. */
    commit(
      object: Omit<StoredObject, "modifiedAt">,
      file: string,
      event: string,
      condition: Condition = {},
    ): StoredObject {
      const { bucket, key, size, etag, crc32, headers } = object;
      const stored = { ...object, modifiedAt: Date.now() };
      const previous = row(bucket, key)?.file as string | undefined;
      try {
        transaction(database, () => {
          checkCondition(bucket, key, condition);
          database
            .prepare("INSERT OR REPLACE INTO objects VALUES (?, ?, ?, ?, ?, ?, ?, ?)")
            .run(bucket, key, file, size, etag, crc32, JSON.stringify(headers), stored.modifiedAt);
          onCreated(stored, event);
        });
      } catch (error) {
        rmSync(pathOf(bucket, file), { force: true });
        throw error;
      }
      if (previous) rmSync(pathOf(bucket, previous), { force: true });
      return stored;
    },
    find(bucket: string, key: string): StoredObject | undefined {
      const found = row(bucket, key);
      return found && asObject(found);
    },
    /** The bytes of an object as it is now, whatever is written later. `last` counts. */
    read(bucket: string, key: string, range?: { first: number; last: number }): Readable {
      const file = openSync(pathOf(bucket, row(bucket, key)!.file as string), "r");
      if (range && range.last < range.first) {
        closeSync(file);
        return createReadStream("/dev/null");
      }
      return createReadStream("", { fd: file, ...(range && { start: range.first, end: range.last }) });
    },
    /** Quiet when there is none. */
    remove(bucket: string, key: string) {
      const found = row(bucket, key);
      if (!found) return;
      database.prepare("DELETE FROM objects WHERE bucket = ? AND key = ?").run(bucket, key);
      rmSync(pathOf(bucket, found.file as string), { force: true });
    },
    /** Objects in the order of their keys' UTF-8 bytes, from after `after`. */
    *list(bucket: string, prefix: string, after: string): Generator<StoredObject> {
      const page = database.prepare(
        "SELECT * FROM objects WHERE bucket = ? AND key >= ? AND key > ? ORDER BY key LIMIT 1000",
      );
      for (let last = after; ; ) {
        const rows = page.all(bucket, prefix, last);
        for (const found of rows) {
          if (!(found.key as string).startsWith(prefix)) return;
          yield asObject(found);
          last = found.key as string;
        }
        if (rows.length === 0) return;
      }
    },
  };
}
