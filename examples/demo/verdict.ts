import type { Anneal } from "./anneal.ts";
import type { Files } from "./dataset.ts";
import { dollars, duration } from "./progress.ts";
import type { Screen } from "./screen.ts";
import type { Answer } from "./side-by-side.ts";
import { BASE_MODEL, HYPERPARAMETERS, type Run } from "./training.ts";

/** The first run has nothing measured before it. */
const NO_QUOTE = "nothing (no earlier run)";

/** Shows what the run reached and took beside what was quoted. Throws unless the tuned model is the better one on held-out rows. */
export async function showVerdict(demo: {
  anneal: Anneal;
  screen: Screen;
  run: Run;
  files: Files;
  answers: readonly Answer[];
}): Promise<void> {
  const { anneal, screen, run, files, answers } = demo;
  const { baseLoss, tunedLoss } = run;
  const different = answers.filter(({ base, tuned }) => base !== tuned).length;
  screen.heading("What it came to");
  screen.fact("held-out", `loss ${baseLoss.toFixed(3)} before, ${tunedLoss.toFixed(3)} after`);
  screen.fact("answers", `${different} of ${answers.length} differ from the base model's`);
  if (!(tunedLoss < baseLoss))
    throw new Error(`The tuned model is no better on held-out rows: loss ${tunedLoss} after, ${baseLoss} before`);

  const { quote, actual } = await anneal.jobQuote(run.job);
  const quoted = quote?.seconds ? `${duration(quote.seconds.low)} to ${duration(quote.seconds.high)}` : NO_QUOTE;
  const cost = actual.cost_usd ? `${dollars(actual.cost_usd.total)} (${actual.cost_usd.source})` : "not known";
  screen.fact("time", `${duration(actual.seconds)}; quoted: ${quoted}`);
  screen.fact("cost", `${cost}; quoted: ${quote?.cost_usd ? dollars(quote.cost_usd.expected) : NO_QUOTE}`);
  // Now that a run was measured, a quote has something to go by.
  const { seconds } = await anneal.quote({
    model: BASE_MODEL,
    training_file: files.training,
    hyperparameters: HYPERPARAMETERS,
  });
  if (seconds)
    screen.fact("next quote", `${duration(seconds.low)} to ${duration(seconds.high)}, from ${seconds.source}`);
}
