import { Agent, request } from "node:http";
import { quantile } from "./figures.ts";

export interface Ask {
  readonly method: "GET" | "POST";
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface Load {
  /** Milliseconds from sending a request to the last byte of its reply. */
  readonly p50: number;
  readonly p99: number;
  readonly perSecond: number;
}

/** How often, or for how long. */
export type Amount = { readonly count: number } | { readonly seconds: number };

/**
 * Asks so often over `connections` that stay open, each of which asks again as soon as it was answered.
 * Throws at the first answer that is not 200, with its text.
 */
export async function press(ask: Ask, connections: number, amount: Amount): Promise<Load> {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const times: number[] = [];
  const began = performance.now();
  const until = "seconds" in amount ? began + amount.seconds * 1000 : Number.POSITIVE_INFINITY;
  let left = "count" in amount ? amount.count : Number.POSITIVE_INFINITY;
  const connection = async () => {
    while (left-- > 0 && performance.now() < until) {
      const asked = performance.now();
      const { status, text } = await once(ask, agent);
      times.push(performance.now() - asked);
      if (status !== 200) throw new Error(`${ask.method} ${ask.url} answered ${status}: ${text}`);
    }
  };
  try {
    await Promise.all(Array.from({ length: connections }, connection));
  } finally {
    left = 0;
    agent.destroy();
  }
  const seconds = (performance.now() - began) / 1000;
  return { p50: quantile(times, 0.5), p99: quantile(times, 0.99), perSecond: times.length / seconds };
}

/** One answer, for its size. */
export async function answer(ask: Ask): Promise<string> {
  const agent = new Agent();
  const { status, text } = await once(ask, agent);
  agent.destroy();
  if (status !== 200) throw new Error(`${ask.method} ${ask.url} answered ${status}: ${text}`);
  return text;
}

function once({ method, url, headers, body }: Ask, agent: Agent): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { method, agent, headers }, (reply) => {
      const chunks: Buffer[] = [];
      reply.on("data", (chunk: Buffer) => chunks.push(chunk));
      reply.once("error", reject);
      reply.once("end", () => resolve({ status: reply.statusCode!, text: Buffer.concat(chunks).toString() }));
    });
    sent.once("error", reject);
    sent.end(body);
  });
}
