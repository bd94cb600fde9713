/** How often each column, or each field of a JSON row, is null or empty. */
import type { Report } from "./report.ts";

const longestName = 200;

/** Columns after the first `maxColumns` are not counted, so that rows of ever new fields cannot fill the memory. */
export function columnCount(maxColumns: number) {
  const columns = new Map<string, Report["columns"][number]>();

  const columnOf = (name: string) => {
    const known = columns.get(name);
    if (known || columns.size >= maxColumns) return known;
    const column = { name: name.slice(0, longestName), nulls: 0, rows: 0 };
    columns.set(column.name, column);
    return column;
  };

  return {
    add(row: object) {
      for (const [name, value] of Object.entries(row)) {
        const column = columnOf(name.length > longestName ? name.slice(0, longestName) : name);
        if (!column) continue;
        column.rows++;
        if (value === null || value === "") column.nulls++;
      }
    },
    /** A row of which only one field is there, and not empty. */
    addOne(name: string) {
      const column = columnOf(name);
      if (column) column.rows++;
    },
    found: (): Report["columns"] => [...columns.values()],
  };
}
