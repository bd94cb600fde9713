import * as z from "zod";
import { startLaptop } from "./laptop.ts";

/** Where the demo runs: a laptop of its own, or an installation that is there already. */
export interface Place {
  /** Where to send requests. */
  readonly ready: Promise<{ url: string; apiKey: string; name: string }>;
  /** Rejects when the laptop ends before it is asked to. */
  readonly lost: Promise<never>;
  /** How long nothing may change before a wait is given up. */
  readonly stallSeconds: number;
  /** The laptop's directory; null when the installation is elsewhere. */
  readonly dataDir: string | null;
  /** Whether the directory is still there afterwards. */
  readonly keeps: boolean;
  /** The last lines of the laptop's log; null when there is none to be read from here. */
  logTail(): string | null;
  /** Ends and removes what the demo started. Quiet when that is nothing. */
  close(): Promise<void>;
}

const Given = z.object({ ANNEAL_URL: z.url(), ANNEAL_API_KEY: z.string().min(1) });

/** Throws when only one of ANNEAL_URL and ANNEAL_API_KEY is set: it would not be clear which place was meant. */
export function choosePlace(environment: NodeJS.ProcessEnv, options: { keep: boolean }): Place {
  const { ANNEAL_URL, ANNEAL_API_KEY } = environment;
  if (!ANNEAL_URL && !ANNEAL_API_KEY) return startLaptop(options);
  if (!ANNEAL_URL || !ANNEAL_API_KEY)
    throw new Error("Set both ANNEAL_URL and ANNEAL_API_KEY to use an installation, or neither to start a laptop");
  const given = Given.parse({ ANNEAL_URL, ANNEAL_API_KEY });
  // People copy the base URL out of their own code, where it ends in the dialect's prefix.
  const url = given.ANNEAL_URL.replace(/\/+$/, "").replace(/\/v1$/, "");
  return {
    ready: Promise.resolve({ url, apiKey: given.ANNEAL_API_KEY, name: url }),
    lost: new Promise(() => {}),
    // A cloud GPU may take this long to be found and to load its image.
    stallSeconds: 30 * 60,
    dataDir: null,
    keeps: true,
    logTail: () => null,
    close: async () => {},
  };
}
