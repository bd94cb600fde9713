/**
 * A matcher of IAM's patterns, where `*` is any text and `?` any one character; all others are themselves.
 * Throws for a policy variable such as `${aws:username}`, since nothing here could fill it in.
 */
export function wildcard(pattern: string, options: { ignoreCase?: boolean } = {}): (text: string) => boolean {
  if (/\$\{/.test(pattern)) throw new Error(`has the policy variable ${pattern}, which the laptop cannot fill in`);
  const { ignoreCase = false } = options;
  if (!/[*?]/.test(pattern)) {
    const wanted = ignoreCase ? pattern.toLowerCase() : pattern;
    return (text) => (ignoreCase ? text.toLowerCase() : text) === wanted;
  }
  const source = pattern
    .split(/([*?])/)
    .map((part) => ({ "*": ".*", "?": "." })[part] ?? RegExp.escape(part))
    .join("");
  const expression = new RegExp(`^${source}$`, ignoreCase ? "isu" : "su");
  return (text) => expression.test(text);
}
