import { createHash, randomBytes, randomUUID } from "node:crypto";
import type { DatabaseSync } from "node:sqlite";
import { AwsError } from "../aws-json.ts";
import type { Clock } from "../clock.ts";
import { transaction } from "../database.ts";
import { type QueueAttributes, readAttributes } from "./attributes.ts";

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

export interface Queue {
  name: string;
  /** As they were given. */
  raw: Record<string, string>;
  attributes: QueueAttributes;
  createdAt: number;
  modifiedAt: number;
}
export interface Message {
  id: string;
  body: string;
  attributes: Record<string, unknown>;
  sentAt: number;
  receives: number;
  firstReceivedAt: number;
  receipt: string;
}
export type Queues = ReturnType<typeof makeQueues>;
export const md5 = (text: string) => createHash("md5").update(text).digest("hex");

/** Standard queues in SQLite: at least once, nearly in order, gone only when deleted, expired or purged. */
export function makeQueues(database: DatabaseSync, clock: Clock) {
  const waiting = new Map<string, Set<() => void>>();
  const wake = (queue: string) => {
    for (const resume of waiting.get(queue) ?? []) resume();
  };

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

  /** Takes the ones that may be seen, hiding them for `visibilitySeconds`; those received too often move to the dead letters. */
  const take = (queue: Queue, most: number, visibilitySeconds: number): Message[] =>
    transaction(database, () => {
      const now = clock.now();
      database
        .prepare("DELETE FROM messages WHERE queue = ? AND sent_at < ?")
        .run(queue.name, now - queue.attributes.MessageRetentionPeriod * 1000);
      const rows = database.prepare(
        "SELECT * FROM messages WHERE queue = ? AND visible_at <= ? ORDER BY visible_at, seq LIMIT ?",
      );
      const taken: Message[] = [];
      for (let found = rows.all(queue.name, now, most); found.length > 0 && taken.length < most; ) {
        for (const row of found) {
          if ((row.receives as number) >= (queue.attributes.RedrivePolicy?.maxReceiveCount ?? Infinity))
            bury(queue, row.seq as number);
          else taken.push(hide(row, now, visibilitySeconds));
        }
        found = visibilitySeconds === 0 ? [] : rows.all(queue.name, now, most - taken.length);
      }
      return taken;
    });
  const bury = (queue: Queue, seq: number) => {
    const target = deadLetters(queue.attributes)!;
    // It goes to the end of the dead letters' line and is as old there as it was here.
    database
      .prepare("UPDATE messages SET queue = ?, receives = 0, receipt = NULL, visible_at = ? WHERE seq = ?")
      .run(target, clock.now(), seq);
    queueMicrotask(() => wake(target));
  };
  const hide = (row: Record<string, unknown>, now: number, seconds: number): Message => {
    const receipt = `${row.seq as number}.${randomBytes(18).toString("base64url")}`;
    database
      .prepare(
        "UPDATE messages SET receives = receives + 1, first_received_at = coalesce(first_received_at, ?1), visible_at = ?2, receipt = ?3 WHERE seq = ?4",
      )
      .run(now, now + seconds * 1000, receipt, row.seq as number);
    return {
      id: row.id as string,
      body: row.body as string,
      attributes: JSON.parse(row.attributes as string),
      sentAt: row.sent_at as number,
      receives: (row.receives as number) + 1,
      firstReceivedAt: (row.first_received_at as number | null) ?? now,
      receipt,
    };
  };

  return {
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
    /** May be called inside a transaction of the same database: the message is there if and only if that commits. */
    send(
      queue: Queue,
      body: string,
      attributes: Record<string, unknown> = {},
      delaySeconds = queue.attributes.DelaySeconds,
    ): string {
      const id = randomUUID();
      const now = clock.now();
      database
        .prepare("INSERT INTO messages (id, queue, body, attributes, sent_at, visible_at) VALUES (?, ?, ?, ?, ?, ?)")
        .run(id, queue.name, body, JSON.stringify(attributes), now, now + delaySeconds * 1000);
      queueMicrotask(() => wake(queue.name));
      return id;
    },
    /** Waits up to `waitSeconds` for the first message; gives up when the client is gone, so that it loses none. */
    async receive(
      queue: Queue,
      most: number,
      visibilitySeconds: number,
      waitSeconds: number,
      gone: AbortSignal,
    ): Promise<Message[]> {
      const deadline = clock.now() + waitSeconds * 1000;
      for (;;) {
        if (gone.aborted) return [];
        const taken = take(queue, most, visibilitySeconds);
        if (taken.length > 0 || clock.now() >= deadline) return taken;
        const next = database.prepare("SELECT min(visible_at) AS at FROM messages WHERE queue = ?").get(queue.name)!
          .at as number | null;
        await until(queue.name, Math.min(deadline, next ?? deadline) - clock.now(), gone);
      }
    },
    /** Quiet when the receipt is out of date: someone else holds the message by now. Throws ReceiptHandleIsInvalid for no receipt at all. */
    delete(queue: Queue, receipt: string) {
      database
        .prepare("DELETE FROM messages WHERE queue = ? AND seq = ? AND receipt = ?")
        .run(queue.name, sequence(receipt), receipt);
    },
    /** From now on, 0 gives the message back at once. Throws when nobody holds it by this receipt. */
    hideFor(queue: Queue, receipt: string, seconds: number) {
      const now = clock.now();
      const { changes } = database
        .prepare("UPDATE messages SET visible_at = ? WHERE queue = ? AND seq = ? AND receipt = ? AND visible_at > ?")
        .run(now + seconds * 1000, queue.name, sequence(receipt), receipt, now);
      if (changes === 0)
        throw new AwsError(
          "MessageNotInflight",
          `Value ${receipt} for parameter ReceiptHandle is invalid. Reason: Message does not exist or is not available for visibility timeout change.`,
        );
      wake(queue.name);
    },
    purge: (queue: Queue) => void database.prepare("DELETE FROM messages WHERE queue = ?").run(queue.name),
  };

  function until(queue: string, ms: number, gone: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const line = waiting.get(queue) ?? new Set();
      waiting.set(queue, line);
      const resume = () => {
        line.delete(resume);
        callOff();
        gone.removeEventListener("abort", resume);
        resolve();
      };
      const callOff = clock.after(ms, resume);
      gone.addEventListener("abort", resume, { once: true });
      line.add(resume);
    });
  }
}

const deadLetters = (attributes: QueueAttributes) => attributes.RedrivePolicy?.deadLetterTargetArn.split(":").at(-1);

function sequence(receipt: string): number {
  const [, seq] = /^(\d+)\.[\w-]{24}$/.exec(receipt) ?? [];
  if (!seq) throw new AwsError("ReceiptHandleIsInvalid", "The input receipt handle is invalid.");
  return Number(seq);
}
