/** Trains the byte-level BPE of `tokenizer.json` on a text. */
import { byteAlphabet, splitWords, toAlphabet } from "./tokenizer.ts";

const splitExpression =
  "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

/** A Hugging Face `tokenizer.json` with `size` tokens: the specials, the 256 bytes, then merges by frequency (ties: alphabetical). */
export function trainTokenizer(texts: Iterable<string>, size: number, specials: readonly string[]): object {
  const merges = learnMerges(countWords(texts), size - specials.length - 256);
  const vocab: Record<string, number> = {};
  for (const token of [...specials, ...byteAlphabet, ...merges.map((pair) => pair.join(""))])
    vocab[token] = Object.keys(vocab).length;
  const byteLevel = { type: "ByteLevel", add_prefix_space: false, trim_offsets: true, use_regex: false };
  return {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: specials.map((content, id) => ({
      id,
      content,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: true,
    })),
    normalizer: null,
    pre_tokenizer: {
      type: "Sequence",
      pretokenizers: [
        { type: "Split", pattern: { Regex: splitExpression }, behavior: "Isolated", invert: false },
        byteLevel,
      ],
    },
    post_processor: null,
    decoder: { ...byteLevel, use_regex: true },
    model: {
      type: "BPE",
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: true,
      vocab,
      merges,
    },
  };
}

function countWords(texts: Iterable<string>): Map<string, number> {
  const counts = new Map<string, number>();
  for (const text of texts) for (const word of splitWords(text)) counts.set(word, (counts.get(word) ?? 0) + 1);
  return counts;
}

function learnMerges(counts: Map<string, number>, wanted: number): [string, string][] {
  const words = Array.from(counts, ([word, count]) => ({ parts: [...toAlphabet(word)], count }));
  const merges: [string, string][] = [];
  const made = new Set<string>();
  while (merges.length < wanted) {
    const pairs = new Map<string, number>();
    for (const { parts, count } of words) {
      for (let i = 0; i + 1 < parts.length; i++) {
        const pair = `${parts[i]} ${parts[i + 1]}`;
        pairs.set(pair, (pairs.get(pair) ?? 0) + count);
      }
    }
    const ranked = [...pairs].filter(([pair]) => !made.has(pair.replace(" ", "")));
    if (!ranked.length) throw new Error(`the text allows only ${merges.length} merges, ${wanted} were asked for`);
    const [best] = ranked.reduce((a, b) => (b[1] > a[1] || (b[1] === a[1] && b[0] < a[0]) ? b : a));
    const [left, right] = best.split(" ") as [string, string];
    merges.push([left, right]);
    made.add(left + right);
    for (const word of words) join(word.parts, left, right);
  }
  return merges;
}

function join(parts: string[], left: string, right: string): void {
  for (let i = 0; i + 1 < parts.length; i++)
    if (parts[i] === left && parts[i + 1] === right) parts.splice(i, 2, left + right);
}
