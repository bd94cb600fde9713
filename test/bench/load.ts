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

/**
 * Asks `count` times over `connections` that stay open, each of which asks again as soon as it was answered.
 * Throws at the first answer that is not 200, with its text.
 */
export async function press(ask: Ask, { connections, count }: { connections: number; count: number }): Promise<Load> {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const times: number[] = [];
  let left = count;
  const connection = async () => {
    while (left-- > 0) {
      const began = performance.now();
      const { status, text } = await once(ask, agent);
      times.push(performance.now() - began);
      if (status !== 200) throw new Error(`${ask.method} ${ask.url} answered ${status}: ${text}`);
    }
  };
  const began = performance.now();
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
