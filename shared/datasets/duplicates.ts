/** Rows equal to an earlier row. They are counted and listed, and stay in the file. */

import { fingerprintSet } from "./fingerprints.ts";
import type { Report } from "./report.ts";

export function exactDuplicates(maxListed: number) {
  const seen = fingerprintSet();
  const found: Report["duplicates"]["exact"] = { rows: 0, lines: [] };
  return {
    /** True when the row is a duplicate. */
    add(print: string, line: number): boolean {
      if (seen.add(print)) return false;
      found.rows++;
      if (found.lines.length < maxListed) found.lines.push(line);
      return true;
    },
    found,
  };
}
