/** The architecture of a base model, read from a Hugging Face `config.json`. */
import * as z from "zod";

const HuggingFaceConfig = z.object({
  model_type: z.literal("llama"),
  vocab_size: z.int().positive(),
  hidden_size: z.int().positive(),
  intermediate_size: z.int().positive(),
  num_hidden_layers: z.int().positive(),
  num_attention_heads: z.int().positive(),
  num_key_value_heads: z.int().positive(),
  head_dim: z.int().positive().optional(),
  max_position_embeddings: z.int().positive(),
  rms_norm_eps: z.number().positive(),
  rope_theta: z.number().positive().default(10000),
  rope_scaling: z.null().optional(),
  attention_bias: z.literal(false).optional(),
  mlp_bias: z.literal(false).optional(),
  tie_word_embeddings: z.boolean().default(false),
  bos_token_id: z.int().nonnegative(),
  eos_token_id: z.int().nonnegative(),
});

export interface LlamaConfig {
  vocabSize: number;
  hiddenSize: number;
  intermediateSize: number;
  layers: number;
  heads: number;
  kvHeads: number;
  headDim: number;
  /** In tokens. */
  contextLength: number;
  rmsNormEps: number;
  ropeTheta: number;
  tied: boolean;
  bosId: number;
  eosId: number;
}

/** Throws when the architecture is not a Llama this trainer can run: it names the first field that does not fit. */
export function parseConfig(json: unknown): LlamaConfig {
  const parsed = HuggingFaceConfig.safeParse(json);
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!;
    throw new Error(
      `config.json: ${issue.path.join(".") || "(root)"}: ${issue.message}; this trainer reads plain Llama models`,
    );
  }
  const c = parsed.data;
  return {
    vocabSize: c.vocab_size,
    hiddenSize: c.hidden_size,
    intermediateSize: c.intermediate_size,
    layers: c.num_hidden_layers,
    heads: c.num_attention_heads,
    kvHeads: c.num_key_value_heads,
    headDim: c.head_dim ?? c.hidden_size / c.num_attention_heads,
    contextLength: c.max_position_embeddings,
    rmsNormEps: c.rms_norm_eps,
    ropeTheta: c.rope_theta,
    tied: c.tie_word_embeddings,
    bosId: c.bos_token_id,
    eosId: c.eos_token_id,
  };
}
