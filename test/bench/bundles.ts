/** What each function weighs as it is deployed, and how long its code takes to load. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { functions } from "../../functions/declarations.ts";
import { bundles as synthesize } from "./assembly.ts";
import { type Row, row } from "./figures.ts";
import { initTime } from "./init-time.ts";

const sizeTarget = { most: 700 };
const initTarget = { most: 150 };

export async function bundles(): Promise<Row[]> {
  // Outside the checkout, where a bundle that left a package out would find it in node_modules after all.
  const directory = mkdtempSync(join(tmpdir(), "anneal-bundles-"));
  try {
    const made = await synthesize(directory);
    const largestFirst = made.sort((a, b) => b.bytes - a.bytes);
    const absent = Object.keys(functions).filter((name) => !made.some((bundle) => bundle.name === name));
    return [
      ...largestFirst.flatMap((bundle) => {
        // People wait for these; the others wait for queues and schedules.
        const answers = bundle.name.startsWith("api");
        const { overBare, fastest, processor } = initTime(bundle);
        return [
          row(`${bundle.name}, size`, bundle.bytes / 1000, "kB", { target: answers ? sizeTarget : null }),
          row(`${bundle.name}, init`, overBare, "ms", {
            target: answers ? initTarget : null,
            note: `fastest process ${Math.round(fastest)} ms; processor time ${Math.round(processor)} ms`,
          }),
        ];
      }),
      ...absent.map((name) => row(`${name}, size`, null, "kB", { note: "the template has no such function" })),
    ];
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
