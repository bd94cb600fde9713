import * as z from "zod";
import { invalid } from "./errors.ts";

/** Where a model can be trained. */
export type TrainingProviderName = "local" | "sagemaker" | "openai";

/** One base model, with the day its facts were looked up. */
export interface BaseModel {
  readonly name: string;
  readonly ownedBy: string;
  /** Parameters, in units of one. */
  readonly parameters: number | null;
  /** Tokens. */
  readonly contextLength: number;
  readonly trainableOn: readonly TrainingProviderName[];
  /** When the facts above were looked up or measured. */
  readonly asOf: string;
}

const gpu = (name: string, ownedBy: string, parameters: number, contextLength: number): BaseModel => ({
  name,
  ownedBy,
  parameters,
  contextLength,
  trainableOn: ["sagemaker"],
  asOf: "2026-11-20",
});
const openai = (name: string): BaseModel => ({
  name,
  ownedBy: "openai",
  parameters: null,
  contextLength: 128_000,
  trainableOn: ["openai"],
  asOf: "2026-11-20",
});

/** The model of this repository that a laptop trains; see models/anneal-tiny/README.md. */
export const TINY = "anneal-tiny";

export const models: readonly BaseModel[] = [
  {
    name: TINY,
    ownedBy: "anneal",
    parameters: 869_504,
    contextLength: 512,
    trainableOn: ["local"],
    asOf: "2026-11-20",
  },
  gpu("llama-3.1-8b", "meta", 8_030_261_248, 131_072),
  gpu("llama-3.2-1b", "meta", 1_235_814_400, 131_072),
  gpu("llama-3.2-3b", "meta", 3_212_749_824, 131_072),
  gpu("mistral-7b-v0.3", "mistralai", 7_248_023_552, 32_768),
  gpu("qwen2.5-7b", "alibaba", 7_615_616_512, 131_072),
  openai("gpt-4o-mini-2024-07-18"),
  openai("gpt-4o-2024-08-06"),
  openai("gpt-4.1-mini-2025-04-14"),
  openai("gpt-4.1-nano-2025-04-14"),
  openai("gpt-3.5-turbo-0125"),
];

/** OpenAI's names without a date, and the version that each stands for. */
const undated: Readonly<Record<string, string>> = {
  "gpt-4o-mini": "gpt-4o-mini-2024-07-18",
  "gpt-4o": "gpt-4o-2024-08-06",
  "gpt-4.1-mini": "gpt-4.1-mini-2025-04-14",
  "gpt-4.1-nano": "gpt-4.1-nano-2025-04-14",
  "gpt-3.5-turbo": "gpt-3.5-turbo-0125",
};

export const Aliases = z.record(z.string(), z.string());

/** What an installation can train. */
export interface Installation {
  readonly place: "cloud" | "laptop";
  readonly aliases: Readonly<Record<string, string>>;
  /** The machine that training is priced by. */
  readonly instanceType: string;
}

export interface Resolved {
  /** As the caller said it. */
  readonly requested: string;
  /** What is really trained or served. */
  readonly model: BaseModel;
  /** The laptop's stand-in for a model that needs a GPU. Every reply with room for it says so. */
  readonly standIn: boolean;
  readonly provider: TrainingProviderName;
}

/** Makes a name into a model that this installation can train. Throws `invalid` naming `model`. */
export function resolve(requested: string, { place, aliases }: Installation): Resolved {
  const named = Object.hasOwn(aliases, requested) ? requested : (own(undated, requested) ?? requested);
  const model = models.find(({ name }) => name === (own(aliases, named) ?? named));
  if (!model) {
    const known = models.map(({ name }) => name).join(", ");
    throw invalid("model", `There is no base model '${requested}'. Known are ${known}.`);
  }
  if (place === "laptop") {
    const tiny = models.find(({ name }) => name === TINY)!;
    return { requested, model: tiny, standIn: model !== tiny, provider: "local" };
  }
  if (!model.trainableOn.includes("sagemaker"))
    throw invalid(
      "model",
      `No training provider of this installation can train '${model.name}'. Choose one of ${trainable("sagemaker")}, ` +
        `or have the operator alias the name with the setting modelAliases.`,
    );
  return { requested, model, standIn: false, provider: "sagemaker" };
}

/** Names come from callers: `constructor` is none. */
const own = (table: Readonly<Record<string, string>>, name: string) =>
  Object.hasOwn(table, name) ? table[name] : undefined;

/** What is said wherever a stand-in is used. */
export const standInNotice = (requested: string) =>
  `'${requested}' needs a GPU; on this machine '${TINY}' is trained in its place.`;

const trainable = (provider: TrainingProviderName) =>
  models
    .filter(({ trainableOn }) => trainableOn.includes(provider))
    .map(({ name }) => name)
    .join(", ");
