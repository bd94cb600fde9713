/** llama.cpp on the CPU with the binaries that npm installed: nothing is compiled and nothing is downloaded. */
import { getLlama, LlamaLogLevel, type LlamaModel, type Token } from "node-llama-cpp";
import type { Message } from "../../shared/chat.ts";
import { format } from "./template.ts";

/** Loads one GGUF. A malformed file can end the process, so give only files that this repository wrote or checked. */
export async function loadGguf(path: string, threads = 1): Promise<LlamaModel> {
  const llama = await getLlama({
    gpu: false,
    build: "never",
    skipDownload: true,
    maxThreads: threads,
    logLevel: LlamaLogLevel.error,
  });
  return llama.loadModel({ modelPath: path });
}

/** A chat as llama.cpp's tokens in the format that training uses; only the format's own markers become special tokens. */
export const chatTokens = (model: LlamaModel, messages: Message[]): Token[] =>
  format(messages, { prompt: true }).flatMap((piece) => model.tokenize(piece.text, piece.special));
