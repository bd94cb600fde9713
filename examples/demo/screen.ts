import { styleText } from "node:util";

export const COLUMNS = 80;

/** Where the demo writes: at most 80 columns, in colour when the terminal has it and its owner wants it. */
export interface Screen {
  readonly out: NodeJS.WriteStream;
  readonly columns: number;
  title(text: string): void;
  heading(text: string): void;
  line(text?: string): void;
  /** A name and what there is to say of it, one below the other when there are more. */
  fact(name: string, ...lines: string[]): void;
  warning(text: string): void;
  failure(error: unknown, log: string | null): void;
  paint(style: Style, text: string): string;
}
export type Style = Parameters<typeof styleText>[0];

const LABEL = 12;

export function makeScreen(out: NodeJS.WriteStream): Screen {
  // `styleText` knows NO_COLOR, FORCE_COLOR and whether the stream is a terminal.
  const paint = (style: Style, text: string) => styleText(style, text, { stream: out });
  const line = (text = "") => out.write(`${text}\n`);
  return {
    out,
    // Some terminals say 0 when they do not know.
    columns: Math.min(COLUMNS, out.columns || COLUMNS),
    line,
    paint,
    title: (text) => line(`\n${paint("bold", text)}\n`),
    heading: (text) => line(`\n${paint("bold", text)}`),
    fact(name, ...lines) {
      for (const [index, text] of lines.entries())
        line(`  ${paint("dim", (index === 0 ? name : "").padEnd(LABEL))}${text}`);
    },
    warning: (text) => line(`  ${paint("yellow", `! ${text}`)}`),
    failure(error, log) {
      line(`\n${paint("red", `✗ ${explain(error)}`)}`);
      if (log) line(`\nThe end of the laptop's log:\n${log.replace(/^/gm, "  ")}\n`);
    },
  };
}

/** What went wrong and what that came from: "Connection error." alone helps nobody. */
function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? error.message : `${error.message}\n  because: ${explain(error.cause)}`;
}
