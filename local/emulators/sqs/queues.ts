import type { DatabaseSync } from "node:sqlite";
import { AwsError } from "../aws-json.ts";
import type { Clock } from "../clock.ts";
import { transaction } from "../database.ts";
import { deadLetters, readAttributes } from "./attributes.ts";
import { makeMessages } from "./messages.ts";
import type { Queue } from "./queue.ts";

export const SQS_SCHEMA = `
  CREATE TABLE IF NOT EXISTS queues (
    name TEXT PRIMARY KEY, attributes TEXT NOT NULL, created_at INTEGER NOT NULL, modified_at INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE IF NOT EXISTS messages (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL, queue TEXT NOT NULL, body TEXT NOT NULL,
    attributes TEXT NOT NULL, sent_at INTEGER NOT NULL, visible_at INTEGER NOT NULL,
    receives INTEGER NOT NULL DEFAULT 0, first_received_at INTEGER, receipt TEXT
  ) STRICT;
  CREATE INDEX IF NOT EXISTS messages_by_visibility ON messages (queue, visible_at, seq);
`;

export type Queues = ReturnType<typeof makeQueues>;

/** Standard queues and what is in them, in SQLite. */
export function makeQueues(database: DatabaseSync, clock: Clock) {
  const find = (name: string): Queue => {
    const row = database.prepare("SELECT * FROM queues WHERE name = ?").get(name);
    if (!row) throw new AwsError("QueueDoesNotExist", "The specified queue does not exist.");
    const raw = JSON.parse(row.attributes as string) as Record<string, string>;
    const [createdAt, modifiedAt] = [row.created_at as number, row.modified_at as number];
    return { name, raw, attributes: readAttributes(raw), createdAt, modifiedAt };
  };
  const write = (name: string, raw: Record<string, string>) => {
    const target = readAttributes(raw).RedrivePolicy && deadLetters(readAttributes(raw));
    if (target && !database.prepare("SELECT 1 FROM queues WHERE name = ?").get(target))
      throw new AwsError(
        "InvalidParameterValue",
        "Value for parameter RedrivePolicy is invalid. Reason: Dead letter target does not exist.",
      );
    database
      .prepare(`INSERT INTO queues VALUES (?1, ?2, ?3, ?3) ON CONFLICT DO UPDATE SET attributes = ?2, modified_at = ?3`)
      .run(name, JSON.stringify(raw), clock.now());
  };

  return {
    ...makeMessages(database, clock),
    find,
    /** Quiet when it exists with the same attributes. Throws QueueNameExists when they differ. */
    create(name: string, raw: Record<string, string>) {
      if (!/^[A-Za-z0-9_-]{1,80}$/.test(name))
        throw new AwsError(
          "InvalidParameterValue",
          "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length",
        );
      const known = database.prepare("SELECT attributes FROM queues WHERE name = ?").get(name);
      if (!known) return write(name, raw);
      const was = JSON.parse(known.attributes as string) as Record<string, string>;
      const different = Object.keys(raw).filter((key) => raw[key] !== was[key]);
      if (different.length > 0)
        throw new AwsError(
          "QueueNameExists",
          `A queue already exists with the same name and a different value for attribute ${different[0]}`,
        );
    },
    change: (name: string, raw: Record<string, string>) => write(name, { ...find(name).raw, ...raw }),
    remove(name: string) {
      find(name);
      transaction(database, () => {
        database.prepare("DELETE FROM messages WHERE queue = ?").run(name);
        database.prepare("DELETE FROM queues WHERE name = ?").run(name);
      });
    },
    names: (prefix: string) =>
      database
        .prepare("SELECT name FROM queues WHERE substr(name, 1, length(?1)) = ?1 ORDER BY name")
        .all(prefix)
        .map((row) => row.name as string),
    /** Counts of messages that can be seen, that a consumer holds, and that are not yet due. */
    counts(name: string) {
      const count = (where: string) =>
        database.prepare(`SELECT count(*) AS n FROM messages WHERE queue = ? AND ${where}`).get(name, clock.now())!
          .n as number;
      return {
        visible: count("visible_at <= ?"),
        held: count("visible_at > ? AND receives > 0"),
        delayed: count("visible_at > ? AND receives = 0"),
      };
    },
  };
}
