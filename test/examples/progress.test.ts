import { expect, test } from "vitest";
import { barLine, dollars, duration, makeProgress, plainLine } from "../../examples/demo/progress.ts";
import { makeScreen } from "../../examples/demo/screen.ts";
import { written } from "./stream.ts";

const training = { name: "Training", seconds: 12.3, value: 60, total: 120, detail: "loss 0.150 · 2,550 tokens/s" };

test("a bar is as full as the step is done", () => {
  expect(barLine(training, 80)).toBe("  Training         ████████░░░░░░░░ 60/120 loss 0.150 · 2,550 tokens/s · 12 s");
  expect(barLine({ ...training, value: 0 }, 80)).not.toContain("█");
  expect(barLine({ ...training, value: 119 }, 80)).toContain("░");
  expect(barLine({ ...training, value: 120 }, 80)).not.toContain("░");
});

test("a bar whose total is not known only shows that time passes", () => {
  const at = (seconds: number) => barLine({ name: "Starting", seconds }, 80);
  for (let tenths = 0; tenths < 100; tenths++) expect(at(tenths / 10).match(/█/g)).toHaveLength(4);
  expect(at(0)).not.toBe(at(0.5));
  expect(at(3)).not.toMatch(/[0-9]+\/[0-9]+|%/);
});

test("a bar never wraps", () => {
  for (const columns of [20, 40, 60, 80])
    expect(barLine({ ...training, detail: "a".repeat(100) }, columns).length).toBeLessThan(columns);
});

test("without a terminal a step is told in words", () => {
  expect(plainLine(training)).toBe("  Training: 60/120, loss 0.150 · 2,550 tokens/s, 12 s");
  expect(plainLine({ name: "Starting", seconds: 3 })).toBe("  Starting: 3.0 s");
});

test("without a terminal nothing that moves is written, and no colour", () => {
  const out = written({ isTTY: false });
  const step = makeProgress(makeScreen(out.stream), new AbortController().signal).begin("Training");
  step.update({ value: 1, total: 2, detail: "loss 1.000" });
  step.update({ value: 2, total: 2 });
  step.done("loss 0.100");
  expect(out.text()).toMatch(/^✓ Training +loss 0\.100 · 0\.0 s\n$/);
});

test("a step that is interrupted leaves nothing behind, and none begins after it", () => {
  const out = written({ isTTY: false });
  const ending = new AbortController();
  const progress = makeProgress(makeScreen(out.stream), ending.signal);
  const step = progress.begin("Training");
  ending.abort(new Error("Interrupted"));
  expect(() => step.done("loss 0.100")).toThrow("Interrupted");
  expect(() => progress.begin("Serving")).toThrow("Interrupted");
  expect(out.text()).toBe("");
});

test("times and amounts are short", () => {
  expect([0.04, 9.94, 9.96, 75].map(duration)).toEqual(["0.0 s", "9.9 s", "10 s", "75 s"]);
  expect(["0.000000", "1.500000", "0.001230", "12.345678"].map(dollars)).toEqual([
    "$0.00",
    "$1.50",
    "$0.00123",
    "$12.345678",
  ]);
});
