/** Personal data and secrets in the texts of a row: which kinds, never the values. A cheap test comes before each search. */
import { isIPv4, isIPv6 } from "node:net";
import type { Report } from "./report.ts";

type Kind = Report["pii"]["kinds"][number]["kind"];

interface Search {
  kind: Kind;
  /** Quick and generous: a text that fails it holds none. */
  hint: (text: string) => boolean;
  pattern: RegExp;
  valid: (found: string) => boolean;
}

const hasDigits = (text: string) => /\d[\d .()-]{6,}\d/.test(text);
const always = () => true;
const digitsOf = (text: string) => text.replace(/\D/g, "");

/** Every pattern is bounded, so that no text makes it slow. */
const searches: Search[] = [
  {
    kind: "email",
    hint: (text) => text.includes("@"),
    pattern: /[\w.%+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){0,8}\.[A-Za-z]{2,24}/g,
    valid: always,
  },
  {
    kind: "phone",
    hint: hasDigits,
    pattern: /(?<![\w.])\+\d[\d ().-]{6,20}\d|(?<![\w.-])(?:\(\d{3}\) ?|\d{3}[ .-])\d{3}[ .-]\d{4}(?![\d-])/g,
    valid: (found) => (digitsOf(found).length >= 8 && digitsOf(found).length <= 15) || !found.startsWith("+"),
  },
  {
    kind: "ip_address",
    hint: (text) => text.includes("."),
    pattern: /(?<![\w.])\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}(?![\w.]*\d)/g,
    valid: (found) => isIPv4(found),
  },
  {
    kind: "ip_address",
    hint: (text) => /[0-9a-f]:[0-9a-f:]/i.test(text),
    pattern: /(?<![\w:])(?:[0-9A-Fa-f]{1,4}:{1,2}){2,7}[0-9A-Fa-f]{1,4}(?![\w:])/g,
    valid: (found) => isIPv6(found),
  },
  { kind: "credit_card", hint: hasDigits, pattern: /(?<![\w.])[2-6](?:[ -]?\d){12,18}(?![\w])/g, valid: isCard },
  {
    kind: "iban",
    hint: (text) => /[A-Z]{2}\d{2} ?[A-Z0-9]{4}/.test(text),
    pattern: /(?<![A-Za-z0-9])[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?(?![A-Za-z0-9])/g,
    valid: isIban,
  },
  {
    kind: "us_ssn",
    hint: (text) => text.includes("-"),
    pattern: /(?<![\w-])(?!000|666|9)\d{3}-(?!00)\d{2}-(?!0000)\d{4}(?![\w-])/g,
    valid: always,
  },
  {
    kind: "api_key",
    hint: always,
    pattern:
      /\b(?:sk-[A-Za-z0-9_-]{20}|(?:AKIA|ASIA)[0-9A-Z]{16}\b|gh[pousr]_[A-Za-z0-9]{36}|github_pat_\w{40}|xox[abprs]-[A-Za-z0-9-]{10}|AIza[\w-]{35}|hf_[A-Za-z0-9]{30}|glpat-[\w-]{20}|[sr]k_live_[A-Za-z0-9]{16})|-----BEGIN [A-Z ]{0,20}PRIVATE KEY-----/g,
    valid: always,
  },
];

export function piiIn(text: string): Set<Kind> {
  const kinds = new Set<Kind>();
  for (const { kind, hint, pattern, valid } of searches) {
    if (kinds.has(kind) || !hint(text)) continue;
    for (const [found] of text.matchAll(pattern)) {
      if (!valid(found)) continue;
      kinds.add(kind);
      break;
    }
  }
  return kinds;
}

export function piiCount(maxListed: number) {
  const kinds = new Map<Kind, { kind: Kind; rows: number; lines: number[] }>();
  const found: Report["pii"] = { examined: 0, kinds: [] };
  return {
    found,
    add(text: string, line: number) {
      found.examined++;
      for (const kind of piiIn(text)) {
        let entry = kinds.get(kind);
        if (!entry) {
          entry = { kind, rows: 0, lines: [] };
          kinds.set(kind, entry);
          found.kinds.push(entry);
        }
        entry.rows++;
        if (entry.lines.length < maxListed) entry.lines.push(line);
      }
    },
  };
}

/** Visa, Mastercard, American Express, Diners Club, JCB, Discover: beginnings and lengths. */
const cards =
  /^(?:4\d{12}(?:\d{3}){0,2}|5[1-5]\d{14}|2[2-7]\d{14}|3[47]\d{13}|3[068]\d{12}|35\d{14}|6(?:011|4[4-9]\d|5\d\d)\d{12})$/;

function isCard(found: string): boolean {
  const digits = digitsOf(found);
  if (!cards.test(digits)) return false;
  let sum = 0;
  for (let at = 0; at < digits.length; at++) {
    const digit = Number(digits[digits.length - 1 - at]);
    const doubled = at % 2 === 1 ? digit * 2 : digit;
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0;
}

/** ISO 13616: mod 97 of the rearranged number is 1. A word in capitals after it may have been taken along, so shorter ends are tried. */
function isIban(found: string): boolean {
  for (let text = found; text.length >= 15; text = text.slice(0, text.lastIndexOf(" "))) {
    const packed = text.replaceAll(" ", "");
    let rest = 0;
    for (const char of packed.slice(4) + packed.slice(0, 4)) {
      const value = Number.parseInt(char, 36);
      rest = (rest * (value > 9 ? 100 : 10) + value) % 97;
    }
    if (rest === 1 && packed.length >= 15) return true;
    if (!text.includes(" ")) return false;
  }
  return false;
}
