/** LoRA adapters on every linear layer of every block, as plain arrays with the names that PEFT gives them. */
import type { LlamaConfig } from "./config.ts";
import { makeRandom } from "./random.ts";
import type { Tensor, Tensors } from "./safetensors.ts";
import { linearName, linearNames, linearShape, linears } from "./weights.ts";

export interface LoraOptions {
  rank: number;
  /** The adapter counts alpha / rank. */
  alpha: number;
}

/** PEFT's name of a layer's matrix: `A` is `[rank, in]`, `B` is `[out, rank]`. */
export const adapterName = (layer: number, name: keyof typeof linears, matrix: "A" | "B") =>
  `base_model.model.model.layers.${layer}.${linears[name]}.lora_${matrix}.weight`;

/** Fresh adapters that change nothing yet: A uniform in ±1/√in as PEFT has it, B zero. In order of layer, linear, A then B. */
export function newAdapters(c: LlamaConfig, { rank }: LoraOptions, seed: number): Tensors {
  const random = makeRandom("lora", seed);
  const tensors: Tensors = new Map();
  for (let layer = 0; layer < c.layers; layer++) {
    for (const name of linearNames) {
      const [out, into] = linearShape(c, name);
      const bound = 1 / Math.sqrt(into);
      const a = Float32Array.from({ length: rank * into }, () => (random.next() * 2 - 1) * bound);
      tensors.set(adapterName(layer, name, "A"), { shape: [rank, into], data: a });
      tensors.set(adapterName(layer, name, "B"), { shape: [out, rank], data: new Float32Array(out * rank) });
    }
  }
  return tensors;
}

/** PEFT's `adapter_config.json`. */
export const adapterConfig = (baseName: string, { rank, alpha }: LoraOptions) => ({
  peft_type: "LORA",
  task_type: "CAUSAL_LM",
  base_model_name_or_path: baseName,
  r: rank,
  lora_alpha: alpha,
  lora_dropout: 0,
  bias: "none",
  fan_in_fan_out: false,
  inference_mode: true,
  target_modules: linearNames.map((name) => linears[name].split(".")[1]!),
});

/** The base's tensors with W + (alpha / rank) · B · A in place of every adapted W. The base is left as it is. */
export function merge(c: LlamaConfig, base: Tensors, adapters: Tensors, { rank, alpha }: LoraOptions): Tensors {
  const merged: Tensors = new Map(base);
  for (let layer = 0; layer < c.layers; layer++) {
    for (const name of linearNames) {
      const w = base.get(linearName(layer, name))!;
      const a = adapters.get(adapterName(layer, name, "A"))!;
      const b = adapters.get(adapterName(layer, name, "B"))!;
      merged.set(linearName(layer, name), { shape: w.shape, data: addProduct(w, b, a, alpha / rank) });
    }
  }
  return merged;
}

function addProduct(w: Tensor, b: Tensor, a: Tensor, scale: number): Float32Array<ArrayBuffer> {
  const [out, into] = w.shape as [number, number];
  const rank = a.shape[0]!;
  const data = w.data.slice();
  for (let o = 0; o < out; o++) {
    for (let r = 0; r < rank; r++) {
      const factor = scale * b.data[o * rank + r]!;
      for (let i = 0; i < into; i++) data[o * into + i] = data[o * into + i]! + factor * a.data[r * into + i]!;
    }
  }
  return data;
}
