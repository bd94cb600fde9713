import { createWriteStream, renameSync, statSync } from "node:fs";

/** Where everything is written that is not the one line on stdout. */
export interface Log {
  /** To the file only: what functions and emulators say. */
  write(source: string, text: string): void;
  /** To the file and to stderr: what a person should see. */
  error(source: string, text: string): void;
  close(): Promise<void>;
}

const MAX_BYTES = 10 * 1024 * 1024;

/** Begins a new file when the last one has grown large; the one before it is kept as `.1`. */
export function openLog(options: { path: string; quiet: boolean }): Log {
  const { path, quiet } = options;
  if ((statSync(path, { throwIfNoEntry: false })?.size ?? 0) > MAX_BYTES) renameSync(path, `${path}.1`);
  const file = createWriteStream(path, { flags: "a" });
  // A full disk must not stop the system; it must be seen.
  file.on("error", (error) => process.stderr.write(`The log ${path} cannot be written: ${error.message}\n`));
  const line = (source: string, text: string) => `${new Date().toISOString()} ${source} ${text.trimEnd()}\n`;
  return {
    write: (source, text) => file.write(line(source, text)),
    error(source, text) {
      file.write(line(source, text));
      if (!quiet) process.stderr.write(`${source}: ${text.trimEnd()}\n`);
    },
    close: () => new Promise((resolve) => file.end(() => resolve())),
  };
}
