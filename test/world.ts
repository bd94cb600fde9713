import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import OpenAI from "openai";

const ROOT = new URL("..", import.meta.url).pathname;

export interface World {
  readonly url: string;
  readonly apiKey: string;
  readonly dataDir: string;
  /** The official client, with its base URL changed and nothing else. It does not retry: every fault is to be seen. */
  readonly openai: OpenAI;
  request(
    method: string,
    path: string,
    options?: { body?: unknown; headers?: Record<string, string> },
  ): Promise<Answer>;
  /** Ends the laptop by this signal and waits until it is gone. */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
  /** Stops the laptop and removes its data. */
  close(): Promise<void>;
}

export interface Answer {
  status: number;
  headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into replies of every shape
  body: any;
}

/** A laptop of its own, as `npm start` starts it, in a directory that may have been used before. */
export async function world(options: { dataDir?: string } = {}): Promise<World> {
  const dataDir = options.dataDir ?? mkdtempSync(join(tmpdir(), "anneal-"));
  const laptop = spawn(process.execPath, ["local/main.ts"], {
    cwd: ROOT,
    env: { ...process.env, PORT: "0", ANNEAL_DATA: dataDir },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const errors: string[] = [];
  laptop.stderr.on("data", (text) => errors.push(String(text)));
  const url = await ready(laptop, errors);
  const { apiKey } = JSON.parse(readFileSync(join(dataDir, "credentials.json"), "utf8")) as { apiKey: string };

  const stop = async (signal: NodeJS.Signals = "SIGTERM") => {
    if (laptop.exitCode !== null || laptop.signalCode !== null) return laptop.exitCode;
    laptop.kill(signal);
    await once(laptop, "exit");
    return laptop.exitCode;
  };
  return {
    url,
    apiKey,
    dataDir,
    openai: new OpenAI({ baseURL: `${url}/v1`, apiKey, maxRetries: 0 }),
    async request(method, path, { body, headers } = {}) {
      const response = await fetch(`${url}${path}`, {
        method,
        headers: {
          authorization: `Bearer ${apiKey}`,
          ...(body !== undefined && typeof body !== "string" && { "content-type": "application/json" }),
          ...headers,
        },
        ...(body !== undefined && { body: typeof body === "string" ? body : JSON.stringify(body) }),
      });
      const text = await response.text();
      return { status: response.status, headers: response.headers, body: parsed(text) };
    },
    stop,
    async close() {
      await stop();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

/** Another key, made the way an operator makes it. */
export async function newKey(dataDir: string, organization: string, scopes: readonly string[]): Promise<string> {
  const made = spawn(process.execPath, ["local/key.ts", "--org", organization, "--scopes", scopes.join(",")], {
    cwd: ROOT,
    env: { ...process.env, ANNEAL_DATA: dataDir },
    stdio: ["ignore", "pipe", "inherit"],
  });
  let key = "";
  for await (const chunk of made.stdout) key += chunk;
  return key.trim();
}

/** Asks until the answer fits; the test's own timeout is the only bound. */
export async function until<T>(ask: () => Promise<T>, fits: (answer: T) => boolean, everyMs = 200): Promise<T> {
  for (;;) {
    const answer = await ask();
    if (fits(answer)) return answer;
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}

export const jsonl = (rows: readonly unknown[]) => rows.map((row) => `${JSON.stringify(row)}\n`).join("");
export const upload = (openai: OpenAI, text: string | Buffer, name = "training.jsonl") =>
  openai.files.create({ file: new File([text as string], name), purpose: "fine-tune" });
export const processed = (openai: OpenAI, id: string) =>
  until(
    () => openai.files.retrieve(id),
    (file) => file.status !== "uploaded",
  );
export const settled = (openai: OpenAI, id: string) =>
  until(
    () => openai.fineTuning.jobs.retrieve(id),
    ({ status }) => ["succeeded", "failed", "cancelled"].includes(status),
  );

/** Question and answer rows of the base model's small world, enough for a run of a few steps. */
export const rows = (count: number, from = 0) =>
  Array.from({ length: count }, (_, index) => ({
    messages: [
      { role: "user", content: `What colour is the ship number ${from + index}?` },
      { role: "assistant", content: `Arr, ship number ${from + index} be red, matey!` },
    ],
  }));

async function ready(laptop: ChildProcess, errors: string[]): Promise<string> {
  const lines = createInterface({ input: laptop.stdout! });
  for await (const line of lines) {
    const url = /^anneal ready (\S+)$/.exec(line)?.[1];
    if (url) return url;
  }
  throw new Error(`The laptop did not start:\n${errors.join("")}`);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
