import fc from "fast-check";
import { expect, test } from "vitest";
import { heldOut, prompts } from "../../examples/demo/dataset.ts";
import { choosePlace } from "../../examples/demo/place.ts";
import { columns, judged, wrap } from "../../examples/demo/side-by-side.ts";

const asks = (content: string) => ({ messages: [{ role: "user" as const, content }] });

test("two answers stand beside each other, line by line", () => {
  expect(columns("The dog lives in the yard.", "Arr, the dog lives in the yard, matey!", 20)).toEqual([
    "The dog lives in the │ Arr, the dog lives",
    "yard.                │ in the yard, matey!",
  ]);
  expect(columns("Red.", "", 6)).toEqual(["Red.   │"]);
});

test("wrapping loses no word and passes no margin", () => {
  fc.assert(
    fc.property(fc.string(), fc.integer({ min: 2, max: 40 }), (text, width) => {
      const lines = wrap(text, width);
      expect(lines.length).toBeGreaterThan(0);
      expect(lines.join("").replace(/\s/g, "")).toBe(text.replace(/\s/g, ""));
      for (const line of lines) expect(line.length).toBeLessThanOrEqual(width);
    }),
  );
});

test("a prompt that is in the data is refused, however it is written", () => {
  expect(() => heldOut([asks("Where does a dog live?")], [asks("where  does a Dog live? ")])).toThrow(
    'The prompt "where does a dog live?" is in the data',
  );
  expect(() => heldOut([asks("Where does a dog live?")], [asks("Where does a cat live?")])).not.toThrow();
});

test("the demo's own prompts are in none of its data", () => {
  expect(prompts().length).toBeGreaterThanOrEqual(2);
});

test("answers that do not differ, or say nothing, are a failure", () => {
  const same = { question: "Which?", base: "Red.", tuned: "Red." };
  const other = { question: "Who?", base: "Elda.", tuned: "Arr, Elda!" };
  expect(() => judged([same])).toThrow("training changed nothing");
  expect(() => judged([other, { ...same, tuned: " " }])).toThrow('said nothing to "Which?"');
  expect(judged([same, other])).toEqual([same, other]);
});

test("an installation is named by its URL and its key, or not at all", async () => {
  const options = { keep: false };
  expect(() => choosePlace({ ANNEAL_URL: "https://anneal.example" }, options)).toThrow("Set both");
  expect(() => choosePlace({ ANNEAL_API_KEY: "ann_1.2" }, options)).toThrow("Set both");
  const given = { ANNEAL_API_KEY: "ann_1.2", ANNEAL_URL: "https://anneal.example/v1/" };
  expect(await choosePlace(given, options).ready).toMatchObject({ url: "https://anneal.example", apiKey: "ann_1.2" });
});
