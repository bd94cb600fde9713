import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { fileReasons, rowReasons } from "../../shared/datasets/reasons.ts";

test("every reason code is documented with its meaning, and no other is", () => {
  const page = readFileSync(new URL("../../docs/datasets.md", import.meta.url), "utf8");
  const documented = page.slice(page.indexOf("## Why a row")).matchAll(/^\| `(\w+)` \| (.*) \|$/gm);
  expect(Object.fromEntries([...documented].map(([, code, meaning]) => [code, meaning]))).toEqual({
    ...rowReasons,
    ...fileReasons,
  });
});
