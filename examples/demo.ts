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
const progress = makeProgress(screen);

async function demo(place: Place): Promise<void> {
  const held = prompts();
  screen.title("Anneal: a fine-tune, start to finish");
  const starting = progress.begin("Starting");
  const { url, apiKey, name } = await place.ready;
  starting.done(name);
  const anneal = annealAt({ url, apiKey, stallSeconds: place.stallSeconds });

  const files = await uploadExamples({ anneal, screen, progress });
  const run = await train({ anneal, screen, progress, files });
  showCurve(screen, run);
  const answers = await compareAnswers({ anneal, screen, progress, prompts: held, run });
  await showVerdict({ anneal, screen, run, files, answers });
  await showModel({ screen, place, run });
  whatNext({ screen, place, run });
}

const place = choosePlace(process.env, { keep: process.argv.includes("--keep") });
const interrupted = new Promise<never>((_, reject) => {
  // The place is closed once; hearing the signal again must not end the demo while it does so.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
    process.on(signal, () => reject(new Error(`Interrupted (${signal})`)));
});

let exitCode = 0;
try {
  await Promise.race([demo(place), interrupted]);
} catch (error) {
  exitCode = 1;
  progress.abandon();
  screen.failure(error, place.logTail());
}
try {
  await place.close();
} catch (error) {
  exitCode = 1;
  screen.failure(error, null);
}
const seconds = Math.round((performance.now() - began) / 1000);
screen.line(
  exitCode === 0 ? `Everything above really happened, in ${seconds} s.` : `The demo failed after ${seconds} s.`,
);
// What was interrupted may still be waiting for a reply.
process.stdout.write("", () => process.exit(exitCode));
