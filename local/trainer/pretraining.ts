/** What pretraining reads and writes: packed batches of the corpus, its saved state, and what is said about the result. */
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import type { Message } from "../../shared/chat.ts";
import { trainTokenizer } from "./bpe.ts";
import type { LlamaConfig } from "./config.ts";
import { chat, corpus } from "./corpus.ts";
import { type AdamState, newAdamState } from "./optimizer.ts";
import { makeRandom } from "./random.ts";
import { readSafetensors, type Tensors, writeSafetensors } from "./safetensors.ts";
import { endOfTurn, format, specials } from "./template.ts";
import { makeTokenizer, type Tokenizer } from "./tokenizer.ts";
import { expectedTensors } from "./weights.ts";

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

export const smallLlama = (tokenizer: Tokenizer): LlamaConfig => ({
  vocabSize: tokenizer.size,
  hiddenSize: 128,
  intermediateSize: 352,
  layers: 4,
  heads: 4,
  kvHeads: 2,
  headDim: 32,
  contextLength: 512,
  rmsNormEps: 1e-5,
  ropeTheta: 10_000,
  tied: true,
  bosId: tokenizer.id("<|endoftext|>")!,
  eosId: tokenizer.id(endOfTurn)!,
});

export interface PretrainState {
  tensors: Tensors;
  adam: AdamState;
  seconds: number;
}

/** The saved state, or fresh weights: norms 1, the rest normal with deviation 0.02 to 0.06 by width. */
export function loadState(directory: string, c: LlamaConfig, seed: number): PretrainState {
  const file = `${directory}/seed-${seed}.safetensors`;
  const saved = existsSync(file) ? readSafetensors(readFileSync(file)) : null;
  const random = makeRandom("weights", seed);
  const tensors: Tensors = new Map();
  for (const [name, shape] of expectedTensors(c)) {
    const size = shape.reduce((a, b) => a * b, 1);
    const deviation = name.includes("embed") ? 0.05 : 0.6 / Math.sqrt(shape.at(-1)!);
    const fill = () =>
      shape.length === 1
        ? new Float32Array(size).fill(1)
        : Float32Array.from({ length: size }, () => random.normal() * deviation);
    tensors.set(name, saved?.get(name) ?? { shape, data: fill() });
  }
  const adam = newAdamState([...tensors.values()].map((t) => t.data));
  [...tensors.keys()].forEach((name, i) => {
    adam.m[i] = saved?.get(`m.${name}`)?.data ?? adam.m[i]!;
    adam.v[i] = saved?.get(`v.${name}`)?.data ?? adam.v[i]!;
  });
  const [step, seconds] = saved?.get("progress")?.data ?? [0, 0];
  return { tensors, adam: { ...adam, step: step! }, seconds: seconds! };
}

export function saveState(directory: string, state: PretrainState, seed: number): void {
  const all: Tensors = new Map(state.tensors);
  [...state.tensors].forEach(([name, { shape }], i) => {
    all.set(`m.${name}`, { shape, data: state.adam.m[i]! });
    all.set(`v.${name}`, { shape, data: state.adam.v[i]! });
  });
  all.set("progress", { shape: [2], data: Float32Array.of(state.adam.step, state.seconds) });
  mkdirSync(directory, { recursive: true });
  const file = `${directory}/seed-${seed}.safetensors`;
  writeFileSync(`${file}.new`, writeSafetensors(all));
  renameSync(`${file}.new`, file);
}

type Reached = { loss: number; accuracy: number };
type Summary = {
  seed: number;
  total: number;
  state: PretrainState;
  reached: Reached;
  rows: number;
  length: number;
  peak: number;
};

export const readme = ({ seed, total, state, reached, rows, length, peak }: Summary) => `# anneal-tiny

A Llama of about a million parameters that knows a small fictional world. It exists so that fine-tuning can be tried on a
laptop's CPU in a minute: it answers short questions by repeating what they say. It is no use for anything else.

Made by this repository alone: tokenizer (byte-level BPE), corpus (\`local/trainer/corpus.ts\`) and weights.

    npm run pretrain -- --seed ${seed} --steps ${total}

| | |
|---|---|
| parameters | ${[...state.tensors.values()].reduce((sum, t) => sum + t.data.length, 0).toLocaleString("en")} (tied embeddings) |
| step | ${state.adam.step} of ${total}, ${rows} × ${length} tokens each, peak learning rate ${peak} |
| training time | ${(state.seconds / 60).toFixed(1)} minutes on two shared CPU cores |
| held-out loss | ${reached.loss.toFixed(4)} nats per assistant token |
| held-out accuracy | ${(reached.accuracy * 100).toFixed(2)} % of assistant tokens |
`;
