import { createHash } from "node:crypto";
import * as z from "zod";
import type { Caller } from "./caller.ts";
import { invalid } from "./errors.ts";
import { collection, type Table } from "./table.ts";

const KEPT_MS = 24 * 3600 * 1000;
const Record = z.object({ id: z.string(), body: z.string(), expiresAt: z.number() });

/**
 * The ids given out under `Idempotency-Key`s, for 24 hours. The id is fixed before anything is made, so a call
 * that was cut off half-way is completed, not repeated, when it comes again.
 */
export function makeIdempotency({ table, clock }: { table: Table; clock: () => number }) {
  const given = collection(table, { name: "idempotency", schema: Record, expiresAt: (record) => record.expiresAt });
  return {
    /** The same key and body give the same id. Throws `invalid` when the key came with another body before. */
    async idFor(caller: Caller, operation: string, key: string | undefined, body: unknown, fresh: () => string) {
      if (key === undefined) return fresh();
      if (key.length === 0 || key.length > 255)
        throw invalid("Idempotency-Key", "Idempotency-Key must have 1 to 255 characters.");
      const name = sha256(`${operation}\n${key}`);
      const record = { id: fresh(), body: sha256(canonical(body)), expiresAt: clock() + KEPT_MS };
      if (await given.insert(caller.organization, name, record)) return record.id;
      const earlier = await given.get(caller.organization, name);
      if (!earlier || earlier.body !== record.body)
        throw invalid(
          "Idempotency-Key",
          `The Idempotency-Key '${key}' was used with another body before. Use a new key for a new request.`,
        );
      return earlier.id;
    },
  };
}
export type Idempotency = ReturnType<typeof makeIdempotency>;

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");

/** JSON with sorted keys, so that the order in which a client writes its fields makes no difference. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, inner) =>
    inner && typeof inner === "object" && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
