import OpenAI from "openai";
import * as z from "zod";

const rows = z.object({ rows: z.number() });
export const Report = z.object({
  rows: z.object({ total: z.number(), accepted: z.number(), dropped: z.number() }),
  dropped: z.array(z.object({ line: z.number(), message: z.string() })),
  duplicates: z.object({ exact: rows, near: rows.extend({ threshold: z.number() }) }),
  tokens: z.object({ total: z.number(), estimated: z.boolean(), max: z.number(), tokenizer: z.string() }),
  pii: z.object({ examined: z.number(), kinds: z.array(z.object({ kind: z.string(), rows: z.number() })) }),
});

const range = <T extends z.ZodType>(value: T) =>
  z.object({ low: value, expected: value, high: value, source: z.string() }).nullable();
const expectation = { seconds: range(z.number()), cost_usd: range(z.string()) };
export const Quote = z.object({
  provider: z.string(),
  hyperparameters: z.object({ n_epochs: z.number(), batch_size: z.number() }),
  tokens: z.object({ count: z.number(), estimated: z.boolean() }),
  ...expectation,
});
export type Quote = z.infer<typeof Quote>;

export const JobQuote = z.object({
  quote: z.object(expectation).nullable(),
  actual: z.object({
    seconds: z.number(),
    trained_tokens: z.number().nullable(),
    cost_usd: z.object({ total: z.string(), source: z.string() }).nullable(),
  }),
});

const evaluation = z.object({ loss: z.number(), tokenAccuracy: z.number(), tokens: z.number() });
export const Job = z.object({
  id: z.string(),
  status: z.enum(["queued", "preparing", "running", "paused", "succeeded", "failed", "cancelled"]),
  attempt: z.number(),
  progress: z
    .object({
      step: z.number(),
      total_steps: z.number(),
      loss: z.number().nullable(),
      tokens_per_second: z.number().nullable(),
    })
    .nullable(),
  results: z.object({ baseline: evaluation.nullable(), tuned: evaluation.nullable() }).nullable(),
  tuned_model: z.string().nullable(),
  error: z.object({ message: z.string() }).nullable(),
});
export type Job = z.infer<typeof Job>;

interface Wanted {
  model: string;
  training_file: string;
  hyperparameters: { n_epochs: number; batch_size: number };
}

/** An installation: the official client with its base URL changed, and the routes that OpenAI's API has no word for. */
export function annealAt(options: { url: string; apiKey: string; stallSeconds: number; signal: AbortSignal }) {
  const { url, apiKey, stallSeconds, signal } = options;

  async function ask<T>(schema: z.ZodType<T>, path: string, body?: unknown): Promise<T> {
    const response = await fetch(`${url}${path}`, {
      method: body === undefined ? "GET" : "POST",
      headers: { authorization: `Bearer ${apiKey}`, "content-type": "application/json" },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${path} answered ${response.status}: ${text.slice(0, 500)}`);
    return schema.parse(JSON.parse(text));
  }

  return {
    openai: new OpenAI({ baseURL: `${url}/v1`, apiKey }),
    report: (file: string) => ask(Report, `/api/v1/datasets/${file}/report`),
    quote: (wanted: Wanted) => ask(Quote, "/api/v1/quotes", wanted),
    job: (id: string) => ask(Job, `/api/v1/jobs/${id}`),
    jobQuote: (id: string) => ask(JobQuote, `/api/v1/jobs/${id}/quote`),

    /** Asks until the answer fits and passes every answer on. Throws when none has differed from the last for too long. */
    async watch<T>(what: string, again: () => Promise<T>, fits: (answer: T) => boolean, see?: (answer: T) => void) {
      let last = "";
      let changed = performance.now();
      for (;;) {
        const answer = await again();
        signal.throwIfAborted();
        see?.(answer);
        if (fits(answer)) return answer;
        const now = JSON.stringify(answer);
        if (now !== last) changed = performance.now();
        last = now;
        if (performance.now() - changed > stallSeconds * 1000)
          throw new Error(`${what}: nothing has changed for ${stallSeconds} s. Last seen: ${now.slice(0, 500)}`);
        await new Promise((resolve) => setTimeout(resolve, 250));
      }
    },
  };
}
export type Anneal = ReturnType<typeof annealAt>;
