/** 64-bit fingerprints of rows, and a set of them small enough for tens of millions. */
import { hash } from "node:crypto";

export const fingerprintBytes = 8;

/**
 * The first 8 bytes of SHA-1 over the canonical text, as one character per byte. Two different rows agree by chance
 * once in 2^64; a million rows are all told apart with probability 0.99999997.
 */
export const fingerprintOf = (canonical: string): string =>
  hash("sha1", canonical, "binary").slice(0, fingerprintBytes);

const upper = (print: string) =>
  ((print.charCodeAt(0) << 24) | (print.charCodeAt(1) << 16) | (print.charCodeAt(2) << 8) | print.charCodeAt(3)) >>> 0;
const lower = (print: string) =>
  ((print.charCodeAt(4) << 24) | (print.charCodeAt(5) << 16) | (print.charCodeAt(6) << 8) | print.charCodeAt(7)) >>> 0;

export interface FingerprintSet {
  /** False when it was there already. */
  add(print: string): boolean;
  has(print: string): boolean;
}

/** Open addressing in one typed array, so that a look is one miss of the cache: 10 to 15 bytes a row, half as much again while it grows. */
export function fingerprintSet(): FingerprintSet {
  let capacity = 1024;
  let pairs = new Uint32Array(capacity * 2); // high and low half, side by side
  let size = 0;
  let hasZero = false; // 0 marks a free place, so the fingerprint 0 is kept apart

  /** The index of the fingerprint, or of the free place where it belongs. */
  const find = (hi: number, lo: number) => {
    let at = Math.floor((hi / 2 ** 32) * capacity) * 2;
    while ((pairs[at] !== hi || pairs[at + 1] !== lo) && (pairs[at] !== 0 || pairs[at + 1] !== 0))
      at = at + 2 === pairs.length ? 0 : at + 2;
    return at;
  };

  const grow = () => {
    const old = pairs;
    capacity = Math.ceil(capacity * 1.5);
    pairs = new Uint32Array(capacity * 2);
    for (let from = 0; from < old.length; from += 2) {
      const hi = old[from]!;
      const lo = old[from + 1]!;
      if (hi === 0 && lo === 0) continue;
      const at = find(hi, lo);
      pairs[at] = hi;
      pairs[at + 1] = lo;
    }
  };

  return {
    add(print) {
      const hi = upper(print);
      const lo = lower(print);
      if (hi === 0 && lo === 0) {
        const isNew = !hasZero;
        hasZero = true;
        return isNew;
      }
      const at = find(hi, lo);
      if (pairs[at] === hi && pairs[at + 1] === lo) return false;
      pairs[at] = hi;
      pairs[at + 1] = lo;
      if (++size > capacity * 0.8) grow();
      return true;
    },
    has(print) {
      const hi = upper(print);
      const lo = lower(print);
      if (hi === 0 && lo === 0) return hasZero;
      const at = find(hi, lo);
      return pairs[at] === hi && pairs[at + 1] === lo;
    },
  };
}
