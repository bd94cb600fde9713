import * as z from "zod";

const nullish = <T extends z.ZodType>(schema: T) => schema.nullish().transform((value) => value ?? null);
const auto = z.literal("auto");

/** One span of a trace, with what people said about it. Fields of other names are kept in the stored file. */
const SpanRecord = z.looseObject({
  id: z.string(),
  datasetId: z.string(),
  data: z.looseObject({}),
  spanId: z.string().nullish(),
  topic: z.string().nullish(),
  evaluation: z.looseObject({ score: z.number().nullish() }).nullish(),
  createdAt: z.number(),
});

const EPOCHS = "must be 'auto' or a whole number from 1 to 50";
const BATCH = "must be 'auto' or a whole number from 1 to 256";
const RATE = "must be 'auto' or a number above 0 and at most 100";
const Hyperparameters = z.object({
  n_epochs: nullish(z.union([auto, z.int(EPOCHS).min(1, EPOCHS).max(50, EPOCHS)], EPOCHS)),
  batch_size: nullish(z.union([auto, z.int(BATCH).min(1, BATCH).max(256, BATCH)], BATCH)),
  learning_rate_multiplier: nullish(z.union([auto, z.number(RATE).positive(RATE).max(100, RATE)], RATE)),
});

export const CreateJob = z.object({
  dataset: z.object({
    id: z.string(),
    name: z.string(),
    createdAt: z.number(),
    updatedAt: z.number(),
    records: z.array(SpanRecord),
  }),
  base_model: z.string().min(1),
  provider: z.string().min(1).max(64),
  hyperparameters: nullish(Hyperparameters),
  suffix: nullish(
    z
      .string()
      .min(1)
      .max(64)
      .regex(/^[\w .-]+$/, "may hold letters, digits, spaces, dots, hyphens and underscores"),
  ),
  /** Only records with at least this score are trained on. */
  min_score: nullish(z.number()),
  /** Only records of these topics are trained on. */
  topics: nullish(z.array(z.string()).min(1)),
});
export type CreateJob = z.infer<typeof CreateJob>;

export const JobPage = z.object({
  limit: z.coerce.number().int().min(1).max(100).default(100),
  after: z.string().optional(),
});
