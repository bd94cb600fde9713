import { Writable } from "node:stream";

/** A stream that keeps what is written to it. */
export function written({ isTTY }: { isTTY: boolean }) {
  const pieces: string[] = [];
  const stream = new Writable({
    write(chunk, _encoding, done) {
      pieces.push(String(chunk));
      done();
    },
  });
  return {
    stream: Object.assign(stream, { isTTY, columns: 80 }) as unknown as NodeJS.WriteStream,
    text: () => pieces.join(""),
  };
}
