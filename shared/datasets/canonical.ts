/**
 * The canonical text of a record: `JSON.stringify` of it with its keys in the order of shared/chat.ts, so that equal
 * records have equal bytes. Most uploads are written that way already; proving it is cheaper than writing them again.
 */
const roles = new Set(["system", "user", "assistant"]);

/**
 * The canonical text of a plain supervised record that was parsed from `text`: nothing but `messages`, each with `role`
 * and a `content` that says something, one of them the assistant's. Null for any other row: it has to be read first.
 *
 * Why `text` itself may do: the parsed row has exactly the canonical keys in the canonical order, so its canonical text
 * without escapes is as long as `bareLength` says. Blanks, repeated keys and escapes only make a text longer. So an equally
 * long text is canonical; and a longer one is, if the difference is the number of its two-character escapes and it has no others.
 */
export function canonicalOfPlain(row: unknown, text: string): string | null {
  const bare = bareLength(row);
  if (bare === -1) return null;
  return bare <= text.length && isWritten(bare, text) ? text : JSON.stringify(row);
}

function isWritten(bare: number, text: string): boolean {
  let escapes = 0;
  for (let at = text.indexOf("\\"); at !== -1; at = text.indexOf("\\", at + 2)) {
    if (!isShortEscape(text.charCodeAt(at + 1))) return false;
    escapes++;
  }
  return bare + escapes === text.length;
}

/** In UTF-16 units; -1 when the row is not a plain one. */
function bareLength(row: unknown): number {
  if (typeof row !== "object" || row === null) return -1;
  for (const key in row) if (key !== "messages") return -1;
  const { messages } = row as { messages?: unknown };
  if (!Array.isArray(messages)) return -1;
  let length = '{"messages":[]}'.length + messages.length - 1;
  let hasReply = false;
  for (const message of messages) {
    const size = plainMessageLength(message);
    if (size === -1) return -1;
    length += size;
    hasReply ||= message.role === "assistant";
  }
  return hasReply ? length : -1;
}

function plainMessageLength(message: unknown): number {
  if (typeof message !== "object" || message === null) return -1;
  let keys = 0;
  for (const key in message) if (key !== (keys++ === 0 ? "role" : "content")) return -1;
  const { role, content } = message as { role?: unknown; content?: unknown };
  if (keys !== 2 || typeof role !== "string" || !roles.has(role)) return -1;
  if (typeof content !== "string" || (content === "" && role !== "system")) return -1;
  return '{"role":"","content":""}'.length + role.length + content.length;
}

/** `\"`, `\\`, `\b`, `\f`, `\n`, `\r`, `\t`: those that JSON.stringify writes too. `\/` and `\u` are not. */
const isShortEscape = (code: number) =>
  code === 110 || code === 34 || code === 92 || code === 116 || code === 114 || code === 98 || code === 102;
