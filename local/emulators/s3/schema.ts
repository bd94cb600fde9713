import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { DatabaseSync } from "node:sqlite";

export const S3_SCHEMA = `
  CREATE TABLE IF NOT EXISTS buckets (name TEXT PRIMARY KEY, created_at INTEGER NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS objects (
    bucket TEXT NOT NULL, key TEXT NOT NULL, file TEXT NOT NULL, size INTEGER NOT NULL, etag TEXT NOT NULL,
    crc32 TEXT, headers TEXT NOT NULL, modified_at INTEGER NOT NULL, PRIMARY KEY (bucket, key)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS uploads (
    id TEXT PRIMARY KEY, bucket TEXT NOT NULL, key TEXT NOT NULL, headers TEXT NOT NULL, started_at INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE IF NOT EXISTS parts (
    upload TEXT NOT NULL, number INTEGER NOT NULL, file TEXT NOT NULL, size INTEGER NOT NULL, etag TEXT NOT NULL,
    modified_at INTEGER NOT NULL, PRIMARY KEY (upload, number)
  ) STRICT, WITHOUT ROWID;
`;

/** Removes the files that nobody's key or part names: those of writes that the end of a process cut short. */
export function sweep(database: DatabaseSync, dir: string) {
  const kept = new Set(
    database
      .prepare("SELECT file FROM objects UNION ALL SELECT file FROM parts")
      .all()
      .map((row) => row.file as string),
  );
  for (const { name } of database.prepare("SELECT name FROM buckets").all()) {
    mkdirSync(join(dir, name as string), { recursive: true });
    for (const file of readdirSync(join(dir, name as string)))
      if (!kept.has(file)) rmSync(join(dir, name as string, file));
  }
}
