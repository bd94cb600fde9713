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

/** Open addressing in two typed arrays: 10 to 15 bytes a row, half as much again while it grows. */
export function fingerprintSet(): FingerprintSet {
  let capacity = 1024;
  let high = new Uint32Array(capacity);
  let low = new Uint32Array(capacity);
  let size = 0;
  let hasZero = false; // 0 marks a free place, so the fingerprint 0 is kept apart

  /** The place of the fingerprint, or the free place where it belongs. */
  const find = (hi: number, lo: number) => {
    let at = Math.floor((hi / 2 ** 32) * capacity);
    while ((high[at] !== hi || low[at] !== lo) && (high[at] !== 0 || low[at] !== 0))
      at = at + 1 === capacity ? 0 : at + 1;
    return at;
  };

  const grow = () => {
    const [oldHigh, oldLow] = [high, low];
    capacity = Math.ceil(capacity * 1.5);
    high = new Uint32Array(capacity);
    low = new Uint32Array(capacity);
    for (let at = 0; at < oldHigh.length; at++) {
      const hi = oldHigh[at]!;
      const lo = oldLow[at]!;
      if (hi === 0 && lo === 0) continue;
      const place = find(hi, lo);
      high[place] = hi;
      low[place] = lo;
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
      if (high[at] === hi && low[at] === lo) return false;
      high[at] = hi;
      low[at] = lo;
      if (++size > capacity * 0.8) grow();
      return true;
    },
    has(print) {
      const hi = upper(print);
      const lo = lower(print);
      if (hi === 0 && lo === 0) return hasZero;
      const at = find(hi, lo);
      return high[at] === hi && low[at] === lo;
    },
  };
}
