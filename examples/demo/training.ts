import * as z from "zod";
import type { Anneal, Job, Quote } from "./anneal.ts";
import type { Files } from "./dataset.ts";
import { dollars, duration, type Progress } from "./progress.ts";
import type { Screen } from "./screen.ts";

export const BASE_MODEL = "anneal-tiny";
/** The settings of examples/data/README.md, which says what they reach. */
export const HYPERPARAMETERS = { n_epochs: 8, batch_size: 8 };

export interface Point {
  step: number;
  loss: number;
}

/** A run that succeeded: what it reached, and how it got there. Losses in nats per assistant token. */
export interface Run {
  job: string;
  attempt: number;
  model: string;
  baseLoss: number;
  tunedLoss: number;
  training: Point[];
  /** Begins with the base model, at step 0. */
  validation: Point[];
}

const Metrics = z.object({ step: z.number(), train_loss: z.number(), valid_loss: z.number().nullable() });
const begun = ({ status }: Job) => status !== "queued" && status !== "preparing";
const over = ({ status }: Job) => ["succeeded", "failed", "cancelled"].includes(status);

/** Shows the quote, creates the job, and follows it to its end. Throws unless it succeeds. */
export async function train(demo: { anneal: Anneal; screen: Screen; progress: Progress; files: Files }): Promise<Run> {
  const { anneal, screen, progress, files } = demo;
  const { openai } = anneal;
  showQuote(
    screen,
    "Quote",
    await anneal.quote({ model: BASE_MODEL, training_file: files.training, hyperparameters: HYPERPARAMETERS }),
  );
  screen.line();

  const starting = progress.begin("Starting the job");
  const { id } = await openai.fineTuning.jobs.create({
    model: BASE_MODEL,
    training_file: files.training,
    validation_file: files.validation,
    suffix: "pirate",
    // With the same seed, two machines can compare what they got.
    seed: 1,
    method: { type: "supervised", supervised: { hyperparameters: HYPERPARAMETERS } },
  });
  const again = () => anneal.job(id);
  await anneal.watch("Starting the job", again, begun, ({ status }) => starting.update({ detail: status }));
  starting.done(id);
  await showLeakage(anneal, screen, id);

  const training = progress.begin("Training");
  const job = await anneal.watch("Training", again, over, (now) => training.update(amount(now)));
  const { tuned_model: model, results, attempt, status } = job;
  if (status !== "succeeded") throw new Error(`The job ${id} is ${status}: ${job.error?.message ?? "no reason given"}`);
  if (!model || !results?.baseline || !results.tuned)
    throw new Error(`The job ${id} succeeded without a model or without results: ${JSON.stringify(job)}`);
  training.done(amount(job).detail ?? "");

  const points: Pick<Run, "training" | "validation"> = { training: [], validation: [] };
  for await (const { type, data } of openai.fineTuning.jobs.listEvents(id, { limit: 100 })) {
    if (type !== "metrics") continue;
    const { step, train_loss: loss, valid_loss: valid } = Metrics.parse(data);
    points.training.unshift({ step, loss });
    if (valid !== null) points.validation.unshift({ step, loss: valid });
  }
  points.validation.unshift({ step: 0, loss: results.baseline.loss });
  return { job: id, attempt, model, baseLoss: results.baseline.loss, tunedLoss: results.tuned.loss, ...points };
}

function amount({ progress }: Job) {
  if (!progress) return {};
  const { step, total_steps: total, loss, tokens_per_second: speed } = progress;
  const detail = [
    loss !== null && `loss ${loss.toFixed(3)}`,
    speed !== null && `${Math.round(speed).toLocaleString("en-US")} tokens/s`,
  ];
  return { value: step, total, detail: detail.filter(Boolean).join(" · ") };
}

/** Time and cost, or that nothing was measured that could tell them. */
export function showQuote(screen: Screen, title: string, { tokens, seconds, cost_usd: cost, ...quote }: Quote): void {
  const { n_epochs: epochs, batch_size: batch } = quote.hyperparameters;
  screen.heading(title);
  screen.fact(
    "work",
    `${tokens.count.toLocaleString("en-US")} tokens: ${epochs} epochs, ${batch} rows a step, on '${quote.provider}'`,
  );
  if (seconds) screen.fact("time", `${duration(seconds.low)} to ${duration(seconds.high)} (${seconds.source})`);
  else screen.fact("time", "not known: no run was measured here yet");
  if (cost) screen.fact("cost", `${dollars(cost.low)} to ${dollars(cost.high)} (${cost.source})`);
  else screen.fact("cost", "not known before the time is");
}

/** Every job with a validation file is checked for rows that are trained on too; an event says so when there are any. */
async function showLeakage(anneal: Anneal, screen: Screen, id: string): Promise<void> {
  let warned = false;
  for await (const { level, message } of anneal.openai.fineTuning.jobs.listEvents(id, { limit: 100 })) {
    if (level === "info") continue;
    warned = true;
    screen.warning(message);
  }
  if (!warned) screen.fact("leakage", "none: no validation row is in the training file");
}
