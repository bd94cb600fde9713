import { expect, test } from "vitest";
import { matches, readPattern } from "../../local/triggers/pattern.ts";
import { readSchedule } from "../../local/triggers/schedule.ts";

const at = (text: string) => new Date(text);

test.each([
  ["rate(1 minute)", "2026-11-20T10:00:30Z", 60_000],
  ["rate(2 hours)", "2026-11-20T10:00:30Z", 7_200_000],
  ["cron(0 12 * * ? *)", "2026-11-20T11:59:00Z", 60_000],
  ["cron(30 10 ? * FRI *)", "2026-11-20T10:00:00Z", 1_800_000],
  // AWS counts Sunday as 1, so Friday is 6.
  ["cron(30 10 ? * 6 *)", "2026-11-20T10:00:00Z", 1_800_000],
  ["cron(0 0 1 1 ? 2020)", "2026-11-20T10:00:00Z", Infinity],
])("%s at %s comes in %d ms", (expression, now, milliseconds) => {
  expect(readSchedule(expression).untilNext(at(now))).toBe(milliseconds);
});

test("a schedule that cannot be read is refused by its text", () => {
  expect(() => readSchedule("every now and then")).toThrow("'every now and then'");
});

const event = {
  source: "aws.sagemaker",
  "detail-type": "State Change",
  detail: { status: "Failed", tags: ["a", "b"] },
};

test.each<[boolean, object]>([
  [true, { source: ["aws.sagemaker"] }],
  [true, { source: ["aws.ec2", "aws.sagemaker"], detail: { status: ["Failed"] } }],
  [true, { detail: { tags: ["b"] } }],
  [false, { source: ["aws.ec2"] }],
  [false, { detail: { status: ["Completed"] } }],
  [false, { detail: { absent: ["x"] } }],
  [false, { source: ["aws.sagemaker"], "detail-type": ["Other"] }],
])("%s: an event that fits %j", (expected, pattern) => {
  expect(matches(readPattern("Rule", pattern), event)).toBe(expected);
});

test("a matcher that is not known is refused, since its rule would never fire", () => {
  expect(() => readPattern("Rule", { source: [{ prefix: "aws." }] })).toThrow(
    'Rule matches source by [{"prefix":"aws."}]',
  );
});
