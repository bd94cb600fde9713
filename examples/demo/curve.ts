import type { Screen } from "./screen.ts";
import type { Point, Run } from "./training.ts";

const HEIGHT = 11;
const MARGIN = 8;
/** From this ratio of the largest to the smallest loss, a linear scale would show a flat line. */
const LOG_RATIO = 20;

export function showCurve(screen: Screen, { training, validation }: Pick<Run, "training" | "validation">): void {
  const { scale, text } = drawCurve({ training, validation }, screen.columns);
  screen.heading(`Loss (nats per token, ${scale} scale)`);
  screen.line(text.replaceAll("●", screen.paint("cyan", "●")));
  screen.line(`${" ".repeat(MARGIN)}─ training   ${screen.paint("cyan", "●")} validation (at step 0: the base model)`);
}

/**
 * The training loss as a line and the validation losses as points, no line longer than `columns`.
 * Losses are finite and not negative, and there is at least one.
 */
export function drawCurve(
  { training, validation }: { training: readonly Point[]; validation: readonly Point[] },
  columns: number,
): { scale: "log" | "linear"; text: string } {
  const width = columns - MARGIN;
  const steps = extent([...training, ...validation].map(({ step }) => step));
  const column = (step: number) => place(step, steps.low, steps.high, width - 1);
  const line = means(training, column, width);
  // Of what is drawn: the one luckiest step of a thousand would leave rows empty below the line.
  const losses = extent([...line.filter((loss) => loss !== null), ...validation.map(({ loss }) => loss)]);
  const isLog = losses.low > 0 && losses.high / losses.low >= LOG_RATIO;
  const bend = isLog ? Math.log : (value: number) => value;
  const unbend = isLog ? Math.exp : (value: number) => value;
  const [bottom, top] = [bend(losses.low), bend(losses.high)];

  const row = (loss: number) => HEIGHT - 1 - place(bend(loss), bottom, top, HEIGHT - 1);
  const grid = Array.from({ length: HEIGHT }, () => Array<string>(width).fill(" "));
  drawLine(
    grid,
    line.map((loss) => (loss === null ? null : row(loss))),
  );
  for (const { step, loss } of validation) grid[row(loss)]![column(step)] = "●";

  const body = grid.map((cells, index) => {
    const value = unbend(top - ((top - bottom) * index) / (HEIGHT - 1));
    const label = index % 2 === 0 ? `${number(value).padStart(MARGIN - 2)} ┤` : `${" ".repeat(MARGIN - 1)}│`;
    return `${label}${cells.join("")}`.trimEnd();
  });
  const axis = `${" ".repeat(MARGIN - 1)}└${"─".repeat(width)}`;
  const text = [...body, axis, `${" ".repeat(MARGIN)}${stepLabels(steps, width)}`].join("\n");
  return { scale: isLog ? "log" : "linear", text };
}

function extent(values: readonly number[]) {
  return { low: Math.min(...values), high: Math.max(...values) };
}

/** Where a value is between two others, in whole cells; in the middle when they are the same. */
const place = (value: number, low: number, high: number, cells: number) =>
  Math.round(high > low ? ((value - low) / (high - low)) * cells : cells / 2);

/** The mean loss in each column; between the points of a short run, what lies on the straight line. */
function means(points: readonly Point[], column: (step: number) => number, width: number): (number | null)[] {
  const sums = new Map<number, { sum: number; count: number }>();
  for (const { step, loss } of points) {
    const { sum, count } = sums.get(column(step)) ?? { sum: 0, count: 0 };
    sums.set(column(step), { sum: sum + loss, count: count + 1 });
  }
  const known = [...sums].map(([at, { sum, count }]) => ({ at, loss: sum / count })).sort((a, b) => a.at - b.at);
  const result = Array<number | null>(width).fill(null);
  for (const [index, { at, loss }] of known.entries()) {
    result[at] = loss;
    const next = known[index + 1];
    if (!next) continue;
    for (let x = at + 1; x < next.at; x++) result[x] = loss + ((next.loss - loss) * (x - at)) / (next.at - at);
  }
  return result;
}

/** A line through one row per column, with corners where it climbs and falls. Row 0 is the top. */
function drawLine(grid: string[][], rows: readonly (number | null)[]): void {
  for (const [x, to] of rows.entries()) {
    if (to === null) continue;
    const from = rows[x - 1] ?? to;
    if (from === to) {
      grid[to]![x] = "─";
      continue;
    }
    const falls = to > from;
    grid[from]![x] = falls ? "╮" : "╯";
    grid[to]![x] = falls ? "╰" : "╭";
    for (let y = Math.min(from, to) + 1; y < Math.max(from, to); y++) grid[y]![x] = "│";
  }
}

/** At most six characters. */
function number(value: number): string {
  if (value !== 0 && (value < 1e-3 || value >= 999_999.5)) return value.toExponential(0);
  return value >= 100 ? String(Math.round(value)) : String(Number(value.toPrecision(2)));
}

function stepLabels({ low, high }: { low: number; high: number }, width: number): string {
  const [left, right] = [`step ${low}`, String(high)];
  return `${left}${right.padStart(width - left.length)}`;
}
