import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";

export type Row = Record<string, null | number | bigint | string | NodeJS.NonSharedUint8Array>;

/**
 * A SQLite file of this process alone, made when absent. A committed change survives the end of the process, however it
 * ends; the last ones may be lost when the machine itself loses power, which is what NORMAL buys its speed with.
 */
export function openDatabase(path: string, schema: string): DatabaseSync {
  mkdirSync(dirname(path), { recursive: true });
  const database = new DatabaseSync(path);
  database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA cache_size = -2000;");
  database.exec(schema);
  return database;
}

/** All of `change` or nothing of it. `change` is synchronous, so transactions never interleave. */
export function transaction<T>(database: DatabaseSync, change: () => T): T {
  database.exec("BEGIN IMMEDIATE");
  try {
    const result = change();
    database.exec("COMMIT");
    return result;
  } catch (error) {
    database.exec("ROLLBACK");
    throw error;
  }
}
