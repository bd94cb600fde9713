import { stat } from "node:fs/promises";
import { gguf } from "@huggingface/gguf";

/** Bytes per block of values, by GGML type: of the types that this project writes. */
const BLOCKS: Record<number, { values: number; bytes: number }> = {
  0: { values: 1, bytes: 4 }, // F32
  1: { values: 1, bytes: 2 }, // F16
  2: { values: 32, bytes: 18 }, // Q4_0
  3: { values: 32, bytes: 20 }, // Q4_1
  6: { values: 32, bytes: 22 }, // Q5_0
  7: { values: 32, bytes: 24 }, // Q5_1
  8: { values: 32, bytes: 34 }, // Q8_0
  30: { values: 1, bytes: 2 }, // BF16
};

/**
 * Throws with what is wrong when a file is no whole GGUF of a language model: llama.cpp would end its process over some of
 * those without a word. It reads the header alone, so weights may still be nonsense.
 */
export async function checkGguf(path: string): Promise<void> {
  const { metadata, tensorInfos, tensorDataOffset } = await gguf(path, { allowLocalFile: true });
  if (metadata.version !== 2 && metadata.version !== 3)
    throw new Error(`GGUF version ${metadata.version} is not supported`);
  const kind = (metadata as Record<string, unknown>)["general.type"];
  if (kind !== undefined && kind !== "model") throw new Error(`it is of the type '${String(kind)}' and not a model`);
  if (typeof metadata["general.architecture"] !== "string") throw new Error("it names no architecture");
  if (tensorInfos.length === 0) throw new Error("it has no tensors");
  const { size } = await stat(path);
  for (const { name, shape, dtype, offset } of tensorInfos) {
    const values = shape.reduce((product, dimension) => product * dimension, 1n);
    const block = BLOCKS[dtype];
    const bytes = block ? (values / BigInt(block.values)) * BigInt(block.bytes) : 1n;
    if (tensorDataOffset + offset + bytes > BigInt(size)) throw new Error(`the file ends within the tensor '${name}'`);
  }
}
