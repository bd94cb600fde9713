/**
 * A Llama decoder (RoPE, RMSNorm, SwiGLU, grouped-query attention) on jax-js arrays.
 *
 * jax-js consumes its arguments: `.ref` keeps an array for another use. Functions here say which arguments they consume.
 * Letters in shapes: B rows, T tokens of a row, D hidden size, H query heads, K key/value heads, E head size, V vocabulary.
 */
import { nn, numpy as np } from "@jax-js/jax";
import type { LlamaConfig } from "./config.ts";

/** One linear layer: the frozen weight `[out, in]` and, when it is adapted, LoRA's `a [rank, in]` and `b [out, rank]`. */
export type Linear = { w: np.Array; a?: np.Array; b?: np.Array };
export type Block = {
  inputNorm: np.Array;
  q: Linear;
  k: Linear;
  v: Linear;
  o: Linear;
  postNorm: np.Array;
  gate: Linear;
  up: Linear;
  down: Linear;
};
/** `head` is `[V, D]`, the embedding itself when the model ties them. */
export type Network = { blocks: Block[]; norm: np.Array; head: np.Array };

/** Constants of a sequence length: rotation angles `[T, E]` and the causal mask `[T, T]` (0 or -1e9). */
export type Positions = { cos: np.Array; sin: np.Array; mask: np.Array };

export function positions(config: LlamaConfig, length: number): Positions {
  const half = config.headDim / 2;
  const cos = new Float32Array(length * config.headDim);
  const sin = new Float32Array(length * config.headDim);
  const mask = new Float32Array(length * length);
  for (let t = 0; t < length; t++) {
    for (let i = 0; i < config.headDim; i++) {
      const angle = t * config.ropeTheta ** (-(i % half) / half);
      cos[t * config.headDim + i] = Math.cos(angle);
      sin[t * config.headDim + i] = Math.sin(angle);
    }
    for (let s = t + 1; s < length; s++) mask[t * length + s] = -1e9;
  }
  const table = (data: Float32Array<ArrayBuffer>, width: number) => np.array(data).reshape([length, width]);
  return { cos: table(cos, config.headDim), sin: table(sin, config.headDim), mask: table(mask, length) };
}

/** Logits `[B*T, V]` for input embeddings `x [B, T, D]`. Consumes everything it is given. `scale` is LoRA's alpha / rank. */
export function logits(config: LlamaConfig, net: Network, x: np.Array, at: Positions, scale: number): np.Array {
  const [rows, length] = x.shape as [number, number];
  let h = x.reshape([rows * length, config.hiddenSize]);
  for (const block of net.blocks) {
    const normed = rmsNorm(h.ref, block.inputNorm, config.rmsNormEps);
    h = h.add(attention(config, block, normed, at, [rows, length], scale));
    h = h.add(feedForward(block, rmsNorm(h.ref, block.postNorm, config.rmsNormEps), scale));
  }
  at.cos.dispose();
  at.sin.dispose();
  at.mask.dispose();
  return np.matmul(rmsNorm(h, net.norm, config.rmsNormEps), net.head.transpose());
}

function linear(x: np.Array, { w, a, b }: Linear, scale: number): np.Array {
  if (!a || !b) return np.matmul(x, w.transpose());
  const low = np.matmul(x.ref, a.transpose());
  return np.matmul(x, w.transpose()).add(np.matmul(low, b.transpose()).mul(scale));
}

function rmsNorm(x: np.Array, weight: np.Array, eps: number): np.Array {
  const power = np.square(x.ref).mean(-1, { keepdims: true });
  return x.mul(np.reciprocal(np.sqrt(power.add(eps)))).mul(weight);
}

/** Rotates pairs `(i, i + E/2)`, the Hugging Face convention. `x` is `[B, heads, T, E]`. */
function rotate(x: np.Array, cos: np.Array, sin: np.Array): np.Array {
  const half = x.shape[3]! / 2;
  const left = x.ref.slice([], [], [], [0, half]);
  const right = x.ref.slice([], [], [], [half]);
  return x.mul(cos).add(np.concatenate([right.neg(), left], 3).mul(sin));
}

function attention(
  config: LlamaConfig,
  block: Block,
  x: np.Array,
  at: Positions,
  [rows, length]: [number, number],
  scale: number,
): np.Array {
  const { heads, kvHeads, headDim } = config;
  const groups = heads / kvHeads;
  const split = (y: np.Array, count: number) => y.reshape([rows, length, count, headDim]).transpose([0, 2, 1, 3]);
  const q = rotate(split(linear(x.ref, block.q, scale), heads), at.cos.ref, at.sin.ref);
  const k = rotate(split(linear(x.ref, block.k, scale), kvHeads), at.cos.ref, at.sin.ref);
  const v = split(linear(x, block.v, scale), kvHeads);
  const grouped = q.mul(headDim ** -0.5).reshape([rows, kvHeads, groups * length, headDim]);
  const scores = np.matmul(grouped, k.transpose([0, 1, 3, 2])).reshape([rows, kvHeads, groups, length, length]);
  const weights = nn.softmax(scores.add(at.mask.ref), -1).reshape([rows, kvHeads, groups * length, length]);
  const mixed = np.matmul(weights, v).reshape([rows, heads, length, headDim]);
  return linear(mixed.transpose([0, 2, 1, 3]).reshape([rows * length, heads * headDim]), block.o, scale);
}

function feedForward(block: Block, x: np.Array, scale: number): np.Array {
  const gate = nn.silu(linear(x.ref, block.gate, scale));
  return linear(gate.mul(linear(x, block.up, scale)), block.down, scale);
}
