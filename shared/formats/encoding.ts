/** From the bytes of an upload to UTF-8 without a byte order mark, piece by piece; anything else is refused. */
import { isUtf8 } from "node:buffer";
import { rejected } from "../datasets/reasons.ts";

/** Beginnings of files that people rename to .jsonl, and what to do about them. */
const magics: { name: string; bytes: string; remedy: string }[] = [
  {
    name: "a ZIP archive (or a spreadsheet or Word document)",
    bytes: "PK\x03\x04",
    remedy: "Unpack it, or save the sheet as CSV (UTF-8)",
  },
  { name: "a gzip archive", bytes: "\x1f\x8b", remedy: "Unpack it with `gunzip`" },
  { name: "a Zstandard archive", bytes: "\x28\xb5\x2f\xfd", remedy: "Unpack it with `unzstd`" },
  { name: "a bzip2 archive", bytes: "BZh", remedy: "Unpack it with `bunzip2`" },
  { name: "an xz archive", bytes: "\xfd7zXZ\x00", remedy: "Unpack it with `unxz`" },
  { name: "a PDF", bytes: "%PDF-", remedy: "Extract its text into JSON Lines" },
  { name: "a PNG image", bytes: "\x89PNG", remedy: "Only text can be trained on" },
  { name: "a JPEG image", bytes: "\xff\xd8\xff", remedy: "Only text can be trained on" },
  {
    name: "a Parquet file",
    bytes: "PAR1",
    remedy: "Convert it, for example with `pandas.read_parquet(f).to_json(out, orient='records', lines=True)`",
  },
  { name: "an Arrow file", bytes: "ARROW1", remedy: "Export it as JSON Lines" },
  { name: "an SQLite database", bytes: "SQLite format 3\x00", remedy: "Export the table as CSV or JSON Lines" },
  { name: "an old Office document", bytes: "\xd0\xcf\x11\xe0", remedy: "Save it as CSV (UTF-8)" },
];

export interface Decoder {
  /** Throws `not_utf8` with the line of the first wrong byte. */
  decode(chunk: Buffer): Buffer;
  /** What is left when the file ends. */
  end(): Buffer;
}

/** Chooses by the first bytes of the file (a few kilobytes will do). Throws when they are not text. */
export function decoderFor(head: Buffer): Decoder {
  if (head[0] === 0xff && head[1] === 0xfe) return utf16("utf-16le");
  if (head[0] === 0xfe && head[1] === 0xff) return utf16("utf-16be");
  const start = head.toString("latin1", 0, 16);
  const magic = magics.find(({ bytes }) => start.startsWith(bytes));
  if (magic)
    throw rejected("binary_file", `The file looks like ${magic.name}, not JSON Lines, JSON or CSV. ${magic.remedy}.`);
  const nul = head.indexOf(0);
  if (nul !== -1) throw nulFound(head, nul);
  return utf8();
}

/** A lone surrogate of UTF-16 becomes U+FFFD: UTF-8 has no way to write it. */
function utf16(label: "utf-16le" | "utf-16be"): Decoder {
  const decoder = new TextDecoder(label);
  return {
    decode: (chunk) => Buffer.from(decoder.decode(chunk, { stream: true })),
    end: () => Buffer.from(decoder.decode()),
  };
}

function utf8(): Decoder {
  let line = 1;
  let first = true;
  let cut = Buffer.alloc(0); // the beginning of a character whose rest is in the next piece

  const checked = (bytes: Buffer): Buffer => {
    const valid = isUtf8(bytes);
    let start = 0;
    for (let end = bytes.indexOf(10); end !== -1; end = bytes.indexOf(10, start)) {
      if (!valid && !isUtf8(bytes.subarray(start, end))) throw notUtf8(line);
      line++;
      start = end + 1;
    }
    if (!valid) throw notUtf8(line);
    return bytes;
  };

  return {
    decode(chunk) {
      let bytes = cut.length > 0 ? Buffer.concat([cut, chunk]) : chunk;
      if (first && bytes.length < 3 && bytes[0] === 0xef) {
        cut = Buffer.from(bytes);
        return Buffer.alloc(0);
      }
      if (first && bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) bytes = bytes.subarray(3);
      first = false;
      const whole = bytes.length - unfinished(bytes);
      cut = Buffer.from(bytes.subarray(whole));
      return checked(bytes.subarray(0, whole));
    },
    end: () => checked(cut),
  };
}

/** How many bytes at the end are the beginning of a longer character: 0 to 3. */
function unfinished(bytes: Buffer): number {
  for (let back = 1; back <= 3 && back <= bytes.length; back++) {
    const byte = bytes[bytes.length - back]!;
    if (byte < 0x80) return 0;
    if (byte >= 0xc0) return back < (byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2) ? back : 0;
  }
  return 0;
}

const notUtf8 = (line: number) =>
  rejected(
    "not_utf8",
    `Line ${line} is not valid UTF-8; the file may be Latin-1 or Windows-1252. Save it as UTF-8, for example with \`iconv -f WINDOWS-1252 -t UTF-8\`.`,
  );

function nulFound(head: Buffer, nul: number) {
  const even = head.subarray(0, 64).filter((byte, at) => byte === 0 && at % 2 === 0).length;
  const odd = head.subarray(0, 64).filter((byte, at) => byte === 0 && at % 2 === 1).length;
  if (Math.max(even, odd) >= 16)
    return rejected("not_utf8", "The file looks like UTF-16 without a byte order mark. Save it as UTF-8.");
  return rejected(
    "binary_file",
    `The file is not text: byte ${nul + 1} is NUL. Upload JSON Lines, JSON or CSV as UTF-8.`,
  );
}
