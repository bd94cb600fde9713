import { wildcard } from "./wildcard.ts";

type Context = Readonly<Record<string, string>>;

/** The condition keys that the emulators fill in. */
const KEYS = ["s3:prefix", "iam:PassedToService"];
const OPERATORS: Readonly<Record<string, (wanted: string) => (value: string) => boolean>> = {
  StringEquals: (wanted) => (value) => value === wanted,
  StringLike: (wanted) => wildcard(wanted),
};

/**
 * Whether a request fits a statement's Condition: every key must have one of its values, and a key that the request
 * lacks fits none. Throws for operators and keys that are not known here: a condition that is passed over allows too much.
 */
export function readCondition(raw: Readonly<Record<string, Readonly<Record<string, unknown>>>>) {
  const tests = Object.entries(raw).flatMap(([operator, keys]) =>
    Object.entries(keys).map(([name, values]) => {
      const make = Object.hasOwn(OPERATORS, operator) ? OPERATORS[operator] : undefined;
      // The names of keys are the same in capitals.
      const key = KEYS.find((each) => each.toLowerCase() === name.toLowerCase());
      if (!make || !key) throw new Error(`has the condition ${operator} on ${name}; the laptop knows ${known}`);
      const fits = [values].flat().map((value) => make(String(value)));
      return (context: Context) => {
        const value = context[key];
        return value !== undefined && fits.some((each) => each(value));
      };
    }),
  );
  return (context: Context = {}) => tests.every((test) => test(context));
}

const known = `${Object.keys(OPERATORS).join(" and ")} on ${KEYS.join(" and ")} only`;
