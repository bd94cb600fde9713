import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";

const ROOT = new URL("../..", import.meta.url).pathname;
const files = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard", "*.md"], {
  cwd: ROOT,
  encoding: "utf8",
})
  .split("\n")
  .filter((path) => path !== "" && existsSync(join(ROOT, path)));

describe.each(files)("%s", (path) => {
  const text = readFileSync(join(ROOT, path), "utf8");

  test("links only to what is there", () => {
    const broken = linksOf(text)
      .filter((link) => !/^[a-z]+:/i.test(link))
      .filter((link) => {
        const [file, anchor] = link.split("#", 2) as [string, string?];
        const target = file === "" ? join(ROOT, path) : join(ROOT, dirname(path), decodeURIComponent(file));
        if (!existsSync(target)) return true;
        return anchor !== undefined && !anchorsOf(readFileSync(target, "utf8")).has(anchor);
      });
    expect(broken).toEqual([]);
  });

  test("closes every block of code it opens", () => {
    expect([...text.matchAll(/^\s*```/gm)].length % 2).toBe(0);
  });
});

test("every runbook that an alarm names is there", () => {
  const stack = readFileSync(join(ROOT, "infra/platform-stack.ts"), "utf8");
  const named = [...stack.matchAll(/runbook: "([^"]+)"/g)].map(([, anchor]) => anchor!);
  const anchors = anchorsOf(readFileSync(join(ROOT, "docs/operations.md"), "utf8"));
  expect(named.length).toBeGreaterThan(0);
  expect(named.filter((anchor) => !anchors.has(anchor))).toEqual([]);
});

/** Targets of links and pictures, in Markdown and in HTML; what stands in code is none. */
function linksOf(text: string): string[] {
  const prose = text.replace(/^ *```[\s\S]*?^ *```/gm, "").replace(/`[^`\n]*`/g, "");
  return [...prose.matchAll(/\]\(([^)\s]+)[^)]*\)|\b(?:src|href|srcset)="([^"]+)"/g)].map(
    ([, markdown, html]) => markdown ?? html!,
  );
}

/** GitHub's anchors of the headings. */
function anchorsOf(text: string): Set<string> {
  const headings = [...text.replace(/^ *```[\s\S]*?^ *```/gm, "").matchAll(/^#{1,6} +(.+)$/gm)].map(
    ([, title]) => title!,
  );
  return new Set(
    headings.map((title) =>
      title
        .toLowerCase()
        .replace(/[^\p{L}\p{N}\s_-]/gu, "")
        .trim()
        .replace(/\s/g, "-"),
    ),
  );
}
