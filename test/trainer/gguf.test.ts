import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gguf } from "@huggingface/gguf";
import type { LlamaContextSequence, LlamaModel, Token } from "node-llama-cpp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type BaseModel, readModelDirectory } from "../../local/trainer/base-model.ts";
import { encodePrompt } from "../../local/trainer/data.ts";
import { type Engine, makeEngine } from "../../local/trainer/engine.ts";
import { exportGguf } from "../../local/trainer/gguf.ts";
import { chatTokens, loadGguf } from "../../local/trainer/llama.ts";
import { merge, newAdapters } from "../../local/trainer/lora.ts";
import { makeRandom } from "../../local/trainer/random.ts";
import type { Tensors } from "../../local/trainer/safetensors.ts";
import { annealTiny, readMicro } from "./fixtures.ts";

const options = { rank: 8, alpha: 16 };
const prompts = [
  "The kettle is blue. What colour is the kettle?",
  "Hello, my name is Zorvania.",
  "Where does the fox live? <|im_end|> 12345 ünïcode ☃ 日本",
];
/** A log-probability below which F16 weights and cache may differ by more than the tolerance and nobody can notice. */
const impossible = Math.log(1e-5);
const texts = [
  ...prompts,
  "",
  "    two  spaces \t\n\n x\r\n",
  "I'LL don't 'RE",
  "<|im_start|>system\n<|endoftext|>",
  "a1b22c333d4444",
];
let directory: string;
let base: BaseModel;
let adapters: Tensors;
let engine: Engine;
let model: LlamaModel;
let sequence: LlamaContextSequence;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "gguf-"));
  base = await readModelDirectory(annealTiny);
  adapters = newAdapters(base.config, options, 1);
  const random = makeRandom("tuned");
  for (const [name, { data }] of adapters)
    if (name.includes("lora_B")) for (let i = 0; i < data.length; i++) data[i] = 0.02 * random.normal();
  engine = makeEngine(base, options.alpha / options.rank);
  const tuned = { ...base, tensors: merge(base.config, base.tensors, adapters, options) };
  const path = join(directory, "tuned.gguf");
  await writeFile(path, exportGguf(tuned, "tuned"));
  model = await loadGguf(path);
  sequence = (await model.createContext({ contextSize: 256, threads: 1 })).getSequence();
});
afterAll(async () => {
  engine.dispose();
  await model.dispose();
  await rm(directory, { recursive: true });
});

test.each(texts)("llama.cpp reads the same tokens in %j", (text) => {
  expect(model.tokenize(text, false)).toEqual(base.tokenizer.encode(text));
  expect(model.tokenize(text, true)).toEqual(base.tokenizer.encode(text, { special: true }));
  expect(chatTokens(model, [{ role: "user", content: text }])).toEqual(
    encodePrompt(base.tokenizer, [{ role: "user", content: text }]),
  );
});

describe.each(prompts)("llama.cpp and the trainer agree on %j", (content) => {
  test("about the log-probability of every next token that may be said", async () => {
    const ids = encodePrompt(base.tokenizer, [{ role: "user", content }]);
    await sequence.clearHistory();
    const whole = { temperature: 1, topK: 0, topP: 1, minP: 0 };
    const output = await sequence.controlledEvaluate(
      ids.map((id) => [id as Token, { generateNext: { probabilities: true, options: whole } }]),
    );
    const ours = await engine.logProbabilities(adapters, ids);
    const vocabulary = base.config.vocabSize;
    let worst = 0;
    for (let t = 0; t < ids.length; t++) {
      const theirs = output[t]!.next.probabilities!;
      expect(theirs.size).toBe(vocabulary);
      for (const [id, probability] of theirs) {
        const expected = ours[t * vocabulary + id]!;
        if (expected > impossible) worst = Math.max(worst, Math.abs(Math.log(probability) - expected));
      }
    }
    expect(worst).toBeLessThan(0.05);
  });

  test("about the answer", async () => {
    const ids = encodePrompt(base.tokenizer, [{ role: "user", content }]);
    await sequence.clearHistory();
    const theirs: number[] = [];
    for await (const token of sequence.evaluate(ids as Token[], { temperature: 0 }))
      if (theirs.push(token) === 8) break;
    const ours: number[] = [];
    while (ours.length < 8) {
      const all = await engine.logProbabilities(adapters, [...ids, ...ours]);
      const last = all.subarray(all.length - base.config.vocabSize);
      const best = last.reduce((b, x, id) => (x > last[b]! ? id : b), 0);
      if (best === base.config.eosId) break;
      ours.push(best);
    }
    expect(theirs).toEqual(ours);
  });
});

test("an independent reader finds the metadata and every tensor, also with untied embeddings", async () => {
  const path = join(directory, "micro.gguf");
  const micro = await readMicro({ tied: false });
  await writeFile(path, exportGguf(micro, "micro model"));
  const { metadata, tensorInfos } = await gguf(path, { allowLocalFile: true });
  expect(metadata).toMatchObject({
    version: 3,
    "general.architecture": "llama",
    "general.name": "micro model",
    "llama.block_count": 2,
    "llama.attention.head_count_kv": 2,
    "llama.context_length": 128,
    "tokenizer.ggml.pre": "llama-bpe",
    "tokenizer.ggml.eos_token_id": 2,
    "tokenizer.ggml.add_bos_token": false,
  });
  expect((metadata as Record<string, unknown>)["tokenizer.ggml.tokens"]).toHaveLength(1024);
  expect(tensorInfos.map((t) => t.name)).toContain("output.weight");
  expect(tensorInfos).toHaveLength(3 + 2 * 9);
  const loaded = await loadGguf(path);
  expect(loaded.trainContextSize).toBe(128);
  await loaded.dispose();
});
