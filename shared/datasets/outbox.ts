/** Gathers small writes into large ones. Writing is synchronous; what has piled up is drained between pieces of input. */
const chunkBytes = 64 * 1024;

export function outbox(send: (chunk: Uint8Array) => Promise<void>) {
  const full: Buffer[] = [];
  let current = Buffer.allocUnsafeSlow(chunkBytes);
  let used = 0;

  const renew = () => {
    full.push(current);
    current = Buffer.allocUnsafeSlow(chunkBytes);
    used = 0;
  };

  return {
    /** Copies `bytes[start, end)`. */
    write(bytes: Buffer, start = 0, end = bytes.length) {
      let from = start;
      while (from < end) {
        if (used === current.length) renew();
        const copied = bytes.copy(current, used, from, end);
        used += copied;
        from += copied;
      }
    },
    /** Writes the text as UTF-8 and returns its length in bytes. */
    writeText(text: string): number {
      if (text.length * 3 <= current.length - used) {
        const written = current.write(text, used);
        used += written;
        return written;
      }
      const bytes = Buffer.from(text);
      this.write(bytes);
      return bytes.length;
    },
    /** Writes one byte per character, which must be below 256. Meant for a few of them. */
    writeLatin1(text: string) {
      for (let at = 0; at < text.length; at++) {
        if (used === current.length) renew();
        current[used++] = text.charCodeAt(at);
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
