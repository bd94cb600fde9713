/** An element of text or of elements. Children that are undefined are left out. */
export type Xml = { name: string; content: string | (Xml | undefined)[] };

export const xml = (name: string, content: string | number | (Xml | undefined)[]): Xml => ({
  name,
  content: typeof content === "number" ? String(content) : content,
});

export function print({ name, content }: Xml): string {
  const namespace = roots.has(name) ? ' xmlns="http://s3.amazonaws.com/doc/2006-03-01/"' : "";
  const inner =
    typeof content === "string" ? encode(content) : content.map((child) => (child ? print(child) : "")).join("");
  return `<${name}${namespace}>${inner}</${name}>`;
}

const roots = new Set([
  "ListBucketResult",
  "ListAllMyBucketsResult",
  "DeleteResult",
  "CopyObjectResult",
  "CopyPartResult",
  "InitiateMultipartUploadResult",
  "CompleteMultipartUploadResult",
  "ListPartsResult",
  "LocationConstraint",
]);

/** The insides of every `<name>` in a document as flat as S3's requests are. */
export const insides = (document: string, name: string): string[] =>
  [...document.matchAll(new RegExp(`<${name}(?:\\s[^>]*)?>([\\s\\S]*?)</${name}>`, "g"))].map(([, inside]) => inside!);

/** The text of the first `<name>`, or undefined. */
export const textOf = (document: string, name: string): string | undefined => {
  const [inside] = insides(document, name);
  return inside === undefined ? undefined : decode(inside);
};

// Control characters are legal in keys and not in XML 1.0, but for references: SDKs read them.
const encode = (text: string) =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  text.replace(/[&<>"\u0000-\u001f]/g, (character) => named[character] ?? `&#${character.charCodeAt(0)};`);
const named: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

const decode = (text: string) =>
  text.replace(/&(?:#x([\da-f]+)|#(\d+)|(\w+));/gi, (whole, hex, decimal, name) => {
    if (name) return entities[name] ?? whole;
    return String.fromCodePoint(hex ? Number.parseInt(hex, 16) : Number(decimal));
  });
const entities: Record<string, string> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };
