import { createHash, randomBytes } from "node:crypto";

/** What each kind of thing is called. One id serves in every dialect. */
export const prefixes = {
  job: "ftjob",
  dataset: "file",
  upload: "upload",
  checkpoint: "ckpt",
  deployment: "dep",
  export: "exp",
  config: "cfg",
  quote: "quote",
} as const;
export type Kind = keyof typeof prefixes;

const CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const ULID = /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/;

/** A fresh id, e.g. `ftjob-01JD…`: ids of one kind sort by time (milliseconds). */
export const newId = (kind: Kind, now: number) => `${prefixes[kind]}-${ulid(now, randomBytes(10))}`;

/** The id that always comes out of the same time and name, for things that must not be made twice by a repeated message. */
export const derivedId = (kind: Kind, at: number, name: string) =>
  `${prefixes[kind]}-${ulid(at, createHash("sha256").update(name).digest().subarray(0, 10))}`;

export const isId = (kind: Kind, text: string) =>
  text.startsWith(`${prefixes[kind]}-`) && ULID.test(text.slice(prefixes[kind].length + 1));

/** 48 bits of milliseconds and 80 of the given bytes, in Crockford's base 32 (github.com/ulid/spec). */
function ulid(now: number, random: Uint8Array): string {
  let bits = BigInt(now) << 80n;
  for (const [index, byte] of random.entries()) bits |= BigInt(byte) << BigInt(8 * (9 - index));
  let text = "";
  for (let digit = 25n; digit >= 0n; digit--) text += CROCKFORD[Number((bits >> (5n * digit)) & 31n)];
  return text;
}
