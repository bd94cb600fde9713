/** How many tokens the rows have, from a sample of known size that is spread evenly over the file. */
import type { Report } from "./report.ts";

const bounds = [128, 256, 512, 1024, 2048, 4096, 8192, 16_384, 32_768, 65_536, 131_072, null];

/**
 * Every row is tokenized while there are at most `sampleRows`; then every second, every fourth and so on, so that
 * always between half of `sampleRows` and all of it are kept. The total is scaled by bytes, which varies less than by rows.
 */
export function tokenCount(countTokens: (text: string) => number, tokenizer: string, sampleRows: number) {
  let counts: number[] = [];
  let sizes: number[] = [];
  let stride = 1;
  let rows = 0;
  let bytes = 0;

  const thin = () => {
    counts = counts.filter((_, at) => at % 2 === 0);
    sizes = sizes.filter((_, at) => at % 2 === 0);
    stride *= 2;
  };

  return {
    /** `size` in bytes; `text` is only asked for when the row is in the sample. */
    add(size: number, text: () => string) {
      bytes += size;
      if (sampleRows === 0 || rows++ % stride !== 0) return;
      if (counts.length === sampleRows) {
        thin();
        if ((rows - 1) % stride !== 0) return;
      }
      counts.push(countTokens(text()));
      sizes.push(size);
    },
    found(): Report["tokens"] {
      const sorted = counts.toSorted((a, b) => a - b);
      const sum = counts.reduce((a, b) => a + b, 0);
      const sampled = sizes.reduce((a, b) => a + b, 0);
      return {
        tokenizer,
        examined: counts.length,
        total: sampled === bytes ? sum : sampled === 0 ? 0 : Math.round((sum / sampled) * bytes),
        estimated: sampled !== bytes,
        max: sorted.at(-1) ?? 0,
        median: sorted[Math.floor((sorted.length - 1) / 2)] ?? 0,
        histogram: bounds.map((upTo, at) => ({
          upTo,
          rows: sorted.filter((count) => (upTo === null || count <= upTo) && (at === 0 || count > bounds[at - 1]!))
            .length,
        })),
      };
    },
  };
}
