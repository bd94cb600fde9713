/** What became of the rows: how many were accepted, and which were dropped and why. */
import { type RowReason, rejected } from "./reasons.ts";
import type { Report } from "./report.ts";

export function tally(limits: { maxRows: number; maxListed: number }) {
  const rows: Report["rows"] = { total: 0, accepted: 0, dropped: 0 };
  const dropped: Report["dropped"] = [];
  const reasons = new Map<RowReason, { count: number; line: number; message: string }>();

  const one = () => {
    if (++rows.total > limits.maxRows)
      throw rejected(
        "too_many_rows",
        `The file has more than ${limits.maxRows.toLocaleString("en-US")} rows. Upload it in parts.`,
      );
  };

  return {
    rows,
    dropped,
    accept() {
      one();
      rows.accepted++;
    },
    drop(line: number, reason: RowReason, message: string) {
      one();
      rows.dropped++;
      if (dropped.length < limits.maxListed) dropped.push({ line, reason, message });
      const known = reasons.get(reason);
      if (known) known.count++;
      else reasons.set(reason, { count: 1, line, message });
    },
    reasons: () => Object.fromEntries([...reasons].map(([reason, { count }]) => [reason, count])),
    /** Throws when there is nothing to train on. */
    requireAccepted() {
      if (rows.accepted > 0) return;
      const most = [...reasons.values()].toSorted((a, b) => b.count - a.count)[0];
      if (!most) throw rejected("empty_file", "The file has no rows. Upload at least one.");
      throw rejected(
        "no_usable_row",
        `None of the ${rows.total} rows can be used. Most often (${most.count} times, first in row or line ${most.line}): ${most.message}`,
      );
    },
  };
}
