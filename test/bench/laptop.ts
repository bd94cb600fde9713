import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

export const ROOT = new URL("../..", import.meta.url).pathname;

export interface Laptop {
  readonly url: string;
  readonly apiKey: string;
  readonly pid: number;
  /** From the spawn of the process to its line `anneal ready`. */
  readonly readySeconds: number;
  /** Asks with the first key and gives the JSON body. Throws for any other status than 200 and 201. */
  request<T>(method: string, path: string, body?: unknown): Promise<T>;
  stop(): Promise<void>;
}

/** An empty directory for a laptop's data. */
export const dataDirectory = () => mkdtempSync(join(tmpdir(), "anneal-bench-"));
export const remove = (directory: string) => rmSync(directory, { recursive: true, force: true });

/** Starts a laptop the way `npm start` does, without npm, and waits until it says that it is ready. */
export async function startLaptop(dataDir: string): Promise<Laptop> {
  const began = performance.now();
  const { NODE_COMPILE_CACHE: _, ...environment } = process.env; // the laptop has its own, in its directory
  const laptop = spawn(process.execPath, ["local/main.ts"], {
    cwd: ROOT,
    env: { ...environment, PORT: "0", ANNEAL_DATA: dataDir },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const { url, at } = await ready(laptop);
  const { apiKey } = JSON.parse(readFileSync(join(dataDir, "credentials.json"), "utf8")) as { apiKey: string };
  return {
    url,
    apiKey,
    pid: laptop.pid!,
    readySeconds: (at - began) / 1000,
    async request<T>(method: string, path: string, body?: unknown) {
      const form = body instanceof FormData;
      const response = await fetch(`${url}${path}`, {
        method,
        headers: { authorization: `Bearer ${apiKey}`, ...(!form && { "content-type": "application/json" }) },
        ...(body !== undefined && { body: form ? body : JSON.stringify(body) }),
      });
      const text = await response.text();
      if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${text}`);
      return JSON.parse(text) as T;
    },
    async stop() {
      if (laptop.exitCode !== null || laptop.signalCode !== null) return;
      laptop.kill("SIGTERM");
      await once(laptop, "exit");
    },
  };
}

async function ready(laptop: ChildProcess): Promise<{ url: string; at: number }> {
  let said = "";
  laptop.stderr!.setEncoding("utf8").on("data", (text: string) => {
    said += text;
  });
  for await (const line of createInterface({ input: laptop.stdout! })) {
    const url = /^anneal ready (\S+)$/.exec(line)?.[1];
    if (url) return { url, at: performance.now() };
  }
  throw new Error(`The laptop did not start:\n${said}`);
}
