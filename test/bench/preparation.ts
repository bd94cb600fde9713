/** The rows of `prepare.ts` in this benchmark's form. */
import { type Options, type Row, row } from "./figures.ts";
import { bench, type Row as Prepared } from "./prepare.ts";

const target = { least: 250 };

export async function preparation({ megabytes }: Options): Promise<Row[]> {
  const prepared = await bench({ megabytes });
  const large = prepared.filter((each) => each.megabytes === megabytes);
  const small = prepared.filter((each) => each.megabytes !== megabytes);
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
        note: `${beside.peakRssMiB} MiB at ${beside.megabytes} MB`,
      });
    }),
  ];
}

const isCore = ({ name }: Prepared) => name.startsWith("core");
