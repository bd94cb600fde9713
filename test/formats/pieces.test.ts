import fc from "fast-check";
import { expect, test } from "vitest";
import { jsonl, upload } from "../datasets/upload.ts";

const text = fc.string({
  unit: fc.constantFrom("a", "b ", "é", "😀", '"', "\\", "\n", "\u2028", "/", "\t", "\u0001", "\ud83d"),
  minLength: 1,
  maxLength: 12,
});
const message = fc.record({ role: fc.constantFrom("user", "assistant", "system"), content: text });
const chat = fc
  .array(message, { maxLength: 3 })
  .map((messages) => ({ messages: [...messages, { role: "assistant", content: "ok" }] }));
const row = fc.oneof(
  chat,
  fc.record({ prompt: text, completion: text }),
  fc.record({ instruction: text, output: text }),
);
const junk = fc.oneof(fc.constant("not json"), fc.constant(""), fc.constant("{}"), fc.json());
const cuts = fc.array(fc.nat(900), { maxLength: 60 });

/** JSON as different writers write it: with blanks, with everything escaped, or as JSON.stringify does. */
const written = fc.constantFrom<(row: unknown) => string>(
  (value) => JSON.stringify(value),
  (value) => JSON.stringify(value, null, 1).replaceAll(/\n */g, " "),
  (value) =>
    JSON.stringify(value).replaceAll(
      /[^\x20-\x7e]/g,
      (char) => `\\u${char.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}`,
    ),
  (value) => JSON.stringify(value).replaceAll("/", "\\/"),
);

test("any cut of the bytes into pieces gives the same output and the same report", async () => {
  const line = fc.oneof(
    { weight: 4, arbitrary: fc.tuple(row, written).map(([value, write]) => write(value)) },
    { weight: 1, arbitrary: junk },
  );
  const file = fc
    .array(line, { maxLength: 8 })
    .map((lines) => `${JSON.stringify({ prompt: "a", completion: "b" })}\n${lines.join("\n")}`);
  const encoded = fc.constantFrom(
    (content: string) => Buffer.from(content),
    (content: string) => Buffer.from(`\ufeff${content}`, "utf16le"),
  );
  await fc.assert(
    fc.asyncProperty(file, encoded, cuts, async (content, encode, where) => {
      const bytes = encode(content);
      const limits = { maxLineBytes: 150, headBytes: 40 };
      expect(await upload(bytes, { cuts: where, limits })).toEqual(await upload(bytes, { limits }));
    }),
    { numRuns: 300 },
  );
});

test("the same rows give the same prepared file, as an array or as lines, however they are written", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 6 }), written, cuts, async (rows, write, where) => {
      const plain = await upload(jsonl(...rows));
      const lines = await upload(rows.map(write).join("\r\n"), { cuts: where, limits: { headBytes: 40 } });
      const array = await upload(`[${rows.map(write).join(" ,\n")}]`, {
        cuts: where,
        name: "rows.json",
        limits: { headBytes: 40 },
      });
      expect(array.report.sha256.prepared).toBe(plain.report.sha256.prepared);
      expect(lines.report.sha256.prepared).toBe(plain.report.sha256.prepared);
      expect(lines.fingerprints).toEqual(plain.fingerprints);
      expect(plain.text).toBe(jsonl(...plain.records));
    }),
    { numRuns: 200 },
  );
});

test("what is prepared is prepared already", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 6 }), async (rows) => {
      const once = await upload(jsonl(...rows));
      expect((await upload(once.text)).text).toBe(once.text);
    }),
  );
});
