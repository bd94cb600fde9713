/** What a section of the benchmark gives: rows of figures that were measured, or null with the reason in `note`. */

export interface Row {
  readonly name: string;
  readonly value: number | null;
  readonly unit: string;
  readonly target: Target | null;
  /** Null when there is no value or no target. */
  readonly met: boolean | null;
  /** The value beside another one of the same run: `value` times `of`. */
  readonly ratio: { readonly value: number; readonly of: string } | null;
  readonly note: string | null;
}

export type Target = { readonly most: number } | { readonly least: number };

export interface Options {
  /** Of the large file that is prepared. */
  readonly megabytes: number;
}

export type Section = (options: Options) => Promise<Row[]>;

/** A row; what is not given is null. */
export function row(
  name: string,
  value: number | null,
  unit: string,
  { target = null, ratio = null, note = null }: Partial<Pick<Row, "target" | "ratio" | "note">> = {},
): Row {
  const met = value === null || target === null ? null : meets(value, target);
  return {
    name,
    value: value === null ? null : significant(value),
    unit,
    target,
    met,
    ratio: ratio && { ...ratio, value: significant(ratio.value) },
    note,
  };
}

const meets = (value: number, target: Target) => ("most" in target ? value <= target.most : value >= target.least);

/** Of a list that is not empty. */
export const median = (values: readonly number[]): number => quantile(values, 0.5);

/** The smallest value that at least the share `q` of the values do not exceed; for 0.5 the mean of the two in the middle. */
export function quantile(values: readonly number[], q: number): number {
  if (values.length === 0) throw new Error("There is no quantile of no values");
  const sorted = [...values].sort((a, b) => a - b);
  const at = q * sorted.length;
  if (q === 0.5 && Number.isInteger(at)) return (sorted[at - 1]! + sorted[at]!) / 2;
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(at) - 1))]!;
}

/** Three digits; more would be noise. */
export const significant = (value: number) => Number(value.toPrecision(3));
