import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import * as z from "zod";
import type { Place } from "./place.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const LOG_LINES = 20;
const STOP_MS = 10_000;

const Credentials = z.object({ apiKey: z.string() });

/** The laptop that `npm start` starts, on a free port and with a directory of its own. */
export function startLaptop({ keep }: { keep: boolean }): Place {
  const dataDir = mkdtempSync(join(tmpdir(), "anneal-demo-"));
  const laptop = spawn(process.execPath, ["local/main.ts"], {
    cwd: ROOT,
    env: { ...process.env, PORT: "0", ANNEAL_DATA: dataDir },
    stdio: ["ignore", "pipe", "pipe"],
    // In a process group of its own, so that Ctrl-C reaches the demo alone, which then stops the laptop in order.
    detached: true,
  });
  const said: string[] = [];
  laptop.stderr.on("data", (text) => said.push(String(text)));
  const ready = whenReady(laptop).then((url) => ({
    url,
    apiKey: keyIn(dataDir),
    name: `a laptop of its own at ${url}`,
  }));

  return {
    ready,
    lost: once(laptop, "exit").then(([code, signal]) => {
      throw new Error(`The laptop ended on its own (${signal ?? `exit ${code}`})`);
    }),
    stallSeconds: 120,
    dataDir,
    keeps: keep,
    logTail() {
      const path = join(dataDir, "anneal.log");
      const log = existsSync(path) ? readFileSync(path, "utf8") : said.join("");
      return log.trimEnd().split("\n").slice(-LOG_LINES).join("\n");
    },
    async close() {
      await stop(laptop);
      if (!keep) rmSync(dataDir, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}

/** Its URL. Waits for ever when the laptop ends before it is ready: that is `lost`. */
async function whenReady(laptop: ChildProcess): Promise<string> {
  for await (const line of createInterface({ input: laptop.stdout! })) {
    const url = /^anneal ready (\S+)$/.exec(line)?.[1];
    if (url) return url;
  }
  return new Promise(() => {});
}

const keyIn = (dataDir: string) =>
  Credentials.parse(JSON.parse(readFileSync(join(dataDir, "credentials.json"), "utf8"))).apiKey;

/** Asks it to end, then ends it and its children. Quiet when it is gone. */
async function stop(laptop: ChildProcess): Promise<void> {
  if (laptop.pid === undefined || laptop.exitCode !== null || laptop.signalCode !== null) return;
  const gone = once(laptop, "exit");
  laptop.kill("SIGTERM");
  const slow = setTimeout(() => process.kill(-laptop.pid!, "SIGKILL"), STOP_MS);
  await gone;
  clearTimeout(slow);
}
