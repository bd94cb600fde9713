import { fork } from "node:child_process";
import { createWriteStream, mkdirSync } from "node:fs";
import { constants, setPriority } from "node:os";
import { dirname } from "node:path";

export interface Exit {
  /** null when a signal ended it. */
  code: number | null;
  signal: NodeJS.Signals | null;
  /** The last of what it wrote to stderr. */
  lastWords: string;
}
export interface TrainerProcess {
  /** Resolves when it is gone and all its output was read. Never rejects: a process that could not start has code -1. */
  exit: Promise<Exit>;
  signal(signal: NodeJS.Signals): void;
}

const TAIL_BYTES = 8192;
/** What a program needs of this machine; all else of our environment stays here. */
const INHERITED = ["PATH", "HOME", "TMPDIR", "TEMP", "LANG", "TZ", "SystemRoot"];

/** Runs a trainer at low priority, with an IPC channel that tells it when this process is gone. Its output goes to `logPath`. */
export function runTrainer(options: {
  entry: string;
  environment: Record<string, string>;
  logPath: string;
}): TrainerProcess {
  mkdirSync(dirname(options.logPath), { recursive: true });
  const log = createWriteStream(options.logPath, { flags: "a" });
  const inherited = INHERITED.filter((name) => process.env[name] !== undefined).map((name) => [
    name,
    process.env[name]!,
  ]);
  const child = fork(options.entry, [], {
    stdio: ["ignore", "pipe", "pipe", "ipc"],
    execArgv: [],
    env: { ...Object.fromEntries(inherited), ...options.environment },
  });
  if (child.pid) lower(child.pid);
  let tail = "";
  child.stdout!.pipe(log, { end: false });
  child.stderr!.pipe(log, { end: false });
  child.stderr!.on("data", (chunk: Buffer) => {
    tail = (tail + chunk.toString("utf8")).slice(-TAIL_BYTES);
  });
  const exit = new Promise<Exit>((resolve) => {
    child.once("error", (error) => resolve({ code: -1, signal: null, lastWords: error.message }));
    child.once("close", (code, signal) => {
      log.end();
      resolve({ code, signal, lastWords: tail.trim() });
    });
  });
  return { exit, signal: (signal) => void child.kill(signal) };
}

/** The API answers while a model trains. */
function lower(pid: number) {
  try {
    setPriority(pid, constants.priority.PRIORITY_BELOW_NORMAL);
  } catch (error) {
    // It may be over already.
    if ((error as NodeJS.ErrnoException & { info?: { code?: string } }).info?.code !== "ESRCH") throw error;
  }
}
