import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { type Installation, models, resolve, TINY } from "../../shared/catalogue.ts";

const laptop: Installation = { place: "laptop", aliases: {}, instanceType: "ml.g6e.2xlarge" };
const cloud: Installation = { ...laptop, place: "cloud" };
const file = (name: string) => readFileSync(new URL(`../../models/${TINY}/${name}`, import.meta.url));

test("what the catalogue says of the model of this repository is what its files say", () => {
  const tiny = models.find(({ name }) => name === TINY)!;
  expect(tiny.contextLength).toBe(JSON.parse(file("config.json").toString()).max_position_embeddings);
  const weights = file("model.safetensors");
  const header = JSON.parse(weights.subarray(8, 8 + Number(weights.readBigUInt64LE(0))).toString()) as Record<
    string,
    { shape: number[] }
  >;
  const { __metadata__: _, ...tensors } = header;
  const parameters = Object.values(tensors).reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0);
  expect(tiny.parameters).toBe(parameters);
});

describe("on the laptop", () => {
  test("a model that needs a GPU has a stand-in, which is said", () => {
    expect(resolve("llama-3.1-8b", laptop)).toMatchObject({
      standIn: true,
      provider: "local",
      requested: "llama-3.1-8b",
      model: { name: TINY },
    });
    expect(resolve(TINY, laptop)).toMatchObject({ standIn: false });
    expect(resolve("gpt-4o-mini", laptop)).toMatchObject({ standIn: true, requested: "gpt-4o-mini" });
    expect(() => resolve("constructor", laptop)).toThrow(/There is no base model/);
  });
});

describe("in the cloud", () => {
  test("there are no stand-ins: what no provider can train is refused with the names of those it can", () => {
    for (const name of [TINY, "gpt-4o-mini-2024-07-18"])
      expect(() => resolve(name, cloud)).toThrow(/Choose one of llama-3.1-8b/);
    expect(() => resolve("gpt-9", cloud)).toThrow(/There is no base model 'gpt-9'/);
  });
  test("an operator's alias stands for another model", () => {
    const undated = { ...cloud, aliases: { "gpt-4o-mini": "qwen2.5-7b", "gpt-4o-2024-08-06": "llama-3.1-8b" } };
    expect(resolve("gpt-4o-mini", undated).model.name).toBe("qwen2.5-7b");
    expect(resolve("gpt-4o", undated).model.name).toBe("llama-3.1-8b");
    const moved = { ...cloud, aliases: { "gpt-4o-mini-2024-07-18": "llama-3.1-8b" } };
    expect(resolve("gpt-4o-mini-2024-07-18", moved)).toMatchObject({
      standIn: false,
      provider: "sagemaker",
      model: { name: "llama-3.1-8b" },
    });
  });
});
