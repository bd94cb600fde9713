/**
 * `npm run bench`: measures this checkout on this machine, prints a table and writes `.cache/bench.json`.
 *
 *     npm run bench -- start api     only these sections
 *     npm run bench -- --large       prepares 2 GB instead of 500 MB
 *     npm run bench -- --save        also docs/benchmarks.json and the tables in docs/benchmarks.md
 */
import { parseArgs } from "node:util";
import { api } from "./api.ts";
import { bundles } from "./bundles.ts";
import type { Section } from "./figures.ts";
import { ROOT } from "./laptop.ts";
import { commit, load, machine } from "./machine.ts";
import { preparation } from "./preparation.ts";
import { text, writeInto } from "./report.ts";
import { keep, type Run } from "./runs.ts";
import { start } from "./start.ts";
import { trainer } from "./trainer.ts";

const sections: Record<string, Section> = { start, prepare: preparation, api, trainer, bundles };
const names = Object.keys(sections);

const { values: flags, positionals: wanted } = parseArgs({
  allowPositionals: true,
  options: { large: { type: "boolean", default: false }, save: { type: "boolean", default: false } },
});
const unknown = wanted.filter((name) => !names.includes(name));
if (unknown.length > 0) throw new Error(`There is no section ${unknown.join(", ")}; there are ${names.join(", ")}`);

const options = { megabytes: flags.large ? 2_000 : 500 };
const failures: string[] = [];
for (const name of names) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  console.error(`measuring ${name} …`);
  const at = new Date().toISOString();
  const before = load();
  try {
    const rows = await sections[name]!(options);
    const run: Run = { at, commit: commit(), machine: machine(), load: { before, after: load() }, rows };
    console.log(`\n${text({ [name]: run })}`);
    // After every section, so that a fault in a later one loses nothing.
    keep(`${ROOT}.cache/bench.json`, { [name]: run }, names);
    if (flags.save) writeInto(`${ROOT}docs/benchmarks.md`, keep(`${ROOT}docs/benchmarks.json`, { [name]: run }, names));
  } catch (error) {
    failures.push(name);
    console.error(`${name} could not be measured:`, error);
  }
}
// A target that is missed is a finding; only what could not be measured is a failure.
process.exitCode = failures.length === 0 ? 0 : 1;
