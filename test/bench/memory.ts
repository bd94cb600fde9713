import { readdirSync, readFileSync } from "node:fs";

/** MiB of a process and all its descendants. */
export interface Memory {
  /** Sum of the resident sets: pages that processes share are counted once for each. */
  rss: number;
  /** Sum of the proportional sets: shared pages are divided among those who share them. */
  pss: number;
  processes: number;
}

/** Whether this system has the files that memory is read from. */
export const canReadMemory = process.platform === "linux";

export function memoryOfTree(root: number): Memory {
  const total: Memory = { rss: 0, pss: 0, processes: 0 };
  for (const pid of tree(root)) {
    const rollup = readIfThere(`/proc/${pid}/smaps_rollup`);
    if (rollup === null) continue;
    total.rss += field(rollup, "Rss");
    total.pss += field(rollup, "Pss");
    total.processes++;
  }
  return total;
}

function tree(root: number): number[] {
  const children = new Map<number, number[]>();
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const stat = readIfThere(`/proc/${name}/stat`);
    if (stat === null) continue;
    // The name of the program is in parentheses and may hold blanks; the parent is the second field after it.
    const parent = Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
    children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
  }
  const found = [root];
  for (const pid of found) found.push(...(children.get(pid) ?? []));
  return found;
}

const field = (rollup: string, name: string) =>
  Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(rollup)![1]) / 1024;

/** Null for a process that ended meanwhile. */
function readIfThere(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (["ENOENT", "ESRCH"].includes((error as NodeJS.ErrnoException).code ?? "")) return null;
    throw error;
  }
}
