/** A base model in the Hugging Face layout, read whole: any small Llama with a byte-level BPE tokenizer. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type LlamaConfig, parseConfig } from "./config.ts";
import { readSafetensors, type Tensors } from "./safetensors.ts";
import { makeTokenizer, type Tokenizer } from "./tokenizer.ts";
import { checkTensors } from "./weights.ts";

export interface BaseModel {
  config: LlamaConfig;
  tensors: Tensors;
  tokenizer: Tokenizer;
  /** The tokenizer's files as they came, by name, for copying beside an adapter. */
  tokenizerFiles: Record<string, Uint8Array>;
}

/** Reads a model through `read`, which gives a file's bytes by name or null. Throws saying which file is wrong and how. */
export async function readBaseModel(read: (name: string) => Promise<Uint8Array | null>): Promise<BaseModel> {
  const need = async (name: string) => {
    const file = await read(name);
    if (!file) throw new Error(`${name} is missing`);
    return file;
  };
  const config = parseConfig(parse("config.json", await need("config.json")));
  const tokenizerFile = await need("tokenizer.json");
  const tokenizer = makeTokenizer(parse("tokenizer.json", tokenizerFile));
  if (tokenizer.size > config.vocabSize) {
    throw new Error(`tokenizer.json has ${tokenizer.size} tokens where config.json has room for ${config.vocabSize}`);
  }
  for (const token of ["<|im_start|>", "<|im_end|>"]) {
    if (tokenizer.id(token) === undefined)
      throw new Error(`tokenizer.json lacks ${token}, which the chat format needs`);
  }
  const tensors = readSafetensors(await need("model.safetensors"));
  checkTensors(config, tensors);
  const tokenizerFiles: Record<string, Uint8Array> = { "tokenizer.json": tokenizerFile };
  const settings = await read("tokenizer_config.json");
  if (settings) tokenizerFiles["tokenizer_config.json"] = settings;
  return { config, tensors, tokenizer, tokenizerFiles };
}

/** Reads a model from a directory of this machine. */
export const readModelDirectory = (directory: string): Promise<BaseModel> =>
  readBaseModel((name) =>
    readFile(join(directory, name)).catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return null;
      throw error;
    }),
  );

function parse(name: string, file: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(file));
  } catch (cause) {
    throw new Error(`${name} is not JSON`, { cause });
  }
}
