/** `prepare.ts` three times over, as rows of this benchmark. */
import { median, type Options, type Row, row } from "./figures.ts";
import { bench, type Row as Prepared } from "./prepare.ts";

const target = { least: 250 };
const ROUNDS = 3;

export async function preparation({ megabytes }: Options): Promise<Row[]> {
  const rounds: Prepared[][] = [];
  // Each of its measures is a process of its own that reads for seconds: the warm-up is lost in it.
  for (let round = 0; round < ROUNDS; round++) rounds.push(await bench({ megabytes }));
  const all = rounds[0]!.map((_, n) => middle(rounds.map((rows) => rows[n]!)));
  const large = all.filter((each) => each.megabytes === megabytes);
  const small = all.filter((each) => each.megabytes !== megabytes);
  return [
    ...large.map((each) =>
      row(`${each.name}, ${each.megabytes} MB`, each.megabytesPerSecond, "MB/s", {
        // The target names reading, checking and exact duplicates: the core. The report does more than that.
        target: isCore(each) ? target : null,
        ratio: { value: each.ofPlainParse, of: "plain JSON.parse" },
        note: `${each.megabytesPerCpuSecond} MB per second of processor time`,
      }),
    ),
    ...large.map((each) => {
      const beside = small.find(({ name }) => name === each.name)!;
      return row(`peak memory, ${each.name}, ${each.megabytes} MB`, each.peakRssMiB, "MiB", {
        ratio: { value: each.peakRssMiB / beside.peakRssMiB, of: `${beside.megabytes} MB` },
        note: `RSS; ${beside.peakRssMiB} MiB at ${beside.megabytes} MB`,
      });
    }),
  ];
}

/** The median of every figure of the same measure. */
function middle(same: readonly Prepared[]): Prepared {
  const of = (figure: "megabytesPerSecond" | "megabytesPerCpuSecond" | "ofPlainParse" | "peakRssMiB") =>
    median(same.map((each) => each[figure]));
  return {
    ...same[0]!,
    megabytesPerSecond: of("megabytesPerSecond"),
    megabytesPerCpuSecond: of("megabytesPerCpuSecond"),
    ofPlainParse: of("ofPlainParse"),
    peakRssMiB: of("peakRssMiB"),
  };
}

const isCore = ({ name }: Prepared) => name.startsWith("core");
