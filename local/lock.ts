import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/**
 * One laptop per directory. The lock names the process that holds it; one that was left behind by a killed process is
 * taken over. Throws when another process holds it.
 */
export function takeLock(dataDir: string): { release(): void } {
  const path = join(dataDir, "laptop.lock");
  const mine = JSON.stringify({ pid: process.pid, started: startedAt(process.pid) });
  const write = () => writeFileSync(path, mine, { flag: "wx" });
  try {
    write();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    const pid = holder(dataDir);
    if (pid !== null)
      throw new Error(
        `Anneal already runs on ${dataDir} (process ${pid}). Stop it, or start this one with another ANNEAL_DATA.`,
      );
    rmSync(path, { force: true });
    write();
  }
  return { release: () => rmSync(path, { force: true }) };
}

/** The process that runs a laptop on this directory now, or null. */
export function holder(dataDir: string): number | null {
  let text: string;
  try {
    text = readFileSync(join(dataDir, "laptop.lock"), "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
  const { pid, started } = parse(text);
  return pid !== null && isAlive(pid) && startedAt(pid) === started ? pid : null;
}

/** A lock whose writer was killed before it had written anything is nobody's. */
function parse(text: string): { pid: number | null; started: string | null } {
  try {
    return JSON.parse(text);
  } catch {
    return { pid: null, started: null };
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** Tells a process from a later one with the same number, which containers give out often. Null where there is no /proc. */
function startedAt(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The name in parentheses may hold spaces; the start time is the 20th field after it.
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? null;
  } catch {
    return null;
  }
}
