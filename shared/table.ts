import type { ZodType } from "zod";
import { conflict } from "./errors.ts";

/** Where a row is. `pk` begins with the organization for everything that belongs to one. */
export interface Key {
  readonly pk: string;
  readonly sk: string;
}
export interface Row {
  readonly key: Key;
  readonly value: unknown;
  readonly version: number;
}
export interface WriteOptions {
  /** The row is found by `live(kind)` for as long as it is written with this. */
  readonly live?: string | undefined;
  /** Gone after this time (milliseconds since 1970), at the latest when the table next cleans up. */
  readonly expiresAt?: number | undefined;
}
export interface QueryOptions {
  /** Only sort keys strictly after this one, in the direction of the query. */
  readonly after?: string | undefined;
  readonly descending?: boolean;
}

/** The table, one item at a time: no transactions, every change one conditional write. */
export interface Table {
  read(key: Key): Promise<Row | null>;
  /** False, and nothing is written, when the row is there already. */
  insert(key: Key, value: unknown, options?: WriteOptions): Promise<boolean>;
  /** Compare-and-set: false, and nothing is written, unless the row still has this version. */
  replace(key: Key, version: number, value: unknown, options?: WriteOptions): Promise<boolean>;
  remove(key: Key): Promise<void>;
  query(pk: string, options?: QueryOptions): AsyncIterable<Row>;
  live(kind: string): AsyncIterable<Key>;
}

/** How often a change starts over because somebody else changed the row in between. */
const TRIES = 12;

/** Rows of one kind, parsed as they are read. */
export interface Collection<V> {
  get(partition: string, id: string): Promise<V | null>;
  /** False when it is there already. */
  insert(partition: string, id: string, value: V): Promise<boolean>;
  /**
   * Reads, lets `decide` make the next value, writes it if nobody else wrote in between, else starts over.
   * `decide` gives null to leave the row alone; it may throw. Null when there is no such row.
   */
  change(
    partition: string,
    id: string,
    decide: (current: V) => V | null,
  ): Promise<{ value: V; changed: boolean } | null>;
  remove(partition: string, id: string): Promise<void>;
  list(partition: string, options?: QueryOptions): AsyncIterable<V>;
  /** Where those are whose `live` was true when they were last written; may lag a moment behind. */
  live(): AsyncIterable<{ partition: string; id: string }>;
}

/** `partition` is an organization, or an organization and the parent's id (`acme/ftjob-…`). */
export function collection<V>(
  table: Table,
  definition: {
    name: string;
    schema: ZodType<V>;
    live?: (value: V) => boolean;
    expiresAt?: (value: V) => number | undefined;
  },
): Collection<V> {
  const { name, schema } = definition;
  const key = (partition: string, id: string) => ({ pk: `${partition}/${name}`, sk: id });
  const options = (value: V): WriteOptions => ({
    live: definition.live?.(value) ? name : undefined,
    expiresAt: definition.expiresAt?.(value),
  });
  return {
    async get(partition, id) {
      const row = await table.read(key(partition, id));
      return row && schema.parse(row.value);
    },
    insert: (partition, id, value) => table.insert(key(partition, id), value, options(value)),
    async change(partition, id, decide) {
      for (let tried = 0; tried < TRIES; tried++) {
        const row = await table.read(key(partition, id));
        if (!row) return null;
        const current = schema.parse(row.value);
        const next = decide(current);
        if (next === null) return { value: current, changed: false };
        if (await table.replace(row.key, row.version, next, options(next))) return { value: next, changed: true };
      }
      throw conflict(`'${id}' is being changed by too many at once. Try again.`);
    },
    remove: (partition, id) => table.remove(key(partition, id)),
    async *list(partition, queryOptions) {
      for await (const row of table.query(key(partition, "").pk, queryOptions)) yield schema.parse(row.value);
    },
    async *live() {
      for await (const { pk, sk } of table.live(name)) yield { partition: pk.slice(0, -`/${name}`.length), id: sk };
    },
  };
}
