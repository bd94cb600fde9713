/**
 * Makes the base model: `npm run pretrain -- --seed 1 --out models/anneal-tiny`.
 *
 * Trains a tokenizer and a small Llama from scratch on this repository's corpus, saving as it goes; the same command
 * continues where it left off (its state lies in `.cache/pretrain`). The numbers it reached go into the model's README.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { jit, numpy as np, tree, valueAndGrad } from "@jax-js/jax";
import type { LlamaConfig } from "./config.ts";
import { maskedLoss } from "./loss.ts";
import { logits, type Network, type Positions, positions } from "./model.ts";
import { modelFiles } from "./model-files.ts";
import { adamStep, scheduledRate } from "./optimizer.ts";
import { makeBatches } from "./pretraining.ts";
import { loadState, readme, saveState, smallLlama } from "./pretraining-state.ts";
import { embed, embeddingName, expectedTensors, toNetwork } from "./weights.ts";

const { values: args } = parseArgs({
  options: {
    out: { type: "string", default: "models/anneal-tiny" },
    state: { type: "string", default: ".cache/pretrain" },
    minutes: { type: "string", default: "45" },
    steps: { type: "string", default: "4000" },
    seed: { type: "string", default: "1" },
  },
});
const seed = Number(args.seed);
const total = Number(args.steps);
const rows = 12;
const length = 128;
const peak = 3e-3;

const { tokenizerJson, tokenizer, batch, held } = makeBatches({ seed, rows, length, vocabSize: 1024 });
const config: LlamaConfig = smallLlama(tokenizer);
const state = loadState(args.state, config, seed);
const names = [...expectedTensors(config).keys()];
const parameters = names.map((name) => state.tensors.get(name)!.data);
const at = positions(config, length);

const step = jit((net: Network, x: np.Array, targets: np.Array, weights: np.Array, where: Positions) =>
  valueAndGrad(
    (n: Network, input: np.Array) => {
      const { surrogate, loss, accuracy } = maskedLoss(logits(config, n, input, where, 0), targets, weights);
      return [surrogate, np.stack([loss, accuracy])] as [np.Array, np.Array];
    },
    { argnums: [0, 1], hasAux: true },
  )(net, x),
);

/** The loss and accuracy of a batch and, on the way, the gradient of every parameter in the order of `names`. */
async function gradients({ inputs, targets, weights }: ReturnType<typeof batch>) {
  const table = state.tensors.get(embeddingName)!;
  const x = np.array(embed(table, inputs)).reshape([rows, length, config.hiddenSize]);
  const [[surrogate, scores], [net, dx]] = step(
    toNetwork(config, state.tensors),
    x,
    np.array(targets, { dtype: np.int32 }),
    np.array(weights),
    tree.ref(at),
  ) as unknown as [[np.Array, np.Array], [Network, np.Array]];
  surrogate.dispose();
  const [loss, accuracy] = (await scores.data()) as Float32Array;
  const read = async (array: np.Array) => (await array.data()) as Float32Array<ArrayBuffer>;
  const head = await read(net.head);
  const width = config.hiddenSize;
  const input = await read(dx);
  for (let i = 0; i < inputs.length; i++) {
    const row = inputs[i]! * width;
    for (let d = 0; d < width; d++) head[row + d] = head[row + d]! + input[i * width + d]!;
  }
  const grads: Float32Array[] = [head];
  for (const block of net.blocks) {
    grads.push(await read(block.inputNorm));
    for (const name of ["q", "k", "v", "o", "gate", "up", "down"] as const) grads.push(await read(block[name].w));
    grads.push(await read(block.postNorm));
  }
  grads.push(await read(net.norm));
  return { loss: loss!, accuracy: accuracy!, grads };
}

/** Mean loss and accuracy on assistant tokens of chats that are never trained on. */
async function evaluate() {
  const results: { loss: number; accuracy: number }[] = [];
  for (const one of held) results.push(await gradients(one));
  const mean = (key: "loss" | "accuracy") => results.reduce((sum, r) => sum + r[key], 0) / results.length;
  return { loss: mean("loss"), accuracy: mean("accuracy") };
}

async function save() {
  const reached = await evaluate();
  saveState(args.state, state, seed);
  mkdirSync(args.out, { recursive: true });
  const files = {
    ...modelFiles(config, state.tensors, tokenizerJson),
    "README.md": readme({ seed, total, state, reached, rows, length, peak }),
  };
  for (const [name, content] of Object.entries(files)) writeFileSync(`${args.out}/${name}`, content);
  console.log(
    `step ${state.adam.step}: held-out loss ${reached.loss.toFixed(4)}, accuracy ${reached.accuracy.toFixed(4)}`,
  );
}

const begin = performance.now();
let smooth: number | null = null;
while (state.adam.step < total && performance.now() - begin < Number(args.minutes) * 60_000) {
  const at0 = performance.now();
  const { loss, grads } = await gradients(batch(state.adam.step));
  if (!Number.isFinite(loss))
    throw new Error(`the loss is ${loss} at step ${state.adam.step}: lower the learning rate`);
  const learningRate = scheduledRate(state.adam.step, { peak, warmup: 100, total, floor: 0.02 });
  adamStep(parameters, grads, state.adam, { learningRate, weightDecay: 0.01, maxGradNorm: 1, beta2: 0.99 });
  smooth = smooth === null ? loss : 0.95 * smooth + 0.05 * loss;
  state.seconds += (performance.now() - at0) / 1000;
  if (state.adam.step % 50 === 0)
    console.log(`step ${state.adam.step} loss ${smooth.toFixed(4)} ${(performance.now() - at0).toFixed(0)} ms`);
  if (state.adam.step % 400 === 0) await save();
}
await save();
