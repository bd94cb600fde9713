/** `npm start`: the whole system on this machine. PORT (3000; 0 takes any) and ANNEAL_DATA (.anneal) say where. */
import { enableCompileCache } from "node:module";
import { join, resolve } from "node:path";

// Set but empty is as good as not set.
const dataDir = resolve(process.env.ANNEAL_DATA || join(import.meta.dirname, "..", ".anneal"));
const port = process.env.PORT || "3000";
// Before anything large is loaded, so that the second start is fast.
enableCompileCache(join(dataDir, "cache"));
const { startLaptop } = await import("./laptop.ts");

try {
  const laptop = await startLaptop({ port: portOf(port), dataDir });
  let stopping = false;
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.on(signal, async () => {
      // A second signal is from someone who does not want to wait.
      if (stopping) process.exit(1);
      stopping = true;
      await laptop.close();
      process.exit(0);
    });
  }
  process.stdout.write(`anneal ready ${laptop.url}\n`);
} catch (error) {
  process.stderr.write(`anneal could not start: ${explain(error)}\n`);
  process.exit(1);
}

function portOf(text: string): number {
  const number = Number(text);
  if (Number.isInteger(number) && number >= 0 && number < 65_536) return number;
  throw new Error(`PORT is '${text}'; give a number from 0 to 65535, where 0 takes any free port`);
}

function explain(error: unknown): string {
  const { code, port: taken } = error as NodeJS.ErrnoException & { port?: number };
  if (code === "EADDRINUSE")
    return taken === Number(port)
      ? `port ${port} is taken. Set PORT to another one, or to 0 for any.`
      : `port ${taken}, which it had found free, was taken by another program. Start it again.`;
  return error instanceof Error ? error.message : String(error);
}
