import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { drawCurve } from "../../examples/demo/curve.ts";

const line = (losses: readonly number[], from = 1) => losses.map((loss, index) => ({ step: from + index, loss }));
const steep = Array.from({ length: 120 }, (_, index) => 9 * Math.exp(-index / 20));

describe("a loss curve", () => {
  test("begins at the top and ends at the bottom when the loss falls", () => {
    const { text } = drawCurve({ training: line(steep), validation: [] }, 80);
    const rows = text.split("\n");
    expect(rows[0]).toMatch(/^ +9 ┤─/);
    expect(rows[10]).toMatch(/─$/);
    expect(rows[10]!.length).toBe(80);
  });

  test("is logarithmic when the loss falls far, and linear when it does not", () => {
    expect(drawCurve({ training: line(steep), validation: [] }, 80).scale).toBe("log");
    expect(drawCurve({ training: line([3, 2.5, 2.4]), validation: [] }, 80).scale).toBe("linear");
    // There is no logarithm of nothing.
    expect(drawCurve({ training: line([3, 0]), validation: [] }, 80).scale).toBe("linear");
  });

  test("has a point for every validation loss, over the line", () => {
    const validation = [
      { step: 0, loss: 9 },
      { step: 60, loss: 1 },
      { step: 120, loss: 0.05 },
    ];
    const { text } = drawCurve({ training: line(steep), validation }, 80);
    expect(text.match(/●/g)).toHaveLength(3);
    expect(text.split("\n")[0]).toMatch(/┤●/);
  });

  test("has its first and last step below it", () => {
    const { text } = drawCurve({ training: line(steep), validation: [{ step: 0, loss: 9 }] }, 60);
    expect(text.split("\n").at(-1)).toMatch(/^ {8}step 0 +120$/);
  });

  test("joins the few points of a short run", () => {
    const { text } = drawCurve({ training: line([4, 2]), validation: [] }, 40);
    const drawn = text.split("\n").slice(0, 11);
    // Every column between the two steps is passed through.
    for (let x = 8; x < 40; x++) expect(drawn.some((row) => (row[x] ?? " ") !== " ")).toBe(true);
  });

  test("is drawn for whatever losses there are, in the columns that there are", () => {
    const loss = fc.double({ min: 0, max: 1e6, noNaN: true });
    const points = fc.array(fc.record({ step: fc.nat(10_000), loss }), { maxLength: 40 });
    fc.assert(
      fc.property(points, points, fc.integer({ min: 30, max: 80 }), (training, validation, columns) => {
        fc.pre(training.length + validation.length > 0);
        const rows = drawCurve({ training, validation }, columns).text.split("\n");
        expect(rows).toHaveLength(13);
        for (const row of rows) expect(row.length).toBeLessThanOrEqual(columns);
      }),
    );
  });
});
