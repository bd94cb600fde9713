/** Everything a run needs to go on as if it had never stopped, saved whole or not at all. */
import * as z from "zod";
import type { RunConfig } from "../../shared/runs.ts";
import { json, readDirectory, writeDirectory } from "./directory.ts";
import { adapterConfig } from "./lora.ts";
import type { AdamState } from "./optimizer.ts";
import { readSafetensors, type Tensors, writeSafetensors } from "./safetensors.ts";
import type { Storage } from "./storage.ts";

/** What changes while training. The order of rows is a function of the seed and the step, so it is not saved. */
export interface Progress {
  /** Steps finished. */
  step: number;
  /** Tokens seen since step 0, over all attempts. */
  trainedTokens: number;
  adapters: Tensors;
  adam: AdamState;
}

const State = z.object({ step: z.int(), trainedTokens: z.int(), seed: z.int(), trainingSha256: z.string() });

/** Saves into `uri` (ends in a slash); returns the bytes written. */
export function saveCheckpoint(
  storage: Storage,
  uri: string,
  run: RunConfig,
  trainingSha256: string,
  at: Progress,
): Promise<number> {
  const { loraRank: rank, loraAlpha: alpha } = run.hyperparameters;
  const moments: Tensors = new Map();
  [...at.adapters].forEach(([name, { shape }], i) => {
    moments.set(`m.${name}`, { shape, data: at.adam.m[i]! });
    moments.set(`v.${name}`, { shape, data: at.adam.v[i]! });
  });
  const state: z.infer<typeof State> = {
    step: at.step,
    trainedTokens: at.trainedTokens,
    seed: run.seed,
    trainingSha256,
  };
  const files = {
    "adapter_model.safetensors": writeSafetensors(at.adapters),
    "adapter_config.json": json(adapterConfig(run.model.name, { rank, alpha })),
    "optimizer.safetensors": writeSafetensors(moments),
    "state.json": json(state),
  };
  return writeDirectory(storage, uri, files, { ...state, base: run.model.name, hyperparameters: run.hyperparameters });
}

/** Reads a checkpoint of the same data, seed and adapter shapes as `fresh`; throws saying what differs. */
export async function loadCheckpoint(
  storage: Storage,
  uri: string,
  run: RunConfig,
  trainingSha256: string,
  fresh: Tensors,
): Promise<Progress> {
  const files = await readDirectory(storage, uri.endsWith("/") ? uri : `${uri}/`);
  const file = (name: string) => {
    const body = files[name];
    if (!body) throw new Error(`${uri} lacks ${name}`);
    return body;
  };
  const state = State.parse(JSON.parse(new TextDecoder().decode(file("state.json"))));
  if (state.seed !== run.seed) throw new Error(`${uri} was trained with seed ${state.seed}, this run has ${run.seed}`);
  if (state.step !== run.resume?.step)
    throw new Error(`${uri} is at step ${state.step}, the run says ${run.resume?.step}`);
  if (state.trainingSha256 !== trainingSha256) throw new Error(`${uri} was trained on other rows than this run's`);
  const saved = readSafetensors(file("adapter_model.safetensors"));
  const moments = readSafetensors(file("optimizer.safetensors"));
  const adam: AdamState = { step: state.step, m: [], v: [] };
  const adapters: Tensors = new Map();
  for (const [name, { shape }] of fresh) {
    const [tensor, m, v] = [saved.get(name), moments.get(`m.${name}`), moments.get(`v.${name}`)];
    if (!tensor || !m || !v || tensor.shape.join() !== shape.join())
      throw new Error(`${uri} has no ${name} of shape [${shape}]: was the rank changed?`);
    adapters.set(name, tensor);
    adam.m.push(m.data);
    adam.v.push(v.data);
  }
  return { step: state.step, trainedTokens: state.trainedTokens, adapters, adam };
}
