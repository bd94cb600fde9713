/** What pretraining begins with, saves and says about its result. */
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import type { LlamaConfig } from "./config.ts";
import { type AdamState, newAdamState } from "./optimizer.ts";
import { makeRandom } from "./random.ts";
import { readSafetensors, type Tensors, writeSafetensors } from "./safetensors.ts";
import { endOfTurn } from "./template.ts";
import type { Tokenizer } from "./tokenizer.ts";
import { expectedTensors } from "./weights.ts";

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
