import type { Attempt, Outcome } from "../jobs/attempts.ts";
import type { RunEvent } from "../runs.ts";

/** The attempt after one more event. An event that was counted already changes nothing. */
export function apply(attempt: Attempt, event: RunEvent): Attempt {
  if (event.n <= attempt.ingested) return attempt;
  const next = { ...attempt, ingested: event.n };
  switch (event.type) {
    case "log":
      return next;
    case "started":
      return { ...next, totalSteps: event.totalSteps, baseline: event.baseline ?? attempt.baseline };
    case "metrics":
      return {
        ...next,
        step: event.step,
        told: Math.max(attempt.told, event.step),
        totalSteps: event.totalSteps,
        epoch: event.epoch,
        loss: event.loss,
        tokensPerSecond: event.tokensPerSecond,
        trainedTokens: event.trainedTokens,
        validation: event.validation ?? attempt.validation,
      };
    case "checkpoint":
      return { ...next, checkpoint: event.checkpoint, validation: event.checkpoint.validation ?? attempt.validation };
    case "done":
      return {
        ...next,
        step: event.step,
        trainedTokens: event.trainedTokens,
        seconds: event.seconds,
        checkpoint: event.checkpoint ?? attempt.checkpoint,
        outcome: outcomeOf(event),
      };
    case "failed":
      return { ...next, step: event.step, outcome: { kind: "failed", code: event.code, message: event.message } };
  }
}

function outcomeOf({ outcome, model }: Extract<RunEvent, { type: "done" }>): Outcome {
  if (outcome !== "succeeded") return { kind: outcome };
  if (model) return { kind: "succeeded", gguf: model.gguf, model: model.uri, bytes: model.bytes };
  // Another attempt would end the same way.
  return { kind: "failed", code: "internal", message: "The trainer says that it succeeded, but names no model." };
}
