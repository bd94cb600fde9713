/**
 * Byte-level BPE that reads a Hugging Face `tokenizer.json`. It cuts words with llama.cpp's `llama-bpe` expression and, like it,
 * takes a whole word that is a token without merging, so that llama.cpp gives the same ids for the same text.
 */
import * as z from "zod";

const File = z.object({
  added_tokens: z.array(z.object({ id: z.int(), content: z.string(), special: z.boolean() })),
  model: z.object({
    type: z.literal("BPE"),
    ignore_merges: z.boolean().default(false),
    vocab: z.record(z.string(), z.int()),
    merges: z.array(z.union([z.string(), z.tuple([z.string(), z.string()])])),
  }),
});

export interface Tokenizer {
  /** One past the highest id. */
  size: number;
  /** Ids of `text`. Special tokens written in it are taken as text unless `special` is set. */
  encode(text: string, options?: { special?: boolean }): number[];
  /** The text of `ids`, special tokens left out unless `special` is set. Broken UTF-8 becomes U+FFFD. */
  decode(ids: Iterable<number>, options?: { special?: boolean }): string;
  /** The id of a token by its exact text (specials) or undefined. */
  id(token: string): number | undefined;
  /** Token texts by id in GPT-2's byte alphabet, and merges by rank as `left right`: what a GGUF wants. */
  tokens: string[];
  merges: string[];
  specialIds: Set<number>;
}

const word =
  /'(?:[sS]|[tT]|[rR][eE]|[vV][eE]|[mM]|[lL][lL]|[dD])|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+/gu;

/** The words that merges never cross. */
export const splitWords = (text: string): string[] => text.match(word) ?? [];

/** GPT-2's printable character for each byte. */
export const byteAlphabet: string[] = (() => {
  const printable = (b: number) => (b >= 33 && b <= 126) || (b >= 161 && b <= 172) || b >= 174;
  let next = 256;
  return Array.from({ length: 256 }, (_, b) => String.fromCharCode(printable(b) ? b : next++));
})();
const byteOf = new Map(byteAlphabet.map((char, byte) => [char, byte]));
const utf8 = new TextEncoder();

/** A word's bytes in GPT-2's alphabet. */
export const toAlphabet = (text: string): string =>
  Array.from(utf8.encode(text), (byte) => byteAlphabet[byte]).join("");

/** Throws when the file is not a byte-level BPE. `json` is the parsed `tokenizer.json`. */
export function makeTokenizer(json: unknown): Tokenizer {
  const { model, added_tokens } = File.parse(json);
  const ids = new Map(Object.entries(model.vocab));
  for (const added of added_tokens) ids.set(added.content, added.id);
  const tokens: string[] = [];
  for (const [token, id] of ids) tokens[id] = token;
  const merges = model.merges.map((m) => (typeof m === "string" ? m : m.join(" ")));
  const ranks = new Map(merges.map((merge, rank) => [merge, rank]));
  const special = new Map(added_tokens.map((t) => [t.content, t.id]));
  const specialIds = new Set(special.values());
  const splitter = special.size ? new RegExp(`(${[...special.keys()].map(literal).join("|")})`) : null;
  const cache = new Map<string, number[]>();

  const encodeWord = (text: string): number[] => {
    const known = cache.get(text);
    if (known) return known;
    const letters = toAlphabet(text);
    const whole = model.ignore_merges ? ids.get(letters) : undefined;
    const out =
      whole !== undefined && !specialIds.has(whole)
        ? [whole]
        : merge([...letters], ranks).map((part) => idOf(ids, part));
    if (cache.size < 20_000) cache.set(text, out);
    return out;
  };
  const encodePlain = (text: string) => splitWords(text).flatMap(encodeWord);

  return {
    size: tokens.length,
    tokens,
    merges,
    specialIds,
    id: (token) => ids.get(token),
    encode: (text, options) =>
      options?.special && splitter
        ? text.split(splitter).flatMap((part) => (special.has(part) ? [special.get(part)!] : encodePlain(part)))
        : encodePlain(text),
    decode: (list, options) => {
      const bytes: number[] = [];
      for (const id of list) {
        const token = tokens[id];
        if (token === undefined) throw new Error(`token id ${id} is not in this vocabulary of ${tokens.length}`);
        if (!specialIds.has(id)) for (const char of token) bytes.push(byteOf.get(char)!);
        else if (options?.special) bytes.push(...utf8.encode(token));
      }
      return new TextDecoder().decode(Uint8Array.from(bytes));
    },
  };
}

/** Joins the pair of lowest rank, the leftmost first, until none is left. */
function merge(parts: string[], ranks: Map<string, number>): string[] {
  for (;;) {
    let best = -1;
    let bestRank = Infinity;
    for (let i = 0; i + 1 < parts.length; i++) {
      const rank = ranks.get(`${parts[i]} ${parts[i + 1]}`) ?? Infinity;
      if (rank < bestRank) [best, bestRank] = [i, rank];
    }
    if (best < 0) return parts;
    parts.splice(best, 2, parts[best]! + parts[best + 1]!);
  }
}

function idOf(ids: Map<string, number>, token: string): number {
  const id = ids.get(token);
  if (id === undefined) throw new Error(`the vocabulary lacks the byte token ${JSON.stringify(token)}`);
  return id;
}

const literal = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
