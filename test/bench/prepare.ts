/**
 * How fast a JSONL upload is prepared, and in how much memory. `node test/bench/prepare.ts 2000` reads 2 GB that are
 * made while they are read and stored nowhere.
 */
import { execFile } from "node:child_process";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { prepare } from "../../shared/datasets/prepare.ts";

export interface Row {
  name: string;
  megabytes: number;
  megabytesPerSecond: number;
  /** The same for the processor's time instead of the clock's: steadier on a machine that others use too. */
  megabytesPerCpuSecond: number;
  /** Speed relative to a loop that does nothing but JSON.parse over the same lines. */
  ofPlainParse: number;
  /** Highest resident set of a process of its own that did nothing else, in MiB; Node alone has about 50. */
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

const blocks = new Map<Style, ReturnType<typeof makeBlock>>();

/** Made once, before the clock starts. */
function blockOf(style: Style) {
  const block = blocks.get(style) ?? makeBlock(style);
  blocks.set(style, block);
  return block;
}

async function* input(megabytes: number, style: Style): AsyncGenerator<Buffer> {
  const { block, marks } = blockOf(style);
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
  let rest: Buffer = Buffer.alloc(0);
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

const nowhere = { records: async () => {}, fingerprints: async () => {}, lineage: async () => {} };
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

type Work = "make" | "parse" | "core" | "full";

const works = {
  make: async (megabytes, style) => {
    for await (const _ of input(megabytes, style));
  },
  parse: plainParse,
  core: (megabytes, style) => run(megabytes, style, false),
  full: (megabytes, style) => run(megabytes, style, true),
} satisfies Record<Work, (megabytes: number, style: Style) => Promise<unknown>>;

interface Measure {
  seconds: number;
  cpuSeconds: number;
  peakRssMiB: number;
}

async function measure(work: Work, megabytes: number, style: Style): Promise<Measure> {
  blockOf(style);
  const started = performance.now();
  const before = process.cpuUsage();
  await works[work](megabytes, style);
  const { user, system } = process.cpuUsage(before);
  return {
    seconds: (performance.now() - started) / 1000,
    cpuSeconds: (user + system) / 1e6,
    peakRssMiB: Math.round(process.resourceUsage().maxRSS / 1024),
  };
}

/** In a process of its own, so that one measure does not see the memory of another. */
async function apart(work: Work, megabytes: number, style: Style): Promise<Measure> {
  const args = [fileURLToPath(import.meta.url), "--one", work, String(megabytes), style];
  return JSON.parse((await promisify(execFile)(process.execPath, args)).stdout);
}

/** First a file of 10 MB, for the memory, then one of `megabytes`: each with and without blanks between the JSON tokens. */
export async function bench({ megabytes }: { megabytes: number }): Promise<Row[]> {
  const rows: Row[] = [];
  for (const size of [10, megabytes]) {
    for (const style of ["compact", "spaced"] as const) {
      const make = await apart("make", size, style);
      const parse = await apart("parse", size, style);
      for (const work of ["core", "full"] as const) {
        const { seconds, cpuSeconds, peakRssMiB } = await apart(work, size, style);
        const net = seconds - make.seconds; // without the time that making the input takes
        rows.push({
          name: `${work === "core" ? "core" : "full report"}, ${style} lines`,
          megabytes: size,
          megabytesPerSecond: Math.round(size / net),
          megabytesPerCpuSecond: Math.round(size / (cpuSeconds - make.cpuSeconds)),
          ofPlainParse: Math.round(((parse.cpuSeconds - make.cpuSeconds) / (cpuSeconds - make.cpuSeconds)) * 100) / 100,
          peakRssMiB,
        });
      }
    }
  }
  return rows;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const [flag, work, size, style] = process.argv.slice(2);
  if (flag === "--one") console.log(JSON.stringify(await measure(work as Work, Number(size), style as Style)));
  else console.table(await bench({ megabytes: Number(flag ?? 500) }));
}
