import type { Blobs } from "../blobs.ts";
import { derivedId } from "../ids.ts";
import { type Attempt, makeAttempts } from "../jobs/attempts.ts";
import { makeCheckpoints, makeJobEvents } from "../jobs/events.ts";
import type { Job } from "../jobs/job.ts";
import { jobRows } from "../jobs/rows.ts";
import { eventKey, RunEvent, runPrefix } from "../runs.ts";
import type { Table } from "../table.ts";
import { apply } from "./apply.ts";
import type { RunReference } from "./prepare-run.ts";

const AT_ONCE = 200;

/**
 * Takes in what a trainer has written since last time. The objects are the truth and a notification only a hint to
 * look, so lost, repeated and disordered notifications make no difference, and neither do two readers at once.
 */
export function makeIngest({ table, runs }: { table: Table; runs: Blobs }) {
  const jobs = jobRows(table);
  const attempts = makeAttempts(table);
  const events = makeJobEvents(table);
  const checkpoints = makeCheckpoints(table);

  /** The attempt as it is now; null when there is none. */
  return async ({ organization, job: id, attempt: n }: RunReference): Promise<Attempt | null> => {
    let attempt = await attempts.get(organization, id, n);
    if (!attempt) return null;
    for (;;) {
      const fresh = await unread(attempt);
      if (fresh.length === 0) break;
      // Told before they are counted: telling twice is telling once, but what is counted is not read again.
      for (const event of fresh) await tell(attempt, event);
      attempt = (await attempts.change(attempt, (now) => fresh.reduce(apply, now)))!.value;
    }
    await show(attempt);
    return attempt;
  };

  /**
   * Numbered on from the last one taken in, without gaps: what lies beyond a gap waits for the missing one. Only so many
   * at once that they are counted long before the function's time is up, however much has piled up.
   */
  async function unread({ organization, job, n, ingested }: Attempt): Promise<RunEvent[]> {
    const prefix = runPrefix(organization, job, n);
    const found: RunEvent[] = [];
    // Objects are named after their first event and taken in whole: the next one is called `ingested + 1`.
    for await (const { key } of runs.list(`${prefix}events/`, eventKey(prefix, ingested))) {
      for (const line of ((await runs.text(key)) ?? "").split("\n")) {
        if (line === "") continue;
        const event = RunEvent.parse(JSON.parse(line));
        if (event.n === ingested + found.length + 1) found.push(event);
      }
      if (found.length >= AT_ONCE) break;
    }
    return found;
  }

  async function tell(attempt: Attempt, event: RunEvent) {
    const job = { organization: attempt.organization, id: attempt.job };
    const at = Date.parse(event.at);
    const what = `6-${String(attempt.n).padStart(4, "0")}-${String(event.n).padStart(8, "0")}`;
    if (event.type === "log") await events.tell(job, what, { at, level: event.level, message: event.message });
    if (event.type === "started" && attempt.n === 1)
      await events.tell(job, what, { at, message: "Fine-tuning job started" });
    if (event.type === "metrics" && event.step > attempt.told) await events.tell(job, what, { at, ...metrics(event) });
    if (event.type === "checkpoint") {
      const { step, uri, trainLoss, validation } = event.checkpoint;
      const checkpoint = derivedId("checkpoint", at, `${attempt.job}/${attempt.n}/${step}`);
      await checkpoints.add(job, { id: checkpoint, job: attempt.job, at, step, uri, trainLoss, validation });
      await events.tell(job, what, { at, message: `Checkpoint created at step ${step}`, data: { step, checkpoint } });
    }
  }

  /** What people see of the job follows its current attempt. */
  async function show(attempt: Attempt) {
    await jobs.change(attempt.organization, attempt.job, (job) => {
      if (job.attempt !== attempt.n) return null;
      const next: Job = { ...job, ...shown(attempt) };
      const started = attempt.totalSteps !== null && attempt.ingested > 0;
      // Resumed before the run saw that it was to pause: it has never left.
      const goesOn = job.status === "queued" && !attempt.outcome && !attempt.over;
      if (started && (job.status === "preparing" || goesOn)) {
        next.status = "running";
        next.startedAt ??= attempt.createdAt;
      }
      return JSON.stringify(next) === JSON.stringify(job) ? null : next;
    });
  }
}

const shown = (attempt: Attempt) => ({
  progress:
    attempt.totalSteps === null
      ? null
      : {
          step: attempt.step,
          totalSteps: attempt.totalSteps,
          epoch: attempt.epoch,
          loss: attempt.loss,
          tokensPerSecond: attempt.tokensPerSecond,
        },
  results: attempt.baseline && { baseline: attempt.baseline, tuned: attempt.validation },
});

function metrics(event: Extract<RunEvent, { type: "metrics" }>) {
  const { step, totalSteps, loss, validation } = event;
  return {
    type: "metrics" as const,
    message: `Step ${step}/${totalSteps}: training loss=${loss.toFixed(2)}${validation ? `, validation loss=${validation.loss.toFixed(2)}` : ""}`,
    data: {
      step,
      total_steps: totalSteps,
      train_loss: loss,
      train_mean_token_accuracy: event.tokenAccuracy,
      valid_loss: validation?.loss ?? null,
      valid_mean_token_accuracy: validation?.tokenAccuracy ?? null,
      learning_rate: event.learningRate,
      gradient_norm: event.gradientNorm,
      tokens_per_second: event.tokensPerSecond,
    },
  };
}
