/**
 * `npm run demo`: a real fine-tune on this machine, from an upload to a model that answers differently.
 *
 * Starts a laptop of its own and removes it afterwards; `npm run demo -- --keep` leaves its data. With ANNEAL_URL and
 * ANNEAL_API_KEY it uses that installation instead. Exits 0 only when everything it shows has really happened.
 */
import { annealAt } from "./demo/anneal.ts";
import { showCurve } from "./demo/curve.ts";
import { prompts, uploadExamples } from "./demo/dataset.ts";
import { showModel, whatNext } from "./demo/model.ts";
import { choosePlace, type Place } from "./demo/place.ts";
import { makeProgress } from "./demo/progress.ts";
import { makeScreen } from "./demo/screen.ts";
import { compareAnswers } from "./demo/side-by-side.ts";
import { train } from "./demo/training.ts";
import { showVerdict } from "./demo/verdict.ts";

const began = performance.now();
const screen = makeScreen(process.stdout);
const ending = new AbortController();
const progress = makeProgress(screen, ending.signal);

async function demo(place: Place): Promise<void> {
  const held = prompts();
  screen.title("Anneal: a fine-tune, start to finish");
  const starting = progress.begin("Starting");
  const { url, apiKey, name } = await place.ready;
  starting.done(name);
  const anneal = annealAt({ url, apiKey, stallSeconds: place.stallSeconds, signal: ending.signal });

  const files = await uploadExamples({ anneal, screen, progress });
  const run = await train({ anneal, screen, progress, files });
  showCurve(screen, run);
  const answers = await compareAnswers({ anneal, screen, progress, prompts: held, run });
  await showVerdict({ anneal, screen, run, files, answers });
  await showModel({ screen, place, run });
  whatNext({ screen, place, run });
}

class Interrupted extends Error {}
const interrupted = new Promise<never>((_, reject) => {
  // The place is closed once; hearing the signal again must not end the demo while it does so.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
    process.on(signal, () => reject(new Interrupted(`Interrupted by ${signal}`)));
});

let exitCode = 0;
let place: Place | null = null;
const fail = (error: unknown, log: string | null) => {
  exitCode = 1;
  // What was interrupted must not go on beside its own failure.
  ending.abort(error);
  screen.failure(error, log);
};
try {
  place = choosePlace(process.env, { keep: process.argv.includes("--keep") });
  await Promise.race([demo(place), place.lost, interrupted]);
} catch (error) {
  fail(error, error instanceof Interrupted ? null : (place?.logTail() ?? null));
}
try {
  await place?.close();
} catch (error) {
  fail(error, null);
}
const seconds = Math.round((performance.now() - began) / 1000);
screen.line(
  exitCode === 0 ? `Everything above really happened, in ${seconds} s.` : `The demo failed after ${seconds} s.`,
);
// What was interrupted may still be waiting for a reply.
process.stdout.write("", () => process.exit(exitCode));
