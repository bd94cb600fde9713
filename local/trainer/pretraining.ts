/** Packed batches of the corpus for pretraining. */
import type { Message } from "../../shared/chat.ts";
import { trainTokenizer } from "./bpe.ts";
import { chat, corpus } from "./corpus.ts";
import { makeRandom } from "./random.ts";
import { format, specials } from "./template.ts";
import { makeTokenizer, type Tokenizer } from "./tokenizer.ts";

export interface Batch {
  inputs: Int32Array;
  targets: Int32Array<ArrayBuffer>;
  /** Sum to 1. */
  weights: Float32Array<ArrayBuffer>;
}

/** How much a prompt's token counts beside an assistant's in pretraining. */
const promptWeight = 0.15;

/** Batch `i` is a function of the seed and `i` alone, and no chat is seen twice. */
export function makeBatches({
  seed,
  rows,
  length,
  vocabSize,
}: {
  seed: number;
  rows: number;
  length: number;
  vocabSize: number;
}) {
  const sample = corpus(seed, 20_000);
  const tokenizerJson = trainTokenizer(
    sample.flatMap((chat) => chat.map((m) => `${m.role}\n${m.content}`)),
    vocabSize,
    specials,
  );
  const tokenizer = makeTokenizer(tokenizerJson);
  const make = (stream: string, i: number, prompt: number): Batch => {
    const random = makeRandom(stream, seed, i);
    return pack(tokenizer, () => chat(random), rows, length, prompt);
  };
  return {
    tokenizerJson,
    tokenizer,
    batch: (i: number) => make("pretrain", i, promptWeight),
    held: Array.from({ length: 8 }, (_, i) => make("held out", i, 0)),
  };
}

function pack(tokenizer: Tokenizer, next: () => Message[], rows: number, length: number, prompt: number): Batch {
  const inputs = new Int32Array(rows * length);
  const targets = new Int32Array(rows * length);
  const weights = new Float32Array(rows * length);
  for (let row = 0; row < rows; row++) {
    const ids: number[] = [];
    const learned: boolean[] = [];
    while (ids.length <= length) {
      for (const piece of format(next())) {
        const part = tokenizer.encode(piece.text, piece);
        ids.push(...part);
        learned.push(...part.map(() => piece.learned));
      }
    }
    for (let t = 0; t < length; t++) {
      inputs[row * length + t] = ids[t]!;
      targets[row * length + t] = ids[t + 1]!;
      weights[row * length + t] = learned[t + 1] ? 1 : prompt;
    }
  }
  const sum = weights.reduce((a, b) => a + b, 0);
  return { inputs, targets, weights: weights.map((w) => w / sum) };
}
