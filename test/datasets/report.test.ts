import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { jsonl, refused, said, upload } from "./upload.ts";

const essay = (seed: number) =>
  Array.from({ length: 120 }, (_, at) => `word${(at * 7919 + seed * 104729) % 9973}`).join(" ");

test("the prepared file is one canonical record per line, and both hashes are of the bytes", async () => {
  const raw =
    '{"messages": [{"role": "user", "content": "caf\\u00e9 \\/ \\ud83d"}, {"content":"b","role":"assistant"}]}\r\n';
  const { text, report } = await upload(raw);
  expect(text).toBe('{"messages":[{"role":"user","content":"café / \\ud83d"},{"role":"assistant","content":"b"}]}\n');
  const sha256 = (of: string) => createHash("sha256").update(of).digest("hex");
  expect(report.sha256).toEqual({ raw: sha256(raw), prepared: sha256(text) });
  expect(report.bytes).toBe(Buffer.byteLength(raw));
});

test("equal rows are counted whatever they were written like, and kept", async () => {
  const row = said('a\n"b"', "é");
  const rows = [
    JSON.stringify(row),
    JSON.stringify(row, null, 1).replaceAll("\n", ""),
    '{"prompt":"a\\n\\u0022b\\"","completion":"\\u00e9"}',
  ];
  const { report, records, fingerprints } = await upload(rows.join("\n"));
  expect(report.duplicates.exact).toEqual({ rows: 2, lines: [2, 3] });
  expect(records).toEqual([row, row, row]);
  expect(fingerprints.length).toBe(24);
  expect(fingerprints.subarray(0, 8)).toEqual(fingerprints.subarray(16));
});

test("two rows that only differ in the order of keys or a repeated key are equal", async () => {
  const plain = '{"messages":[{"role":"user","content":"x"},{"role":"assistant","content":"y"}]}';
  const swapped = '{"messages":[{"content":"x","role":"user"},{"role":"assistant","content":"y"}]}';
  const repeated = '{"messages":[{"role":"user","content":"z","content":"x"},{"role":"assistant","content":"y"}]}';
  const { report, text } = await upload([plain, swapped, repeated].join("\n"));
  expect(report.duplicates.exact.rows).toBe(2);
  expect(text).toBe(`${plain}\n`.repeat(3));
});

test("a row that changes a few words of another is a near duplicate; an unrelated one is not", async () => {
  const first = essay(1);
  const changed = first.replace(/word\d+$/, "else");
  const { report } = await upload(jsonl(said("q", first), said("q", essay(2)), said("q", changed), said("q", first)));
  expect(report.duplicates.near).toEqual({ rows: 1, lines: [3], threshold: 0.8, examined: 4 });
  expect(report.duplicates.exact.lines).toEqual([4]);
});

test("a shared system prompt makes no near duplicates", async () => {
  const rows = [3, 4].map((seed) => ({
    messages: [{ role: "system", content: essay(9).repeat(20) }, ...said("q", essay(seed)).messages],
  }));
  expect((await upload(jsonl(...rows))).report.duplicates.near.rows).toBe(0);
});

test("what was not examined is said", async () => {
  const rows = Array.from({ length: 50 }, (_, at) => said(`q${at}`, "mail me: ada@example.com"));
  const { report } = await upload(jsonl(...rows), { limits: { examineRows: 10, sampleRows: 8, maxListed: 3 } });
  expect(report.pii).toEqual({ examined: 10, kinds: [{ kind: "email", rows: 10, lines: [1, 2, 3] }] });
  expect(report.duplicates.near.examined).toBe(10);
  expect(report.tokens).toMatchObject({ tokenizer: "words", estimated: true, max: 4, median: 4 });
  expect(report.tokens.examined).toBeGreaterThanOrEqual(4);
  expect(report.tokens.examined).toBeLessThanOrEqual(8);
  expect(Math.abs(report.tokens.total - 200)).toBeLessThanOrEqual(4);
});

test("tokens are counted exactly while the sample holds every row", async () => {
  const { report } = await upload(jsonl(said("a b", "c"), said("a", `${"w ".repeat(199)}w`)));
  expect(report.tokens).toMatchObject({ examined: 2, total: 3 + 201, estimated: false, max: 201, median: 3 });
  expect(report.tokens.histogram.slice(0, 3)).toEqual([
    { upTo: 128, rows: 1 },
    { upTo: 256, rows: 1 },
    { upTo: 512, rows: 0 },
  ]);
  expect(report.tokens.histogram.at(-1)).toEqual({ upTo: null, rows: 0 });
});

test("columns count what is null or empty, in dropped rows too", async () => {
  const { report } = await upload(
    jsonl({ prompt: "a", completion: "b", topic: null }, { prompt: "", completion: "b", topic: "x" }),
  );
  expect(report.columns).toEqual([
    { name: "prompt", nulls: 1, rows: 2 },
    { name: "completion", nulls: 0, rows: 2 },
    { name: "topic", nulls: 1, rows: 2 },
  ]);
});

test("the list of dropped rows is capped, their number is not", async () => {
  const { report } = await upload(`${"x\n".repeat(150)}${jsonl(said("a", "b"))}`);
  expect(report.dropped.length).toBe(100);
  expect(report.rows).toEqual({ total: 151, accepted: 1, dropped: 150 });
  expect(report.reasons).toEqual({ not_json: 150 });
});

test("a message about a row never quotes its texts", async () => {
  const { report } = await upload(`{"prompt": "my secret is swordfish, "completion"}\n${jsonl(said("a", "b"))}`);
  expect(report.dropped[0]?.reason).toBe("not_json");
  expect(JSON.stringify(report)).not.toContain("swordfish");
});

test.each([
  ["file_too_large", { maxBytes: 100 }, jsonl(said("a", "b"), said("c", "d"))],
  ["too_many_rows", { maxRows: 1 }, jsonl(said("a", "b"), said("c", "d"))],
])("%s", async (reason, limits, content) => {
  expect((await refused(content, { limits })).reason).toBe(reason);
});
