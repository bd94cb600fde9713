import type { Caller } from "./caller.ts";
import { type Installation, type Resolved, resolve } from "./catalogue.ts";
import type { Datasets } from "./datasets/store.ts";
import { unfitForTraining } from "./datasets/trainable.ts";
import { conflict, invalid } from "./errors.ts";
import type { Hyperparameters, Job } from "./jobs/job.ts";
import { jobRows } from "./jobs/rows.ts";
import { costOf, type Micros, trainingPrice } from "./prices.ts";
import type { Table } from "./table.ts";
import { type ResolvedHyperparameters, resolveHyperparameters } from "./training/hyperparameters.ts";

/** Low, expected and high, all in one unit. */
export interface Range<T> {
  low: T;
  expected: T;
  high: T;
}

export interface Quote {
  model: Resolved;
  hyperparameters: ResolvedHyperparameters;
  /** Tokens of the training file times epochs. */
  tokens: { count: number; estimated: boolean };
  /** Of the whole run, start-up and evaluation included; null when no run on this provider was measured yet. */
  seconds: (Range<number> & { source: string }) | null;
  /** Null when the time or the price is not known. */
  cost: (Range<Micros> & { source: string }) | null;
}

export interface Actual {
  seconds: number;
  cost: { micros: Micros; source: string } | null;
}

/** How many of the latest finished jobs a quote is drawn from. */
const SAMPLE = 5;

/** What a job would take and cost, from what earlier jobs of the organization on the same base model really took. */
export function makeQuotes({
  table,
  datasets,
  installation,
}: {
  table: Table;
  datasets: Datasets;
  installation: Installation;
}) {
  const jobs = jobRows(table);

  /** Tokens of training data per second of whole runs, slowest first. */
  async function measured(caller: Caller, baseModel: string): Promise<number[]> {
    const rates: number[] = [];
    for await (const job of jobs.list(caller.organization, { descending: true })) {
      if (job.status !== "succeeded" || job.baseModel !== baseModel || job.trainingSeconds === 0) continue;
      const file = await datasets.find(caller, job.trainingFile);
      if (!file?.summary || !job.resolved) continue;
      rates.push((file.summary.tokens * job.resolved.epochs) / job.trainingSeconds);
      if (rates.length === SAMPLE) break;
    }
    return rates.sort((a, b) => a - b);
  }

  return {
    /** Throws `invalid` naming `model` or `training_file`, and `conflict` while the file is being prepared. */
    async quote(
      caller: Caller,
      wanted: { model: string; trainingFile: string; hyperparameters: Hyperparameters },
    ): Promise<Quote> {
      const model = resolve(wanted.model, installation);
      const file = await datasets.find(caller, wanted.trainingFile);
      const wrong = unfitForTraining(wanted.trainingFile, file);
      if (wrong) throw invalid("training_file", wrong);
      if (!file?.summary)
        throw conflict(
          `The file '${wanted.trainingFile}' is still being prepared. Ask again in a moment.`,
          "training_file",
        );
      const hyperparameters = resolveHyperparameters(wanted.hyperparameters, file.summary.rows);
      const tokens = { count: file.summary.tokens * hyperparameters.epochs, estimated: file.summary.tokensEstimated };
      const rates = await measured(caller, model.model.name);
      const seconds = rates.length === 0 ? null : spread(tokens.count, rates);
      const price = trainingPrice(model.provider, installation.instanceType);
      const cost = seconds &&
        price && {
          low: costOf(seconds.low, price),
          expected: costOf(seconds.expected, price),
          high: costOf(seconds.high, price),
          source: price.source,
        };
      return { model, hyperparameters, tokens, seconds, cost };
    },

    /** What a job has taken and cost so far; the cost is null when its price is not known. */
    actual(job: Job): Actual {
      const price = trainingPrice(job.provider, installation.instanceType);
      return {
        seconds: job.trainingSeconds,
        cost: price && { micros: costOf(job.trainingSeconds, price), source: price.source },
      };
    },
  };
}

/** From the fastest to the slowest run seen, and half as long again while only one was seen. */
function spread(tokens: number, rates: readonly number[]) {
  const at = (rate: number) => tokens / rate;
  const lone = rates.length === 1 ? 1.5 : 1;
  return {
    low: at(rates.at(-1)!) / lone,
    expected: at(rates[Math.floor(rates.length / 2)]!),
    high: at(rates[0]!) * lone,
    source: `${rates.length} finished ${rates.length === 1 ? "job" : "jobs"} of yours on this base model`,
  };
}
