/** Which format a file has: its content decides, and its name where the content allows more than one. */
import { rejected } from "../datasets/reasons.ts";
import type { Delimiter } from "./csv.ts";
import type { Placement } from "./elements.ts";

export type Layout =
  | { format: "jsonl" }
  | { format: "json"; placement: Placement }
  | { format: "csv"; delimiter: Delimiter };

/** Fields of a row: a list under one of these belongs to that row. */
const rowFields = new Set(
  `messages conversations conversation tools tool_calls functions history instruction question prompt completion chosen
   rejected input preferred_output non_preferred_output datasetId`.split(/\s+/),
);

/** Under these names an array holds the rows, whatever the file is called. */
const containers = new Set(["data", "rows", "records", "examples", "items", "samples", "dataset", "train"]);

const columnNames =
  /^["\s]*(messages|instruction|prompt|question|conversations|chosen|system|input|output|completion|answer|response)["\s]*$/i;

/** `head` is the beginning of the file as UTF-8 without a byte order mark. */
export function sniff(head: Buffer, filename: string): Layout {
  const text = head.toString("utf8").trimStart();
  const named = extensionOf(filename);
  if (text === "") throw rejected("empty_file", "The file is empty. Upload at least one row.");
  if (text[0] === "[") return { format: "json", placement: { kind: "array" } };
  if (text[0] === "{") return objectLayout(text, named);
  const header = text.slice(0, text.indexOf("\n") === -1 ? undefined : text.indexOf("\n"));
  const delimiter = delimiterOf(header);
  if (named === "csv" || named === "tsv") return { format: "csv", delimiter };
  if (header.split(delimiter).some((name) => columnNames.test(name))) return { format: "csv", delimiter };
  if (named === "jsonl" || named === "ndjson") return { format: "jsonl" };
  throw rejected(
    "unknown_format",
    "The file begins with neither `{`, `[` nor a CSV header with known columns. Upload JSON Lines, a JSON array, or CSV whose first row names the columns.",
  );
}

function objectLayout(text: string, named: string): Layout {
  const [first = "", ...others] = text.split("\n");
  const object = objectIn(first);
  const isRow = object !== null && Object.keys(object).some((key) => rowFields.has(key));
  if (isRow || others.some((line) => line.startsWith("{") && objectIn(line) !== null)) return { format: "jsonl" };
  const array = rowsArrayOf(text);
  if (array && (containers.has(array.key) || (named !== "jsonl" && named !== "ndjson")))
    return { format: "json", placement: { kind: "member", nth: array.nth } };
  if (object === null && named === "json") return { format: "json", placement: { kind: "values" } };
  return { format: "jsonl" };
}

/** The object a line is, or null when it is none, or not whole. */
function objectIn(line: string): object | null {
  try {
    return JSON.parse(line);
  } catch {
    return null; // cut by the end of the head, spread over lines, or broken
  }
}

/** The first array directly in the top-level object that holds objects, and is no field of a row; `nth` counts all arrays there. */
function rowsArrayOf(text: string): { nth: number; key: string } | null {
  const token = /"((?:[^"\\]|\\.)*)"|[[\]{}]/g;
  let depth = 0;
  let arrays = 0;
  let key = "";
  let candidate = false;
  for (const [found, word] of text.matchAll(token)) {
    if (candidate && found === "{") return { nth: arrays - 1, key };
    candidate = false;
    if (found === "[" && depth === 1) {
      arrays++;
      candidate = !rowFields.has(key);
    }
    if (found === "[" || found === "{") depth++;
    else if (found === "]" || found === "}") depth--;
    else if (depth === 1) key = word ?? "";
    if (depth === 0) return null;
  }
  return null;
}

function delimiterOf(header: string): Delimiter {
  if (header.includes(",")) return ",";
  if (header.includes("\t")) return "\t";
  return header.includes(";") ? ";" : ",";
}

const extensionOf = (filename: string) => /\.([a-z]+)$/i.exec(filename)?.[1]?.toLowerCase() ?? "";
