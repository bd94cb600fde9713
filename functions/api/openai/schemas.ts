import * as z from "zod";

/** What OpenAI's clients send. Fields that are null mean the same as fields that are absent. */
const nullish = <T extends z.ZodType>(schema: T) => schema.nullish().transform((value) => value ?? null);
const auto = z.literal("auto");

const limit = (most: number, usual: number) => z.coerce.number().int().min(1).max(most).default(usual);
const after = z.string().optional();
export const Page = z.object({ limit: limit(100, 20), after });
export const CheckpointPage = z.object({ limit: limit(100, 10), after });
/** Also `metadata[key]=value`, whose names are the caller's own. */
export const JobPage = Page.loose();
export const FilePage = z.object({
  limit: limit(10_000, 10_000),
  after,
  purpose: z.string().optional(),
  order: z.enum(["asc", "desc"]).default("desc"),
});

export const CreateUpload = z.object({
  filename: z.string().min(1),
  purpose: z.enum(["fine-tune", "assistants", "batch", "vision", "user_data", "evals"]),
  bytes: z.int().positive(),
  mime_type: z.string().min(1),
  expires_after: z.undefined("files here are kept until they are deleted; leave the field out").optional(),
});
export const CompleteUpload = z.object({
  part_ids: z.array(z.string()).min(1),
  md5: nullish(z.string().regex(/^[0-9a-f]{32}$/i, "must be 32 hexadecimal digits")),
});

const EPOCHS = "must be 'auto' or a whole number from 1 to 50";
const BATCH = "must be 'auto' or a whole number from 1 to 256";
const RATE = "must be 'auto' or a number above 0 and at most 100";
const Hyperparameters = z.object({
  n_epochs: z.union([auto, z.int(EPOCHS).min(1, EPOCHS).max(50, EPOCHS)], EPOCHS).nullish(),
  batch_size: z.union([auto, z.int(BATCH).min(1, BATCH).max(256, BATCH)], BATCH).nullish(),
  learning_rate_multiplier: z.union([auto, z.number(RATE).positive(RATE).max(100, RATE)], RATE).nullish(),
});

/** OpenAI's own form, and the one of a client that puts the hyperparameters straight under `method`. */
const Method = z.object({
  type: z.enum(["supervised", "dpo", "reinforcement"]).default("supervised"),
  supervised: z.object({ hyperparameters: Hyperparameters.nullish() }).nullish(),
  hyperparameters: Hyperparameters.nullish(),
});

/** Some clients send the object as a string. */
const Metadata = z.preprocess(
  (value) => {
    if (typeof value !== "string") return value;
    try {
      return JSON.parse(value) as unknown;
    } catch {
      return value;
    }
  },
  z
    .record(z.string().max(64), z.string().max(512))
    .refine((pairs) => Object.keys(pairs).length <= 16, "has at most 16 pairs")
    .nullish()
    .transform((value) => value ?? null),
);

export const CreateJob = z.object({
  model: z.string().min(1),
  training_file: z.string().min(1),
  validation_file: nullish(z.string().min(1)),
  suffix: nullish(
    z
      .string()
      .min(1)
      .max(64)
      .regex(/^[\w .-]+$/, "may hold letters, digits, spaces, dots, hyphens and underscores"),
  ),
  seed: nullish(z.int().min(0).max(2_147_483_647)),
  hyperparameters: nullish(Hyperparameters),
  method: nullish(Method),
  metadata: Metadata,
  integrations: nullish(z.array(z.unknown())),
});
export type CreateJob = z.infer<typeof CreateJob>;
