import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, expect, test } from "vitest";
import { temporaryDirectory } from "./fixtures/world.ts";

const directory = temporaryDirectory();
const dataDir = join(directory.path, "data");
const env = { ...process.env, PORT: "0", ANNEAL_DATA: dataDir };
afterAll(() => directory.remove());

/** `npm start` as a process of its own; settles when it has printed its line. */
async function start() {
  const child = spawn(process.execPath, ["local/main.ts"], { env, stdio: ["ignore", "pipe", "inherit"] });
  let said = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    said += text;
  });
  await once(child.stdout, "data");
  const { baseUrl, apiKey } = JSON.parse(readFileSync(join(dataDir, "credentials.json"), "utf8"));
  const end = async (signal: NodeJS.Signals) => {
    child.kill(signal);
    const [code] = await once(child, "exit");
    return { code, said };
  };
  return { child, baseUrl, apiKey, end };
}

const status = async (baseUrl: string, key: string) =>
  (await fetch(`${baseUrl}/v1/models`, { headers: { authorization: `Bearer ${key}` } })).status;
const newKey = async (...scopes: string[]) =>
  (
    await promisify(execFile)(process.execPath, ["local/key.ts", "--org", "acme", "--scopes", scopes.join(",")], {
      env,
    })
  ).stdout.trim();

test("the system starts, survives being killed, takes new keys and stops cleanly", { timeout: 60_000 }, async () => {
  const first = await start();
  expect(await status(first.baseUrl, first.apiKey)).toBe(200);
  expect(await status(first.baseUrl, "ann_0000000000000000.no")).toBe(401);
  const whileRunning = await newKey("fine-tuning:read", "inference");
  expect(await status(first.baseUrl, whileRunning)).toBe(200);
  await first.end("SIGKILL");
  expect(existsSync(join(dataDir, "laptop.lock"))).toBe(true);

  const whileStopped = await newKey("fine-tuning:read");
  const second = await start();
  expect(second.apiKey).toBe(first.apiKey);
  for (const key of [first.apiKey, whileRunning, whileStopped]) expect(await status(second.baseUrl, key)).toBe(200);
  const { code, said } = await second.end("SIGTERM");
  expect(code).toBe(0);
  expect(said).toBe(`anneal ready ${second.baseUrl}\n`);
  expect(existsSync(join(dataDir, "laptop.lock"))).toBe(false);
});

test("a wrong port is refused in words", async () => {
  const failing = promisify(execFile)(process.execPath, ["local/main.ts"], { env: { ...env, PORT: "http" } });
  await expect(failing).rejects.toMatchObject({ code: 1, stderr: expect.stringContaining("PORT is 'http'") });
});

test("a directory that cannot be written is refused in words", async () => {
  const path = join(dataDir, "..", "file");
  writeFileSync(path, "");
  const failing = promisify(execFile)(process.execPath, ["local/main.ts"], { env: { ...env, ANNEAL_DATA: path } });
  await expect(failing).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/file cannot be written.*ANNEAL_DATA/),
  });
});

test("the lock of a process that is no more is taken over, even when its number is given out again", async () => {
  const { takeLock } = await import("../../local/lock.ts");
  const own = temporaryDirectory();
  writeFileSync(join(own.path, "laptop.lock"), JSON.stringify({ pid: process.pid, started: "another time" }));
  const lock = takeLock(own.path);
  expect(() => takeLock(own.path)).toThrow(`(process ${process.pid})`);
  lock.release();
  own.remove();
});
