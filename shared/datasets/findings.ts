/** Everything the report says about accepted rows beyond their number: how they repeat, what they hold, how long they are. */
import type { ChatRecord } from "../chat.ts";
import { columnCount } from "./columns.ts";
import { exactDuplicates } from "./duplicates.ts";
import type { Limits } from "./limits.ts";
import { nearDuplicates } from "./near-duplicates.ts";
import { piiCount } from "./pii.ts";
import { rejected } from "./reasons.ts";
import type { Report } from "./report.ts";
import type { Shape } from "./shapes.ts";
import { allText, distinctText } from "./texts.ts";
import { tokenCount } from "./tokens.ts";

export interface Accepted {
  record: ChatRecord;
  shape: Shape;
  line: number;
  print: string;
  /** Length of the canonical text in bytes. */
  size: number;
}

export function findings(limits: Limits, countTokens: (text: string) => number, tokenizer: string) {
  const columns = columnCount(limits.maxColumns);
  const exact = exactDuplicates(limits.maxListed);
  const near = nearDuplicates(limits.examineRows, limits.maxListed);
  const pii = piiCount(limits.maxListed);
  const tokens = tokenCount(countTokens, tokenizer, limits.sampleRows);
  const shapes = new Map<Shape, number>(); // the line each was first seen in
  let examinedBytes = 0;

  const noteShape = (shape: Shape, line: number) => {
    if (shapes.has(shape)) return;
    shapes.set(shape, line);
    const pairs = shapes.get("preference");
    const other = [...shapes].find(([known]) => known !== "preference");
    if (pairs !== undefined && other)
      throw rejected(
        "mixed_methods",
        `Line ${pairs} is a preference pair and line ${other[1]} a supervised example (${other[0]}). Upload two files: they are trained with different methods.`,
      );
  };

  return {
    columns,
    add({ record, shape, line, print, size }: Accepted) {
      noteShape(shape, line);
      const isRepeated = exact.add(print, line);
      tokens.add(size, () => allText(record));
      if (near.found.examined >= limits.examineRows || examinedBytes >= limits.examineBytes) return;
      examinedBytes += size;
      pii.add(allText(record), line);
      if (isRepeated) near.skip();
      else near.add(distinctText(record), line);
    },
    report: (): Pick<Report, "shape" | "method" | "columns" | "duplicates" | "tokens" | "pii"> => ({
      shape: shapes.size === 1 ? [...shapes.keys()][0]! : "mixed",
      method: shapes.has("preference") ? "preference" : "supervised",
      columns: columns.found(),
      duplicates: { exact: exact.found, near: near.found },
      tokens: tokens.found(),
      pii: pii.found,
    }),
  };
}
export type Findings = ReturnType<typeof findings>;
