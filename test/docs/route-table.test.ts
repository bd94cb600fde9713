import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { withRoutes } from "../../docs/route-table.ts";
import { transitions } from "../../shared/jobs/job.ts";

const readme = readFileSync(new URL("../../README.md", import.meta.url), "utf8");

test("the README lists every route there is, and no other", () => {
  // When this fails: npx node docs/route-table.ts
  expect(readme).toBe(withRoutes(readme));
});

test("the README draws every way a job can go, and no other", () => {
  const drawn = [...readme.matchAll(/^ {4}(\w+) --> (\w+)\b/gm)].map(([, from, to]) => `${from} ${to}`);
  const known = Object.entries(transitions).flatMap(([from, ways]) => ways.map((to) => `${from} ${to}`));
  expect(drawn.sort()).toEqual(known.sort());
});
