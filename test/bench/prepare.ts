/**
 * How fast a JSONL upload is prepared, and in how much memory. `node test/bench/prepare.ts 2000` reads 2 GB that are
 * made while they are read and stored nowhere.
 */
import { pathToFileURL } from "node:url";
import { prepare } from "../../shared/datasets/prepare.ts";

export interface Row {
  name: string;
  megabytes: number;
  megabytesPerSecond: number;
  /** Speed relative to a loop that does nothing but JSON.parse over the same lines. */
  ofPlainParse: number;
  /** Highest resident set seen during the run, in MiB, of the whole process. */
  peakRssMiB: number;
}

const chunkBytes = 256 * 1024;
const blockBytes = 8 * 2 ** 20;

type Style = "compact" | "spaced";

/** A block of whole lines; every copy of it is told apart by `mark`, which has a fixed width. */
function makeBlock(style: Style): { block: Buffer; marks: number[] } {
  const lines: string[] = [];
  const words =
    "the model learns from examples that somebody wrote with care and checked twice before training starts on a machine".split(
      " ",
    );
  let state = 42;
  const random = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  const text = (count: number) =>
    Array.from(
      { length: count },
      () => words[Math.floor(random() * words.length)]! + (random() < 0.05 ? ".\n" : ""),
    ).join(" ");
  for (let size = 0; size < blockBytes; size += lines.at(-1)!.length + 1) {
    const row = {
      messages: [
        { role: "system", content: 'You answer briefly and "to the point".' },
        { role: "user", content: `#00000000 ${text(20 + Math.floor(random() * 60))}` },
        { role: "assistant", content: text(40 + Math.floor(random() * 160)) },
      ],
    };
    const compact = JSON.stringify(row);
    lines.push(style === "compact" ? compact : compact.replaceAll('":', '": ').replaceAll(',"', ', "'));
  }
  const block = Buffer.from(`${lines.join("\n")}\n`);
  const marks: number[] = [];
  for (let at = block.indexOf("#00000000"); at !== -1; at = block.indexOf("#00000000", at + 9)) marks.push(at + 1);
  return { block, marks };
}

async function* input(megabytes: number, style: Style): AsyncGenerator<Buffer> {
  const { block, marks } = makeBlock(style);
  let left = megabytes * 1e6;
  for (let copy = 0; left > 0; copy++) {
    const mark = copy.toString().padStart(8, "0");
    for (const at of marks) block.write(mark, at, "latin1");
    for (let at = 0; at < block.length && left > 0; at += chunkBytes) {
      const chunk = Buffer.from(block.subarray(at, Math.min(at + chunkBytes, block.length, at + left)));
      left -= chunk.length;
      yield chunk;
    }
  }
}

async function plainParse(megabytes: number, style: Style) {
  let rest = Buffer.alloc(0);
  for await (const chunk of input(megabytes, style)) {
    const bytes = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk;
    let start = 0;
    for (let end = bytes.indexOf(10); end !== -1; end = bytes.indexOf(10, start)) {
      JSON.parse(bytes.toString("utf8", start, end));
      start = end + 1;
    }
    rest = bytes.subarray(start);
  }
}

const nowhere = { records: async () => {}, fingerprints: async () => {} };
const countTokens = (text: string) => Math.ceil(text.length / 4);

const run = (megabytes: number, style: Style, full: boolean) =>
  prepare(
    input(megabytes, style),
    {
      filename: "bench.jsonl",
      countTokens,
      tokenizer: "characters / 4",
      ...(full ? {} : { limits: { examineRows: 0, sampleRows: 0 } }),
    },
    nowhere,
  );

async function measured(work: () => Promise<unknown>): Promise<{ seconds: number; peakRssMiB: number }> {
  let peak = process.memoryUsage.rss();
  const timer = setInterval(() => {
    peak = Math.max(peak, process.memoryUsage.rss());
  }, 20);
  const started = performance.now();
  await work();
  const seconds = (performance.now() - started) / 1000;
  clearInterval(timer);
  return { seconds, peakRssMiB: Math.round(Math.max(peak, process.memoryUsage.rss()) / 2 ** 20) };
}

/** One row per way of preparing, first a small file for the memory, then one of `megabytes`. */
export async function bench({ megabytes }: { megabytes: number }): Promise<Row[]> {
  const rows: Row[] = [];
  await run(10, "compact", true); // warm-up
  for (const size of [10, megabytes]) {
    for (const style of ["compact", "spaced"] as const) {
      const making = await measured(async () => {
        for await (const _ of input(size, style));
      });
      const plain = await measured(() => plainParse(size, style));
      for (const [name, full] of [
        ["core", false],
        ["full report", true],
      ] as const) {
        const { seconds, peakRssMiB } = await measured(() => run(size, style, full));
        const net = seconds - making.seconds; // without the time that making the input takes
        rows.push({
          name: `${name}, ${style} lines`,
          megabytes: size,
          megabytesPerSecond: Math.round(size / net),
          ofPlainParse: Math.round(((plain.seconds - making.seconds) / net) * 100) / 100,
          peakRssMiB,
        });
      }
    }
  }
  return rows;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href)
  console.table(await bench({ megabytes: Number(process.argv[2] ?? 500) }));
