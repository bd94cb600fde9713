/**
 * Rows that are almost an earlier row: MinHash over shingles of five words (one permutation in 64 bins, with the empty
 * bins filled from their neighbours), found through 16 bands of 4 bins. A pair as similar as the threshold is found
 * with probability 0.999; the similarity is an estimate with a standard error of about 0.05.
 */
import type { Report } from "./report.ts";

const bins = 64;
const bands = 16;
const binsPerBand = bins / bands;
const shingle = 5;
const heads = 2 ** 17;
const longestChain = 16;
const threshold = 0.8;
const EMPTY = 0xffffffff;

/** At most `maxRows` rows are compared, for about 320 bytes each. */
export function nearDuplicates(maxRows: number, maxListed: number) {
  const found: Report["duplicates"]["near"] = { rows: 0, lines: [], threshold, examined: 0 };
  let signatures = new Uint32Array(0);
  let next = new Int32Array(0);
  const head = new Int32Array(maxRows > 0 ? heads : 0).fill(-1);
  const hashes = new Uint32Array(bins);
  let kept = 0;

  const makeRoom = () => {
    const rows = Math.min(maxRows, Math.max(256, kept * 2));
    signatures = copied(signatures, new Uint32Array(rows * bins));
    next = copied(next, new Int32Array(rows * bands));
  };

  const similarity = (row: number) => {
    let same = 0;
    for (let bin = 0; bin < bins; bin++) if (signatures[row * bins + bin] === hashes[bin]) same++;
    return same / bins;
  };

  const bucketOf = (band: number) => {
    let hash = band + 1;
    for (let bin = band * binsPerBand; bin < (band + 1) * binsPerBand; bin++) hash = mix(hash ^ hashes[bin]!);
    return hash & (heads - 1);
  };

  const resemblesAnother = () => {
    for (let band = 0; band < bands; band++) {
      let entry = head[bucketOf(band)]!;
      for (let steps = 0; entry !== -1 && steps < longestChain; steps++) {
        if (similarity(Math.floor(entry / bands)) >= threshold) return true;
        entry = next[entry]!;
      }
    }
    return false;
  };

  const keep = () => {
    if ((kept + 1) * bins > signatures.length) makeRoom();
    signatures.set(hashes, kept * bins);
    for (let band = 0; band < bands; band++) {
      const bucket = bucketOf(band);
      const entry = kept * bands + band;
      next[entry] = head[bucket]!;
      head[bucket] = entry;
    }
    kept++;
  };

  return {
    found,
    /** `text` without what all rows share, such as the system prompt. An exact duplicate is not for here. */
    add(text: string, line: number) {
      found.examined++;
      if (!sketch(text, hashes)) return;
      if (resemblesAnother()) {
        found.rows++;
        if (found.lines.length < maxListed) found.lines.push(line);
      } else keep();
    },
    /** A row that is counted as examined without a look: it equals an earlier one. */
    skip() {
      found.examined++;
    },
  };
}

function copied<T extends Uint32Array | Int32Array>(from: T, to: T): T {
  to.set(from);
  return to;
}

/** Fills `into` with the smallest shingle hash of each bin; false when the text has no word. */
function sketch(text: string, into: Uint32Array): boolean {
  into.fill(EMPTY);
  const words = new Uint32Array(shingle);
  let count = 0;
  const endWord = (hash: number) => {
    words[count++ % shingle] = hash;
    if (count >= shingle) drop(words, count, into);
  };
  let word = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    const kind = code < 128 ? ascii[code]! : code >= 0x2e80 ? IDEOGRAPH : code;
    if (kind > 0 && kind !== IDEOGRAPH) {
      word = Math.imul((word || 0x811c9dc5) ^ kind, 0x01000193);
      continue;
    }
    if (word !== 0) endWord(word);
    word = 0;
    if (kind === IDEOGRAPH) endWord(Math.imul(code ^ 0x811c9dc5, 0x01000193)); // scripts without spaces: each character is a word
  }
  if (word !== 0) endWord(word);
  if (count > 0 && count < shingle) drop(words, shingle, into);
  if (count > 0) fillEmpty(into);
  return count > 0;
}

const IDEOGRAPH = -1;

/** What a character below 128 counts as: itself in lower case when it belongs to a word, else 0. */
const ascii = Uint8Array.from({ length: 128 }, (_, code) => {
  const char = String.fromCharCode(code).toLowerCase();
  return /[a-z0-9]/.test(char) ? char.charCodeAt(0) : 0;
});

function drop(words: Uint32Array, count: number, into: Uint32Array) {
  let hash = 0;
  for (let at = count - shingle; at < count; at++) hash = mix(Math.imul(hash, 31) + words[at % shingle]!);
  const bin = hash >>> 26;
  const rest = mix(hash ^ 0x9e3779b9);
  if (rest < into[bin]!) into[bin] = rest;
}

/** An empty bin takes the value of the next full one, changed by the distance. */
function fillEmpty(into: Uint32Array) {
  let distance = 0;
  let value = EMPTY;
  for (let at = 2 * bins - 1; at >= 0; at--) {
    const bin = at % bins;
    if (at < bins && into[bin] === EMPTY) into[bin] = (value + ++distance * 0x9e3779b1) >>> 0;
    else if (into[bin] !== EMPTY) {
      value = into[bin]!;
      distance = 0;
    } else distance++;
  }
}

/** The finalizer of MurmurHash3: every bit of the word decides about every bit of the result. */
function mix(word: number): number {
  let hash = word ^ (word >>> 16);
  hash = Math.imul(hash, 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
