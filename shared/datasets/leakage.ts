/** Rows of the validation file that the model is also trained on make its loss look better than it is. */
import { fingerprintBytes, fingerprintSet } from "./fingerprints.ts";

export interface Leakage {
  /** Validation rows that are in the training file too. */
  rows: number;
  /** Their positions among the accepted rows of the validation file, from 1; at most `maxListed`. */
  listed: number[];
}

/** Both arguments are what `prepare` wrote to `fingerprints`, in pieces of any size. Holds about 15 bytes per training row. */
export async function findLeakage(
  training: AsyncIterable<Uint8Array>,
  validation: AsyncIterable<Uint8Array>,
  maxListed = 100,
): Promise<Leakage> {
  const trained = fingerprintSet();
  await eachFingerprint(training, (print) => trained.add(print));
  const found: Leakage = { rows: 0, listed: [] };
  let position = 0;
  await eachFingerprint(validation, (print) => {
    position++;
    if (!trained.has(print)) return;
    found.rows++;
    if (found.listed.length < maxListed) found.listed.push(position);
  });
  return found;
}

async function eachFingerprint(source: AsyncIterable<Uint8Array>, visit: (print: string) => void) {
  let rest = Buffer.alloc(0);
  for await (const chunk of source) {
    const bytes =
      rest.length > 0 ? Buffer.concat([rest, chunk]) : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
    const whole = bytes.length - (bytes.length % fingerprintBytes);
    for (let at = 0; at < whole; at += fingerprintBytes) visit(bytes.toString("latin1", at, at + fingerprintBytes));
    rest = Buffer.from(bytes.subarray(whole));
  }
  if (rest.length > 0) throw new Error(`A file of fingerprints ends with ${rest.length} bytes that are none.`);
}
