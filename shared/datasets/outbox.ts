/** Gathers small writes into large ones. Writing is synchronous; what has piled up is drained between pieces of input. */
const chunkBytes = 256 * 1024;
const LF = 10;

export function outbox(send: (chunk: Uint8Array) => Promise<void>) {
  const full: Buffer[] = [];
  let current = Buffer.allocUnsafeSlow(chunkBytes);
  let used = 0;
  /** Lines that follow each other in the same bytes are copied at once, when something else comes. */
  let run: { bytes: Buffer; start: number; end: number } | null = null;

  const renew = () => {
    full.push(current);
    current = Buffer.allocUnsafeSlow(chunkBytes);
    used = 0;
  };

  const copy = (bytes: Buffer, start: number, end: number) => {
    let from = start;
    while (from < end) {
      if (used === current.length) renew();
      const copied = bytes.copy(current, used, from, end);
      used += copied;
      from += copied;
    }
  };

  const put = (byte: number) => {
    if (used === current.length) renew();
    current[used++] = byte;
  };

  const settle = () => {
    if (!run) return;
    copy(run.bytes, run.start, run.end);
    put(LF);
    run = null;
  };

  return {
    /** Writes `bytes[start, end)` and a line feed. The bytes must stay as they are until the next `drain`. */
    writeSlice(bytes: Buffer, start: number, end: number) {
      if (run && run.bytes === bytes && run.end + 1 === start && bytes[run.end] === LF) {
        run.end = end;
        return;
      }
      settle();
      run = { bytes, start, end };
    },
    /** Writes the text as UTF-8 and a line feed, and returns the length of the text in bytes. */
    writeLine(text: string): number {
      settle();
      let size: number;
      if (text.length * 3 <= current.length - used) {
        size = current.write(text, used);
        used += size;
      } else {
        const bytes = Buffer.from(text);
        size = bytes.length;
        copy(bytes, 0, size);
      }
      put(LF);
      return size;
    },
    /** Writes one byte per character, which must be below 256. Meant for a few of them. */
    writeLatin1(text: string) {
      settle();
      for (let at = 0; at < text.length; at++) put(text.charCodeAt(at));
    },
    /** Sends what is full; the chunks are the receiver's to keep. */
    async drain() {
      settle();
      for (let chunk = full.shift(); chunk; chunk = full.shift()) await send(chunk);
    },
    /** Sends the rest as well. */
    async finish() {
      await this.drain();
      if (used > 0) await send(current.subarray(0, used));
      used = 0;
    },
  };
}
export type Outbox = ReturnType<typeof outbox>;
