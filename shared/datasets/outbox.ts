/** Gathers small writes into large ones. Writing is synchronous; what has piled up is drained between pieces of input. */
const chunkBytes = 256 * 1024;

export function outbox(send: (chunk: Uint8Array) => Promise<void>) {
  const full: Buffer[] = [];
  let current = Buffer.allocUnsafeSlow(chunkBytes);
  let used = 0;

  return {
    /** Copies `bytes[start, end)`. */
    write(bytes: Buffer, start = 0, end = bytes.length) {
      let from = start;
      while (from < end) {
        if (used === current.length) {
          full.push(current);
          current = Buffer.allocUnsafeSlow(chunkBytes);
          used = 0;
        }
        const copied = bytes.copy(current, used, from, end);
        used += copied;
        from += copied;
      }
    },
    /** Sends what is full; the chunks are the receiver's to keep. */
    async drain() {
      for (let chunk = full.shift(); chunk; chunk = full.shift()) await send(chunk);
    },
    /** Sends the rest as well. */
    async finish() {
      if (used > 0) full.push(current.subarray(0, used));
      used = current.length;
      await this.drain();
    },
  };
}
export type Outbox = ReturnType<typeof outbox>;
