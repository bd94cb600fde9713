/** Writes a model in the Hugging Face layout. */
import type { LlamaConfig } from "./config.ts";
import { type Tensors, writeSafetensors } from "./safetensors.ts";
import { endOfTurn, jinja } from "./template.ts";

const pretty = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`;

/** The base model in the Hugging Face layout, file name → content. Weights are F16. */
export function modelFiles(
  c: LlamaConfig,
  tensors: Tensors,
  tokenizerJson: object,
): Record<string, string | Uint8Array> {
  return {
    "config.json": pretty({
      architectures: ["LlamaForCausalLM"],
      model_type: "llama",
      vocab_size: c.vocabSize,
      hidden_size: c.hiddenSize,
      intermediate_size: c.intermediateSize,
      num_hidden_layers: c.layers,
      num_attention_heads: c.heads,
      num_key_value_heads: c.kvHeads,
      head_dim: c.headDim,
      hidden_act: "silu",
      max_position_embeddings: c.contextLength,
      rms_norm_eps: c.rmsNormEps,
      rope_theta: c.ropeTheta,
      attention_bias: false,
      mlp_bias: false,
      tie_word_embeddings: c.tied,
      bos_token_id: c.bosId,
      eos_token_id: c.eosId,
      torch_dtype: "float16",
    }),
    "generation_config.json": pretty({ bos_token_id: c.bosId, eos_token_id: [c.eosId, c.bosId], do_sample: false }),
    "tokenizer.json": pretty(tokenizerJson),
    "tokenizer_config.json": pretty({
      tokenizer_class: "PreTrainedTokenizerFast",
      bos_token: "<|endoftext|>",
      eos_token: endOfTurn,
      pad_token: "<|pad|>",
      add_bos_token: false,
      clean_up_tokenization_spaces: false,
      model_max_length: c.contextLength,
      chat_template: jinja,
    }),
    "model.safetensors": writeSafetensors(tensors, "F16"),
  };
}
