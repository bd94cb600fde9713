/**
 * Draws what a terminal showed as an SVG card:
 *
 *     FORCE_COLOR=1 npm run --silent demo > demo.txt
 *     node docs/images/render-terminal.ts demo.txt docs/images/demo.svg "npm run demo"
 *
 * The text is drawn as it is, with the few styles that the demo uses. Throws on any other escape sequence: a picture
 * that leaves something out would show what nobody saw.
 */
import { readFileSync, writeFileSync } from "node:fs";

const COLUMNS = 82;
const CELL = { width: 8.4, height: 19 };
const PADDING = 24;
const BAR = 40;

/** What each SGR code begins or ends. */
const styles: Record<string, { add?: string; drop?: readonly string[] }> = {
  0: { drop: ["bold", "dim", "italic", "red", "green", "yellow", "cyan"] },
  1: { add: "bold" },
  2: { add: "dim" },
  3: { add: "italic" },
  22: { drop: ["bold", "dim"] },
  23: { drop: ["italic"] },
  31: { add: "red" },
  32: { add: "green" },
  33: { add: "yellow" },
  36: { add: "cyan" },
  39: { drop: ["red", "green", "yellow", "cyan"] },
};

const [source, target, command] = process.argv.slice(2);
if (!source || !target || !command)
  throw new Error("Usage: node docs/images/render-terminal.ts TEXT_FILE SVG_FILE COMMAND");
writeFileSync(target, terminalCard(readFileSync(source, "utf8"), command));

function terminalCard(text: string, title: string): string {
  const lines = text.replace(/^\n+|\n+$/g, "").split("\n");
  const width = Math.ceil(COLUMNS * CELL.width + 2 * PADDING);
  const height = BAR + lines.length * CELL.height + PADDING;
  const active = new Set<string>();
  const body = lines.map((line, index) => drawLine(line, BAR + (index + 1) * CELL.height, active));
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="What ${escaped(title)} shows in a terminal">
<style>
text { font: 14px ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", "Liberation Mono", monospace; fill: #e2e8f0; white-space: pre; }
.bold { font-weight: 700; fill: #ffffff; } .dim { fill: #94a3b8; } .italic { font-style: italic; fill: #fbbf24; }
.red { fill: #f87171; } .green { fill: #4ade80; } .yellow { fill: #facc15; } .cyan { fill: #22d3ee; }
</style>
<rect x="1" y="1" width="${width - 2}" height="${height - 2}" rx="12" fill="#0f172a" stroke="#334155" stroke-width="2"/>
<circle cx="24" cy="22" r="6" fill="#f87171"/><circle cx="44" cy="22" r="6" fill="#facc15"/><circle cx="64" cy="22" r="6" fill="#4ade80"/>
<text x="${width / 2}" y="27" text-anchor="middle" class="dim">${escaped(title)}</text>
${body.filter(Boolean).join("\n")}
</svg>
`;
}

/** One `text` per run of cells, each at its own column and as wide as its cells, so that no font can shift what stands below what. */
function drawLine(line: string, y: number, active: Set<string>): string {
  let column = 0;
  const drawn: string[] = [];
  // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences begin with one
  for (const piece of line.split(/(\u001b\[[0-9;?]*[A-Za-z])/)) {
    if (piece.startsWith("\u001b")) {
      apply(piece, active);
      continue;
    }
    for (const { index, 0: words } of piece.matchAll(/\S+(?: \S+)*/g)) {
      const x = PADDING + (column + index) * CELL.width;
      const style = active.size > 0 ? ` class="${[...active].join(" ")}"` : "";
      const length = (words.length * CELL.width).toFixed(1);
      drawn.push(
        `<text x="${x.toFixed(1)}" y="${y}" textLength="${length}" lengthAdjust="spacingAndGlyphs"${style}>${escaped(words)}</text>`,
      );
    }
    column += piece.length;
  }
  return drawn.join("");
}

function apply(sequence: string, active: Set<string>): void {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences begin with one
  const codes = /^\u001b\[([0-9;]*)m$/.exec(sequence)?.[1];
  for (const code of codes?.split(";") ?? ["?"]) {
    const style = styles[code];
    if (!style) throw new Error(`The escape sequence ${JSON.stringify(sequence)} cannot be drawn`);
    for (const ended of style.drop ?? []) active.delete(ended);
    if (style.add) active.add(style.add);
  }
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
