import { readFileSync, writeFileSync } from "node:fs";
import type { Row } from "./figures.ts";
import type { Run, Runs } from "./runs.ts";

const HEAD = ["", "value", "unit", "target", "met", "ratio", "note"] as const;
const BEGIN = "<!-- measured: written by `npm run bench -- --save` -->";
const END = "<!-- end of measured -->";

/** The rows in columns, for a terminal. */
export function text(runs: Runs): string {
  const table = Object.entries(runs).flatMap(([section, { rows }]) => [
    HEAD.map((name, column) => (column === 0 ? section.toUpperCase() : name)),
    ...rows.map(cells),
    [""],
  ]);
  const widths = HEAD.map((_, column) => Math.max(...table.map((line) => line[column]?.length ?? 0)));
  const line = (columns: readonly string[]) =>
    columns.map((cell, n) => (n === 1 ? cell.padStart(widths[n]!) : cell.padEnd(widths[n]!))).join("  ");
  return table.map((columns) => line(columns).trimEnd()).join("\n");
}

/** Puts the tables between the two marks of a Markdown file. Throws when the marks are not there. */
export function writeInto(path: string, runs: Runs): void {
  const page = readFileSync(path, "utf8");
  const [begin, end] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (begin === -1 || end < begin) throw new Error(`${path} needs the lines '${BEGIN}' and '${END}', in this order`);
  const tables = Object.entries(runs).map(([section, run]) => markdown(section, run));
  writeFileSync(path, `${page.slice(0, begin + BEGIN.length)}\n\n${tables.join("\n\n")}\n\n${page.slice(end)}`);
}

function markdown(section: string, { at, commit, machine, load, rows }: Run): string {
  const { processor, cores, memoryGiB, system, node } = machine;
  const line = (columns: readonly string[]) => `| ${columns.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [
    `### ${section}`,
    "",
    `${at.slice(0, 10)}, commit ${commit ?? "unknown"}; ${processor}, ${cores} cores, ${memoryGiB} GiB, ${system}, Node ${node.slice(1)}; ` +
      `load average ${load.before} before and ${load.after} after.`,
    "",
    line(HEAD),
    "|---|--:|---|---|---|---|---|",
    ...rows.map((row) => line(cells(row))),
  ].join("\n");
}

function cells(row: Row): string[] {
  const { name, value, unit, target, met, ratio, note } = row;
  return [
    name,
    value === null ? "null" : String(value),
    unit,
    target === null ? "" : "most" in target ? `≤ ${target.most}` : `≥ ${target.least}`,
    { true: "yes", false: "no", null: "–" }[`${met}`],
    ratio === null ? "" : `${ratio.value} × ${ratio.of}`,
    note ?? "",
  ];
}
