/** JSON Lines: a row is what stands between two line feeds. Blank lines count as lines and are no rows. */
import { Carry, handOver, type RowListener, type RowSplitter, tooLongMessage } from "./rows.ts";

const LF = 10;

/** Lines are numbered from 1. CR LF ends a line too; U+2028 and a CR inside a line do not. */
export function lineSplitter(to: RowListener, maxLineBytes: number): RowSplitter {
  const carry = new Carry(maxLineBytes + 2); // room for CR and one blank, so that the limit is on the row itself
  let line = 1;

  const finishCarried = () => {
    if (carry.tooLong) {
      carry.take();
      to.unfit(line, "line_too_long", tooLongMessage(maxLineBytes));
      return;
    }
    const whole = carry.take();
    handOver(to, maxLineBytes, whole, 0, whole.length, line);
  };

  return {
    push(chunk) {
      let start = 0;
      for (let end = chunk.indexOf(LF); end !== -1; end = chunk.indexOf(LF, start)) {
        if (carry.open) {
          carry.add(chunk.subarray(start, end));
          finishCarried();
        } else handOver(to, maxLineBytes, chunk, start, end, line);
        line++;
        start = end + 1;
      }
      if (start < chunk.length) carry.add(chunk.subarray(start));
    },
    end() {
      if (carry.open) finishCarried();
    },
  };
}
