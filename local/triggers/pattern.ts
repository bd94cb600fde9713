/** An EventBridge pattern of lists of values, nested as the event is. */
export interface Pattern {
  readonly [field: string]: readonly Scalar[] | Pattern;
}
type Scalar = string | number | boolean | null;

/** Throws for matchers beyond plain values (prefix, anything-but, …): a rule that never fires would be worse. */
export function readPattern(name: string, raw: unknown): Pattern {
  for (const [field, wanted] of Object.entries(raw as object)) {
    if (!Array.isArray(wanted)) readPattern(name, wanted);
    else if (wanted.some((each) => each !== null && typeof each === "object"))
      throw new Error(
        `${name} matches ${field} by ${JSON.stringify(wanted)}; the laptop knows lists of plain values only`,
      );
  }
  return raw as Pattern;
}

/** Every field of the pattern must be in the event with one of the values; an event's list fits when one of its members does. */
export function matches(pattern: Pattern, event: unknown): boolean {
  if (event === null || typeof event !== "object") return false;
  return Object.entries(pattern).every(([field, wanted]) => {
    const value = (event as Record<string, unknown>)[field];
    if (!Array.isArray(wanted)) return matches(wanted as Pattern, value);
    return (Array.isArray(value) ? value : [value]).some((each) => wanted.includes(each as Scalar));
  });
}
