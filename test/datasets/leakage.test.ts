import { expect, test } from "vitest";
import { findLeakage } from "../../shared/datasets/leakage.ts";
import { jsonl, pieces, said, upload } from "./upload.ts";

const fingerprintsOf = async (...rows: unknown[]) => (await upload(jsonl(...rows))).fingerprints;

test("validation rows that are trained on are counted, whatever they were written like and however the bytes arrive", async () => {
  const training = await fingerprintsOf(said("a", "b"), said("c", "d"), said("e", "f"));
  const validation = await fingerprintsOf(
    said("x", "y"),
    { prompt: "c", completion: "d" },
    said("z", "z"),
    said("a", "b"),
  );
  expect(await findLeakage(pieces(training, [3, 9]), pieces(validation, [1, 2, 20]))).toEqual({
    rows: 2,
    listed: [2, 4],
  });
});

test("the positions are capped, the count is not", async () => {
  const rows = await fingerprintsOf(said("a", "b"), said("c", "d"), said("e", "f"));
  expect(await findLeakage(pieces(rows), pieces(rows), 1)).toEqual({ rows: 3, listed: [1] });
});

test("a file of fingerprints that is cut off is a defect, not an answer", async () => {
  await expect(findLeakage(pieces(Buffer.alloc(12)), pieces(Buffer.alloc(8)))).rejects.toThrow("4 bytes");
});
