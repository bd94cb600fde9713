/** The directory `model/` that a run leaves behind: adapter, tokenizer, a GGUF of the merged model, and where it all came from. */
import manifest from "../../package.json" with { type: "json" };
import type { RunConfig } from "../../shared/runs.ts";
import type { BaseModel } from "./base-model.ts";
import { json, writeDirectory } from "./directory.ts";
import { exportGguf } from "./gguf.ts";
import { adapterConfig, merge } from "./lora.ts";
import { type Tensors, writeSafetensors } from "./safetensors.ts";
import type { Storage } from "./storage.ts";

export const versions = {
  anneal: manifest.version,
  node: process.versions.node,
  "@jax-js/jax": manifest.dependencies["@jax-js/jax"],
};

export interface FinalModel {
  uri: string;
  gguf: string;
  bytes: number;
}

/** Writes the directory; `facts` (hashes, steps, losses) go into its manifest. */
export async function saveFinalModel(
  storage: Storage,
  run: RunConfig,
  base: BaseModel,
  adapters: Tensors,
  facts: object,
): Promise<FinalModel> {
  const { loraRank: rank, loraAlpha: alpha } = run.hyperparameters;
  const tensors = merge(base.config, base.tensors, adapters, { rank, alpha });
  const uri = `${run.output}model/`;
  const files = {
    "adapter_model.safetensors": writeSafetensors(adapters),
    "adapter_config.json": json(adapterConfig(run.model.name, { rank, alpha })),
    ...base.tokenizerFiles,
    "model-f16.gguf": exportGguf({ ...base, tensors }, `${run.model.name} tuned by ${run.job}`),
  };
  const described = {
    base: run.model,
    job: run.job,
    attempt: run.attempt,
    seed: run.seed,
    hyperparameters: run.hyperparameters,
    versions,
    ...facts,
  };
  const bytes = await writeDirectory(storage, uri, files, described);
  return { uri, gguf: `${uri}model-f16.gguf`, bytes };
}
