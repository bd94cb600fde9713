/** Between Hugging Face tensor names and the network: which tensors a Llama has, and how they become arrays. */
import { numpy as np } from "@jax-js/jax";
import type { LlamaConfig } from "./config.ts";
import type { Block, Network } from "./model.ts";
import type { Tensor, Tensors } from "./safetensors.ts";

/** The seven linear layers of a block with their place in Hugging Face names. All of them carry LoRA. */
export const linears = {
  q: "self_attn.q_proj",
  k: "self_attn.k_proj",
  v: "self_attn.v_proj",
  o: "self_attn.o_proj",
  gate: "mlp.gate_proj",
  up: "mlp.up_proj",
  down: "mlp.down_proj",
} as const;
export type LinearName = keyof typeof linears;
export const linearNames = Object.keys(linears) as LinearName[];

/** `[out, in]` of a linear layer. */
export function linearShape(c: LlamaConfig, name: LinearName): [number, number] {
  const wide = c.heads * c.headDim;
  const narrow = c.kvHeads * c.headDim;
  const shapes: Record<LinearName, [number, number]> = {
    q: [wide, c.hiddenSize],
    k: [narrow, c.hiddenSize],
    v: [narrow, c.hiddenSize],
    o: [c.hiddenSize, wide],
    gate: [c.intermediateSize, c.hiddenSize],
    up: [c.intermediateSize, c.hiddenSize],
    down: [c.hiddenSize, c.intermediateSize],
  };
  return shapes[name];
}

export const embeddingName = "model.embed_tokens.weight";
export const headName = (c: LlamaConfig) => (c.tied ? embeddingName : "lm_head.weight");
export const linearName = (layer: number, name: LinearName) => `model.layers.${layer}.${linears[name]}.weight`;

/** Every tensor of the architecture with its shape, in file order. */
export function expectedTensors(c: LlamaConfig): Map<string, number[]> {
  const shapes = new Map<string, number[]>([[embeddingName, [c.vocabSize, c.hiddenSize]]]);
  for (let i = 0; i < c.layers; i++) {
    shapes.set(`model.layers.${i}.input_layernorm.weight`, [c.hiddenSize]);
    for (const name of linearNames) shapes.set(linearName(i, name), linearShape(c, name));
    shapes.set(`model.layers.${i}.post_attention_layernorm.weight`, [c.hiddenSize]);
  }
  shapes.set("model.norm.weight", [c.hiddenSize]);
  if (!c.tied) shapes.set("lm_head.weight", [c.vocabSize, c.hiddenSize]);
  return shapes;
}

/** Throws naming the first tensor that is missing or of another shape. */
export function checkTensors(c: LlamaConfig, tensors: Tensors): void {
  for (const [name, shape] of expectedTensors(c)) {
    const found = tensors.get(name)?.shape;
    if (!found) throw new Error(`model.safetensors lacks ${name}`);
    if (found.join() !== shape.join()) throw new Error(`${name} is [${found}] where config.json asks for [${shape}]`);
  }
}

export const parameterCount = (c: LlamaConfig): number =>
  [...expectedTensors(c).values()].reduce((sum, shape) => sum + shape.reduce((a, b) => a * b, 1), 0);

/** The frozen network on the device; the caller owns it. */
export function toNetwork(c: LlamaConfig, tensors: Tensors): Network {
  const get = (name: string) => toArray(tensors.get(name)!);
  const blocks = Array.from({ length: c.layers }, (_, i): Block => {
    const layer = Object.fromEntries(linearNames.map((name) => [name, { w: get(linearName(i, name)) }]));
    return {
      ...(layer as Record<LinearName, { w: np.Array }>),
      inputNorm: get(`model.layers.${i}.input_layernorm.weight`),
      postNorm: get(`model.layers.${i}.post_attention_layernorm.weight`),
    };
  });
  return { blocks, norm: get("model.norm.weight"), head: get(headName(c)) };
}

export const toArray = ({ data, shape }: Tensor): np.Array => np.array(data).reshape(shape);

/** Rows of the embedding for `ids`, `[ids.length * D]`. */
export function embed(table: Tensor, ids: Int32Array): Float32Array<ArrayBuffer> {
  const width = table.shape[1]!;
  const out = new Float32Array(ids.length * width);
  for (let i = 0; i < ids.length; i++) out.set(table.data.subarray(ids[i]! * width, (ids[i]! + 1) * width), i * width);
  return out;
}
