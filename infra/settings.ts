import type { Node } from "constructs";
import * as z from "zod";

/**
 * What an operator can set for an installation, as CDK context: `npx cdk deploy -c trainerImage=…` or in cdk.json.
 * Unset values mean that the part is not there: the API then says so instead of failing half-way.
 */
export const Settings = z.object({
  /** `laptop` is set by `npm start`: stand-ins for models that need a GPU are allowed, and replies say `local`. */
  place: z.enum(["cloud", "laptop"]).default("cloud"),
  account: z.string().optional(),
  region: z.string().optional(),
  /** The image that keeps the trainer contract, for SageMaker. */
  trainerImage: z.string().default(""),
  trainerInstanceType: z.string().default("ml.g6e.2xlarge"),
  /** An OpenAI-compatible server that serves models by the URI of their GGUF. */
  inferenceUrl: z.union([z.literal(""), z.url()]).default(""),
  /** Names that stand for another catalogue model, as JSON: {"gpt-4o-mini-2024-07-18":"llama-3.1-8b"}. */
  modelAliases: z
    .union([
      z.record(z.string(), z.string()),
      z.string().transform((text) => JSON.parse(text) as Record<string, string>),
    ])
    .default({}),
});
export type Settings = z.infer<typeof Settings>;

/** Reads every setting from the context; an unusable value throws with its name. */
export function settings(node: Node): Settings {
  const given = Object.keys(Settings.shape).map((name) => [name, node.tryGetContext(name)]);
  return Settings.parse(Object.fromEntries(given.filter(([, value]) => value !== undefined)));
}
