import type { DatabaseSync } from "node:sqlite";

export const SFN_SCHEMA = `
  CREATE TABLE IF NOT EXISTS executions (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, arn TEXT NOT NULL UNIQUE, machine TEXT NOT NULL, name TEXT NOT NULL,
    status TEXT NOT NULL, input TEXT NOT NULL, output TEXT, error TEXT, cause TEXT,
    started_at INTEGER NOT NULL, stopped_at INTEGER
  ) STRICT;
  CREATE INDEX IF NOT EXISTS executions_by_machine ON executions (machine, seq);
  CREATE TABLE IF NOT EXISTS history (execution TEXT NOT NULL, id INTEGER NOT NULL, event TEXT NOT NULL, PRIMARY KEY (execution, id)) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS secrets (name TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT;
`;

export type Status = "RUNNING" | "SUCCEEDED" | "FAILED" | "TIMED_OUT" | "ABORTED";
export interface Execution {
  arn: string;
  machine: string;
  name: string;
  status: Status;
  /** JSON. */
  input: string;
  output: string | null;
  error: string | null;
  cause: string | null;
  startedAt: number;
  stoppedAt: number | null;
}
export type Ending = { status: Exclude<Status, "RUNNING">; output?: string; error?: string; cause?: string };
export type Journal = ReturnType<typeof makeJournal>;

/** What was started and how it ended, for good. */
export function makeJournal(database: DatabaseSync, now: () => number) {
  return {
    find(arn: string): Execution | undefined {
      const row = database.prepare("SELECT * FROM executions WHERE arn = ?").get(arn);
      return row && asExecution(row);
    },
    begin({ arn, machine, name, input }: Pick<Execution, "arn" | "machine" | "name" | "input">) {
      database
        .prepare(
          "INSERT INTO executions (arn, machine, name, status, input, started_at) VALUES (?, ?, ?, 'RUNNING', ?, ?)",
        )
        .run(arn, machine, name, input, now());
    },
    /** Quiet when it is over already: the first ending is the one that counts. Says whether it was this one. */
    end(arn: string, { status, output, error, cause }: Ending): boolean {
      const ended = database
        .prepare(
          "UPDATE executions SET status = ?, output = ?, error = ?, cause = ?, stopped_at = ? WHERE arn = ? AND status = 'RUNNING'",
        )
        .run(status, output ?? null, error ?? null, cause ?? null, now(), arn);
      return ended.changes === 1;
    },
    running: () =>
      database
        .prepare("SELECT arn FROM executions WHERE status = 'RUNNING'")
        .all()
        .map((row) => row.arn as string),
    /** Newest first, from before `before`; `next` is where the next page begins. */
    list(machine: string, status: string | undefined, most: number, before = Number.MAX_SAFE_INTEGER) {
      const rows = database
        .prepare(
          "SELECT * FROM executions WHERE machine = ?1 AND (?2 IS NULL OR status = ?2) AND seq < ?3 ORDER BY seq DESC LIMIT ?4",
        )
        .all(machine, status ?? null, before, most);
      return { executions: rows.map(asExecution), next: rows.length === most ? (rows.at(-1)!.seq as number) : null };
    },
    log(arn: string, id: number, event: object) {
      database.prepare("INSERT INTO history VALUES (?, ?, ?)").run(arn, id, JSON.stringify(event));
    },
    history: (arn: string) =>
      database
        .prepare("SELECT event FROM history WHERE execution = ? ORDER BY id")
        .all(arn)
        .map((row) => JSON.parse(row.event as string) as object),
    /** The same for all time: drawn when first asked for. */
    secret(name: string, draw: () => Buffer): Buffer {
      database.prepare("INSERT OR IGNORE INTO secrets VALUES (?, ?)").run(name, draw());
      return Buffer.from(database.prepare("SELECT value FROM secrets WHERE name = ?").get(name)!.value as Uint8Array);
    },
  };
}

const asExecution = (row: Record<string, unknown>): Execution => ({
  arn: row.arn as string,
  machine: row.machine as string,
  name: row.name as string,
  status: row.status as Status,
  input: row.input as string,
  output: row.output as string | null,
  error: row.error as string | null,
  cause: row.cause as string | null,
  startedAt: row.started_at as number,
  stoppedAt: row.stopped_at as number | null,
});
