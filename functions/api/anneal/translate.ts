import type { Dataset } from "../../../shared/datasets/dataset.ts";
import type { Expectation, Job } from "../../../shared/jobs/job.ts";
import type { Micros } from "../../../shared/prices.ts";
import type { Actual, Quote, Range } from "../../../shared/quotes.ts";

const iso = (milliseconds: number | null) => (milliseconds === null ? null : new Date(milliseconds).toISOString());
/** Micro-dollars as dollars in a decimal string, so that no cent is lost to floating point. */
export const usd = (micros: Micros) => `${Math.trunc(micros / 1e6)}.${String(micros % 1e6).padStart(6, "0")}`;

export const fromDataset = (dataset: Dataset) => ({
  id: dataset.id,
  filename: dataset.filename,
  purpose: dataset.purpose,
  status: dataset.status,
  created_at: iso(dataset.createdAt),
  bytes: dataset.bytes,
  reason: dataset.reason,
  rows: dataset.summary?.rows ?? null,
  tokens: dataset.summary && { count: dataset.summary.tokens, estimated: dataset.summary.tokensEstimated },
  sha256: dataset.summary?.sha256 ?? null,
});

export const fromJob = (job: Job) => ({
  id: job.id,
  status: job.status,
  model: job.model,
  base_model: job.baseModel,
  stand_in: job.standIn,
  provider: job.provider,
  attempt: job.attempt,
  created_at: iso(job.createdAt),
  started_at: iso(job.startedAt),
  finished_at: iso(job.finishedAt),
  progress: job.progress && {
    step: job.progress.step,
    total_steps: job.progress.totalSteps,
    epoch: job.progress.epoch,
    loss: job.progress.loss,
    tokens_per_second: job.progress.tokensPerSecond,
  },
  results: job.results,
  leakage: job.leakage,
  result_files: job.resultFiles,
  tuned_model: job.tunedModel,
  error: job.error,
});

const range = <T, U>({ low, expected, high }: Range<T>, translate: (value: T) => U) => ({
  low: translate(low),
  expected: translate(expected),
  high: translate(high),
});

const tenths = (value: number) => Math.round(value * 10) / 10;

/** Times and costs are null until they can be told from something measured. */
const fromExpectation = ({ tokens, seconds, cost }: Expectation) => ({
  tokens,
  seconds: seconds && { ...range(seconds, tenths), source: seconds.source },
  cost_usd: cost && { ...range(cost, usd), source: cost.source },
});

export const fromQuote = (quote: Quote) => ({
  model: quote.model.requested,
  base_model: quote.model.model.name,
  stand_in: quote.model.standIn,
  provider: quote.model.provider,
  hyperparameters: { n_epochs: quote.hyperparameters.epochs, batch_size: quote.hyperparameters.batchSize },
  ...fromExpectation(quote),
});

/** What was expected when the job was prepared, and what it has taken since. */
export const fromJobQuote = (job: Job, actual: Actual) => ({
  quote: job.quote && fromExpectation(job.quote),
  actual: {
    seconds: tenths(actual.seconds),
    trained_tokens: job.trainedTokens,
    cost_usd: actual.cost && { total: usd(actual.cost.micros), source: actual.cost.source },
  },
});
