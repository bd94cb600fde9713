import fc from "fast-check";
import { expect, test } from "vitest";
import { fingerprintOf, fingerprintSet } from "../../shared/datasets/fingerprints.ts";

test("the set remembers exactly what was added, through many growths", () => {
  const set = fingerprintSet();
  const known = new Set<string>();
  for (let at = 0; at < 20_000; at++) {
    const print = fingerprintOf(String(at % 15_000));
    expect(set.add(print)).toBe(!known.has(print));
    known.add(print);
  }
  expect(set.has(fingerprintOf("20001"))).toBe(false);
  expect(set.has(fingerprintOf("14999"))).toBe(true);
});

test("fingerprints full of zeros or of ones are like others", () => {
  const byte = fc.constantFrom("\x00", "\x01", "\xff");
  const print = fc.string({ unit: byte, minLength: 8, maxLength: 8 });
  fc.assert(
    fc.property(fc.array(print, { maxLength: 2000 }), (prints) => {
      const set = fingerprintSet();
      const known = new Set<string>();
      for (const one of prints) {
        expect(set.add(one)).toBe(!known.has(one));
        known.add(one);
      }
    }),
  );
});
