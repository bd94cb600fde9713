/** `npx node docs/route-table.ts` writes the table of routes into README.md, from the code that answers them. */
import { readFileSync, writeFileSync } from "node:fs";
import type { Route } from "../functions/api/route.ts";
import { routeTable } from "../functions/api/table.ts";

const README = new URL("../README.md", import.meta.url);
const BEGIN = "<!-- routes: written by `npx node docs/route-table.ts` -->";
const END = "<!-- end of routes -->";

/** Every route as a row of a Markdown table. */
export function routeRows(): string {
  const routes: Route[] = routeTable.flatMap(({ routes }) => [...routes]);
  const rows = routes.map(
    ({ method, path, summary, scope, streams }) =>
      `| \`${method}\` | \`${path}\` | ${summary}${streams ? " (can stream)" : ""} | ${scope ? `\`${scope}\`` : "none"} |`,
  );
  return ["| method | path | what it does | scope |", "|---|---|---|---|", ...rows].join("\n");
}

/** The text with the table of today between its markers. Throws when the markers are gone. */
export function withRoutes(text: string): string {
  const [start, end] = [text.indexOf(BEGIN), text.indexOf(END)];
  if (start < 0 || end < start) throw new Error("README.md has lost the markers of its table of routes");
  return `${text.slice(0, start + BEGIN.length)}\n${routeRows()}\n${text.slice(end)}`;
}

if (import.meta.main) writeFileSync(README, withRoutes(readFileSync(README, "utf8")));
