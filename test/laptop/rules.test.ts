import { expect, test, vi } from "vitest";
import type { Functions } from "../../local/lambda/functions.ts";
import { readParts } from "../../local/resources.ts";
import { makeRules } from "../../local/triggers/rules.ts";
import { stacks } from "./fixtures/stacks.ts";

const parts = readParts(stacks(), { sqsUrl: "" });
const log = { write() {}, error() {}, close: async () => {} };

function rulesWith(invoke: Functions["invoke"], knows = () => true) {
  return makeRules({ parts, functions: { invoke, knows } as unknown as Functions, log });
}

test("an event calls the functions of the rules it fits, with its envelope", () => {
  const invoke = vi.fn(async (_arn: string, _event: unknown) => null);
  const rules = rulesWith(invoke);
  rules.emit({ source: "test", "detail-type": "Change", detail: { status: "done" } });
  rules.emit({ source: "test", "detail-type": "Change", detail: { status: "begun" } });
  rules.close();
  expect(invoke.mock.calls).toMatchObject([
    [
      "arn:aws:lambda:us-east-1:000000000000:function:platform-onevent",
      { version: "0", source: "test", "detail-type": "Change", detail: { status: "done" }, region: "us-east-1" },
    ],
  ]);
});

test("a function that fails is tried three times in all", async () => {
  vi.useFakeTimers();
  const invoke = vi.fn().mockRejectedValue(new Error("no"));
  const rules = rulesWith(invoke);
  rules.emit({ source: "test", "detail-type": "Change", detail: { status: "done" } });
  await vi.advanceTimersByTimeAsync(60_000);
  rules.close();
  vi.useRealTimers();
  expect(invoke).toHaveBeenCalledTimes(3);
});

test("a scheduled function never overlaps itself", async () => {
  vi.useFakeTimers();
  const running = Promise.withResolvers<null>();
  const invoke = vi.fn(() => running.promise);
  const rules = rulesWith(invoke);
  rules.start();
  await vi.advanceTimersByTimeAsync(300_000);
  expect(invoke).toHaveBeenCalledTimes(1);
  running.resolve(null);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(invoke).toHaveBeenCalledTimes(2);
  rules.close();
  vi.useRealTimers();
});

test("a rule whose target does not run here is refused", () => {
  expect(() =>
    rulesWith(
      async () => null,
      () => false,
    ),
  ).toThrow("Changed calls arn:aws:lambda");
});
