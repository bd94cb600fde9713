import { createHash, randomBytes as nodeRandomBytes, timingSafeEqual } from "node:crypto";
import * as z from "zod";
import { type Caller, OrganizationId, Scope } from "./caller.ts";
import { DomainError, invalid } from "./errors.ts";
import { collection, type Table } from "./table.ts";

const KeyRecord = z.object({
  id: z.string(),
  organization: OrganizationId,
  name: z.string(),
  scopes: z.array(Scope),
  /** SHA-256 of the secret, in hex. The secret has 256 random bits, so a plain hash cannot be guessed backwards. */
  hash: z.string(),
  createdAt: z.number(),
});
export type KeyRecord = z.infer<typeof KeyRecord>;

const KEY = /^ann_([0-9a-f]{16})\.([\w-]{43})$/;
const PARTITION = "-"; // Keys are found before the organization is known.

/** API keys: `ann_<id>.<secret>`, of which only a hash is kept. */
export function makeKeys({
  table,
  clock = Date.now,
  randomBytes = nodeRandomBytes,
}: {
  table: Table;
  clock?: () => number;
  randomBytes?: (size: number) => Buffer;
}) {
  const keys = collection(table, { name: "key", schema: KeyRecord });

  return {
    /** The key is shown this once. Throws `invalid` naming `organization` or `scopes`. */
    async create(wanted: {
      organization: string;
      name: string;
      scopes: readonly string[];
    }): Promise<{ key: string; record: KeyRecord }> {
      const organization = OrganizationId.safeParse(wanted.organization);
      if (!organization.success)
        throw invalid(
          "organization",
          `'${wanted.organization}' cannot be an organization: ${organization.error.issues[0]?.message}.`,
        );
      const scopes = z.array(Scope).min(1).safeParse(wanted.scopes);
      if (!scopes.success) throw invalid("scopes", `Scopes are one or more of ${Scope.options.join(", ")}.`);
      const id = randomBytes(8).toString("hex");
      const secret = randomBytes(32).toString("base64url");
      const record = {
        id,
        organization: organization.data,
        name: wanted.name,
        scopes: scopes.data,
        hash: sha256(secret),
        createdAt: clock(),
      };
      await keys.insert(PARTITION, id, record);
      return { key: `ann_${id}.${secret}`, record };
    },

    /** False when there is no such key. The next request with it is refused. */
    async revoke(id: string): Promise<boolean> {
      if (!(await keys.get(PARTITION, id))) return false;
      await keys.remove(PARTITION, id);
      return true;
    },

    /** Who carries this key. Throws `unauthenticated` for any key that is not known, without saying what was wrong with it. */
    async authenticate(key: string | undefined): Promise<Caller> {
      if (!key)
        throw new DomainError(
          "unauthenticated",
          "No API key was sent. Send one as 'Authorization: Bearer ann_…' or 'X-API-Key: ann_…'.",
        );
      const [, id, secret] = KEY.exec(key) ?? [];
      const record = id ? await keys.get(PARTITION, id) : null;
      // Compared even when there is no such key, so that both cases take as long.
      const same = timingSafeEqual(
        Buffer.from(sha256(secret ?? "")),
        Buffer.from(record?.hash ?? sha256("nobody's secret")),
      );
      if (!record || !same)
        throw new DomainError(
          "unauthenticated",
          "This API key is not known here. Check that it was copied whole, or make a new one.",
        );
      return { organization: record.organization, keyId: record.id, scopes: record.scopes };
    },
  };
}

export type Keys = ReturnType<typeof makeKeys>;

/** Throws `forbidden` naming the scope that the key lacks. */
export function requireScope(caller: Caller, scope: Scope) {
  if (!caller.scopes.includes(scope))
    throw new DomainError("forbidden", `This key lacks the scope '${scope}'. Make one that carries it.`);
}

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
