import { createHash, randomBytes, randomUUID } from "node:crypto";
import type { DatabaseSync } from "node:sqlite";
import { AwsError } from "../aws-json.ts";
import type { Clock } from "../clock.ts";
import { transaction } from "../database.ts";
import { deadLetters } from "./attributes.ts";
import type { Queue } from "./queue.ts";
import { makeWaiting } from "./waiting.ts";

export interface Message {
  id: string;
  body: string;
  attributes: Record<string, unknown>;
  sentAt: number;
  receives: number;
  firstReceivedAt: number;
  receipt: string;
}
export const md5 = (text: string) => createHash("md5").update(text).digest("hex");

/** The messages of standard queues: at least once, nearly in order, gone only when deleted, expired or purged. */
export function makeMessages(database: DatabaseSync, clock: Clock) {
  const { wake, until } = makeWaiting(clock);

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
}

function sequence(receipt: string): number {
  const [, seq] = /^(\d+)\.[\w-]{24}$/.exec(receipt) ?? [];
  if (!seq) throw new AwsError("ReceiptHandleIsInvalid", "The input receipt handle is invalid.");
  return Number(seq);
}
