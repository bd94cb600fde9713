import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import type { Row } from "./figures.ts";
import type { Machine } from "./machine.ts";

/** One run of one section. Sections may be run apart, so each says when, where and on which code it ran. */
export interface Run {
  readonly at: string;
  /** With `+` when tracked files had been changed since. */
  readonly commit: string | null;
  readonly machine: Machine;
  /** Load average of the last minute, before the section and after it. */
  readonly load: { readonly before: number; readonly after: number };
  readonly rows: readonly Row[];
}

/** By the name of the section. */
export type Runs = Readonly<Record<string, Run>>;

/** Writes the runs as JSON over those of the same sections, and gives all that the file then holds, in the order of `order`. */
export function keep(path: string, runs: Runs, order: readonly string[]): Runs {
  const all = { ...read(path), ...runs };
  const sorted = Object.fromEntries(order.filter((name) => all[name]).map((name) => [name, all[name]!]));
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `${JSON.stringify(sorted, null, 2)}\n`);
  return sorted;
}

function read(path: string): Runs {
  try {
    return JSON.parse(readFileSync(path, "utf8")) as Runs;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return {};
    throw error;
  }
}
