import cliProgress from "cli-progress";
import type { Screen } from "./screen.ts";

/** What is known of a long step. Without a total it only shows that time passes: nothing is estimated. */
export interface Amount {
  value?: number;
  total?: number;
  detail?: string;
}

export interface Step {
  update(amount: Amount): void;
  /** Leaves one line that says what came of it. */
  done(detail: string): void;
}

/** How often a line is written where there is no terminal to draw a bar on. */
const PLAIN_MS = 3_000;
const BAR = 16;
const NAME = 17;

/**
 * Shows one long step after the other: a bar on a terminal, elsewhere a line every few seconds. The signal takes the bar
 * of a step away that will not be done; after it none begins.
 */
export function makeProgress({ out, columns, paint }: Screen, signal: AbortSignal) {
  return {
    begin(name: string): Step {
      signal.throwIfAborted();
      const began = performance.now();
      const amount: Amount = {};
      const seconds = () => (performance.now() - began) / 1000;
      const end = out.isTTY
        ? drawBar(out, () => barLine({ name, seconds: seconds(), ...amount }, columns))
        : writeLines(out, () => plainLine({ name, seconds: seconds(), ...amount }));
      signal.addEventListener("abort", end);
      return {
        update: (more) => Object.assign(amount, more),
        done(detail) {
          signal.throwIfAborted();
          signal.removeEventListener("abort", end);
          end();
          out.write(
            `${paint("green", "✓")} ${name.padEnd(NAME)}${detail}${paint("dim", ` · ${duration(seconds())}`)}\n`,
          );
        },
      };
    },
  };
}
export type Progress = ReturnType<typeof makeProgress>;

interface Shown extends Amount {
  name: string;
  seconds: number;
}

/** `  Training         ██████░░░░░░░░░░ 48/120 loss 0.150 · 9.0 s`, cut to fit. */
export function barLine({ name, seconds, value = 0, total, detail }: Shown, columns: number): string {
  const count = total === undefined ? "" : ` ${value}/${total}`;
  const facts = [detail, duration(seconds)].filter(Boolean).join(" · ");
  const line = `  ${name.padEnd(NAME)}${total === undefined ? wandering(seconds) : filled(value / total)}${count} ${facts}`;
  // A line as wide as the terminal would wrap, and a wrapped line cannot be drawn over.
  return line.length < columns ? line : `${line.slice(0, columns - 2)}…`;
}

/** The same in words. */
export const plainLine = ({ name, seconds, value = 0, total, detail }: Shown): string =>
  `  ${name}: ${[total !== undefined && `${value}/${total}`, detail, duration(seconds)].filter(Boolean).join(", ")}`;

/** A decimal string of dollars without the zeros behind its cents. */
export const dollars = (usd: string): string => `$${usd.replace(/(\.\d\d\d*?)0+$/, "$1")}`;

export const duration = (seconds: number): string =>
  seconds < 9.95 ? `${seconds.toFixed(1)} s` : `${Math.round(seconds)} s`;

function filled(share: number): string {
  const cells = Math.floor(Math.max(0, Math.min(1, share)) * BAR);
  return "█".repeat(cells) + "░".repeat(BAR - cells);
}

/** A short block that goes to and fro. */
function wandering(seconds: number): string {
  const block = 4;
  const way = BAR - block;
  const at = Math.floor(seconds * 10) % (2 * way);
  const left = at < way ? at : 2 * way - at;
  return "░".repeat(left) + "█".repeat(block) + "░".repeat(way - left);
}

function drawBar(stream: NodeJS.WriteStream, format: () => string): () => void {
  const bar = new cliProgress.SingleBar({
    stream,
    format,
    fps: 10,
    hideCursor: true,
    clearOnComplete: true,
    forceRedraw: true,
    // The demo stops its bars itself, in every case.
    gracefulExit: false,
  });
  bar.start(1, 0);
  return () => bar.stop();
}

function writeLines(stream: NodeJS.WriteStream, format: () => string): () => void {
  const timer = setInterval(() => stream.write(`${format()}\n`), PLAIN_MS);
  return () => clearInterval(timer);
}
