import { afterAll, beforeAll, expect, test } from "vitest";
import type { BaseModel } from "../../local/trainer/base-model.ts";
import { bucket, encodeChat, epochOrder, makeBatch } from "../../local/trainer/data.ts";
import { type Engine, makeEngine } from "../../local/trainer/engine.ts";
import { adapterName, merge, newAdapters } from "../../local/trainer/lora.ts";
import { adamStep, newAdamState, scheduledRate } from "../../local/trainer/optimizer.ts";
import { makeRandom } from "../../local/trainer/random.ts";
import type { Tensors } from "../../local/trainer/safetensors.ts";
import { readMicro, rows } from "./fixtures.ts";

const options = { rank: 4, alpha: 8 };
let base: BaseModel;
let engine: Engine;
let adapters: Tensors;
const encoded = (n: number) => rows.slice(0, n).map((r) => encodeChat(base.tokenizer, r.messages as never));

beforeAll(async () => {
  base = await readMicro();
  engine = makeEngine(base, options.alpha / options.rank);
  adapters = newAdapters(base.config, options, 1);
  const random = makeRandom("b");
  for (const [name, tensor] of adapters)
    if (name.includes("lora_B")) for (let i = 0; i < tensor.data.length; i++) tensor.data[i] = 0.05 * random.normal();
});
afterAll(() => engine.dispose());

test("gradients are the slopes of the loss", async () => {
  const batch = makeBatch(encoded(3), 4, 3);
  const { gradients, loss } = await engine.gradients(adapters, batch);
  expect((await engine.score(adapters, batch)).loss).toBeCloseTo(loss, 5);
  const names = [...adapters.keys()];
  const step = 1e-2;
  for (const [layer, linear, matrix] of [
    [0, "q", "A"],
    [1, "v", "B"],
    [0, "down", "B"],
    [1, "gate", "A"],
    [1, "o", "B"],
  ] as const) {
    const name = adapterName(layer, linear, matrix);
    const slopes = gradients[names.indexOf(name)]!;
    const i = slopes.reduce((best, _, at) => (Math.abs(slopes[at]!) > Math.abs(slopes[best]!) ? at : best), 0);
    const lossAt = async (change: number) => {
      const moved: Tensors = new Map(adapters);
      const tensor = adapters.get(name)!;
      const data = tensor.data.slice();
      data[i] = data[i]! + change;
      moved.set(name, { ...tensor, data });
      return (await engine.score(moved, batch)).loss;
    };
    const measured = ((await lossAt(step)) - (await lossAt(-step))) / (2 * step);
    expect(measured / slopes[i]!).toBeCloseTo(1, 1);
  }
});

test("padding changes nothing: a row alone and the row among padded ones have the same loss", async () => {
  const one = makeBatch(encoded(1), 1, 3);
  const padded = makeBatch(encoded(1), 4, 3);
  expect((await engine.score(adapters, padded)).loss).toBeCloseTo((await engine.score(adapters, one)).loss, 5);
});

test("a merged model answers as the base model with its adapter", async () => {
  const merged = makeEngine({ ...base, tensors: merge(base.config, base.tensors, adapters, options) }, 1);
  const ids = encoded(1)[0]!.ids;
  const apart = await engine.logProbabilities(adapters, ids);
  const together = await merged.logProbabilities(new Map(), ids);
  merged.dispose();
  expect(Math.max(...apart.map((x, i) => Math.abs(x - together[i]!)))).toBeLessThan(1e-3);
});

test("AdamW takes the steps of its paper", () => {
  const parameters = [Float32Array.of(1, -2)];
  const state = newAdamState(parameters);
  const norm = adamStep(parameters, [Float32Array.of(3, 4)], state, {
    learningRate: 0.1,
    weightDecay: 0.5,
    maxGradNorm: 1,
  });
  expect(norm).toBe(5);
  // The first step of Adam is the sign of the gradient; the decay is 0.1 · 0.5 of the weight.
  expect(parameters[0]![0]).toBeCloseTo(1 - 0.1 - 0.05, 5);
  expect(parameters[0]![1]).toBeCloseTo(-2 - 0.1 + 0.1, 5);
  expect(state.m[0]![0]).toBeCloseTo(0.1 * 0.6, 6);
});

test("the learning rate warms up, then follows a cosine to zero", () => {
  const at = (step: number) => scheduledRate(step, { peak: 1, warmup: 10, total: 110 });
  expect([at(0), at(9), at(10), at(60), at(110)].map((x) => Math.round(x * 1000) / 1000)).toEqual([0.1, 1, 1, 0.5, 0]);
});

test("an epoch visits every row once, in an order that only seed and epoch decide", () => {
  const order = epochOrder(10, 4, 7, 3);
  expect(order.map((b) => b.length)).toEqual([4, 4, 2]);
  expect(order.flat().sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  expect(epochOrder(10, 4, 7, 3)).toEqual(order);
  expect(epochOrder(10, 4, 7, 4)).not.toEqual(order);
  expect([1, 32, 33, 64, 65, 300].map(bucket)).toEqual([32, 32, 64, 64, 128, 512]);
});
