/** Writes a Llama as GGUF version 3 with F16 matrices and F32 norms, so that llama.cpp can serve it. */
import type { BaseModel } from "./base-model.ts";
import type { LlamaConfig } from "./config.ts";
import { GgufWriter, type Value } from "./gguf-writer.ts";
import { encodeFloats, type Tensor } from "./safetensors.ts";
import { jinja } from "./template.ts";
import type { Tokenizer } from "./tokenizer.ts";
import { embeddingName, headName, type LinearName, linearName, linearNames } from "./weights.ts";

const alignment = 32;
const ggml = { F32: 0, F16: 1 } as const;

/** The file for a base model as it is; give merged tensors (see `merge`) to export a tuned one. */
export function exportGguf(
  { config, tensors, tokenizer }: Pick<BaseModel, "config" | "tensors" | "tokenizer">,
  name: string,
): Uint8Array<ArrayBuffer> {
  const metadata = describe(config, tokenizer, name);
  const blocks = layout(config).map(([ggufName, huggingFaceName, heads]) => {
    const tensor = tensors.get(huggingFaceName);
    if (!tensor) throw new Error(`there is no tensor ${huggingFaceName} to export`);
    const dtype = tensor.shape.length === 1 ? "F32" : "F16";
    const data = heads ? interleave(tensor, heads) : tensor.data;
    return { name: ggufName, shape: tensor.shape, dtype, bytes: encodeFloats(data, dtype) } as const;
  });

  const out = new GgufWriter();
  out.raw(new TextEncoder().encode("GGUF"));
  out.u32(3);
  out.u64(blocks.length);
  out.u64(Object.keys(metadata).length);
  for (const [key, value] of Object.entries(metadata)) out.entry(key, value);
  let offset = 0;
  for (const block of blocks) {
    out.string(block.name);
    out.u32(block.shape.length);
    for (const size of block.shape.toReversed()) out.u64(size);
    out.u32(ggml[block.dtype]);
    out.u64(offset);
    offset += Math.ceil(block.bytes.length / alignment) * alignment;
  }
  for (const block of blocks) {
    out.pad(alignment);
    out.raw(block.bytes);
  }
  out.pad(alignment);
  return out.finish();
}

/** GGUF name, Hugging Face name, and the number of heads whose rows change places (see `interleave`). */
function layout(c: LlamaConfig): [string, string, number?][] {
  const short: Record<LinearName, [string, number?]> = {
    q: ["attn_q", c.heads],
    k: ["attn_k", c.kvHeads],
    v: ["attn_v"],
    o: ["attn_output"],
    gate: ["ffn_gate"],
    up: ["ffn_up"],
    down: ["ffn_down"],
  };
  const tensors: [string, string, number?][] = [["token_embd.weight", embeddingName]];
  for (let i = 0; i < c.layers; i++) {
    tensors.push([`blk.${i}.attn_norm.weight`, `model.layers.${i}.input_layernorm.weight`]);
    for (const name of linearNames)
      tensors.push([`blk.${i}.${short[name][0]}.weight`, linearName(i, name), short[name][1]]);
    tensors.push([`blk.${i}.ffn_norm.weight`, `model.layers.${i}.post_attention_layernorm.weight`]);
  }
  tensors.push(["output_norm.weight", "model.norm.weight"]);
  if (!c.tied) tensors.push(["output.weight", headName(c)]);
  return tensors;
}

/** Rows of each head from Hugging Face's rotation pairs (i, i + E/2) to llama.cpp's (2i, 2i + 1). */
function interleave({ data, shape }: Tensor, heads: number): Float32Array {
  const [rows, width] = shape as [number, number];
  const half = rows / heads / 2;
  const out = new Float32Array(data.length);
  for (let head = 0; head < heads; head++) {
    for (let i = 0; i < half; i++) {
      for (let side = 0; side < 2; side++) {
        const from = (head * 2 + side) * half + i;
        const to = (head * half + i) * 2 + side;
        out.set(data.subarray(from * width, (from + 1) * width), to * width);
      }
    }
  }
  return out;
}

function describe(c: LlamaConfig, tokenizer: Tokenizer, name: string): Record<string, Value> {
  const tokens = Array.from({ length: c.vocabSize }, (_, id) => tokenizer.tokens[id] ?? `<|unused_${id}|>`);
  const [normal, control, unused] = [1, 3, 5];
  const kinds = tokens.map((_, id) => (tokenizer.specialIds.has(id) ? control : id < tokenizer.size ? normal : unused));
  const padId = tokenizer.id("<|pad|>");
  return {
    "general.architecture": { string: "llama" },
    "general.name": { string: name },
    "general.file_type": { u32: 1 },
    "general.quantization_version": { u32: 2 },
    "general.alignment": { u32: alignment },
    "llama.vocab_size": { u32: c.vocabSize },
    "llama.context_length": { u32: c.contextLength },
    "llama.embedding_length": { u32: c.hiddenSize },
    "llama.block_count": { u32: c.layers },
    "llama.feed_forward_length": { u32: c.intermediateSize },
    "llama.attention.head_count": { u32: c.heads },
    "llama.attention.head_count_kv": { u32: c.kvHeads },
    "llama.attention.key_length": { u32: c.headDim },
    "llama.attention.value_length": { u32: c.headDim },
    "llama.attention.layer_norm_rms_epsilon": { f32: c.rmsNormEps },
    "llama.rope.freq_base": { f32: c.ropeTheta },
    "llama.rope.dimension_count": { u32: c.headDim },
    "tokenizer.ggml.model": { string: "gpt2" },
    "tokenizer.ggml.pre": { string: "llama-bpe" },
    "tokenizer.ggml.tokens": { strings: tokens },
    "tokenizer.ggml.token_type": { i32s: kinds.map((kind) => kind!) },
    "tokenizer.ggml.merges": { strings: tokenizer.merges },
    "tokenizer.ggml.bos_token_id": { u32: c.bosId },
    "tokenizer.ggml.eos_token_id": { u32: c.eosId },
    ...(padId === undefined ? {} : { "tokenizer.ggml.padding_token_id": { u32: padId } }),
    "tokenizer.ggml.add_bos_token": { bool: false },
    "tokenizer.chat_template": { string: jinja },
  };
}
