import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type OpenAI from "openai";
import { afterAll, beforeAll, expect, test } from "vitest";
import { jsonl, processed, rows, settled, until, upload, type World, world } from "../world.ts";

const ROWS = 48;
const BATCH = 4;
const EPOCHS = 8;
const STEPS = (ROWS / BATCH) * EPOCHS;

let dataDir: string;
let here: World;
let file: string;
let uninterrupted: Awaited<ReturnType<typeof settled>>;

beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), "anneal-"));
  here = await world({ dataDir });
  file = (await upload(here.openai, jsonl(rows(ROWS)))).id;
  await processed(here.openai, file);
  uninterrupted = await settled(here.openai, (await train(here.openai)).id);
});
afterAll(async () => {
  await here.stop();
  rmSync(dataDir, { recursive: true, force: true });
});

const train = (openai: OpenAI) =>
  openai.fineTuning.jobs.create({
    model: "anneal-tiny",
    training_file: file,
    seed: 3,
    method: { type: "supervised", supervised: { hyperparameters: { n_epochs: EPOCHS, batch_size: BATCH } } },
  });

/** The job as its own routes show it, with the step it has reached. */
const progressOf = async (id: string) => (await here.request("GET", `/api/v1/jobs/${id}`)).body;
const reached = (id: string, step: number) =>
  until(
    () => progressOf(id),
    (job) => {
      if (job.status === "failed") throw new Error(`The job failed: ${job.error.message}`);
      return (job.progress?.step ?? 0) >= step;
    },
    100,
  );
const savedOnce = (id: string) =>
  until(
    () => here.openai.fineTuning.jobs.checkpoints.list(id),
    ({ data }) => data.length > 0,
    100,
  );

/** Steps whose metrics were told, in the order they were told. */
async function toldSteps(id: string): Promise<number[]> {
  const steps: number[] = [];
  for await (const event of here.openai.fineTuning.jobs.listEvents(id, { limit: 100 }))
    if (event.type === "metrics") steps.push((event.data as { step: number }).step);
  return steps.reverse();
}

/** Doing everything once more would end the same: it must have gone on from what was saved. */
async function expectResumed(id: string) {
  const messages: string[] = [];
  for await (const { message } of here.openai.fineTuning.jobs.listEvents(id, { limit: 100 })) messages.push(message);
  expect(messages).toContainEqual(expect.stringMatching(/^Going on from step [1-9]\d* of /));
}

/** However it got there: as many steps and tokens as the run that nobody disturbed, and every step told once. */
async function expectWhole(id: string) {
  const job = await settled(here.openai, id);
  expect(job).toMatchObject({ status: "succeeded", trained_tokens: uninterrupted.trained_tokens });
  expect((await progressOf(id)).progress).toMatchObject({ step: STEPS, total_steps: STEPS });
  const steps = await toldSteps(id);
  expect(steps).toEqual([...new Set(steps)].sort((a, b) => a - b));
  expect(steps.at(-1)).toBe(STEPS);
  const weights = (model: string) =>
    here.openai.chat.completions.create({
      model,
      messages: [{ role: "user", content: "What colour is the ship number 3?" }],
      temperature: 0,
      max_tokens: 24,
    });
  const [mine, theirs] = [await weights(job.fine_tuned_model!), await weights(uninterrupted.fine_tuned_model!)];
  expect(mine.choices[0]!.message.content).toBe(theirs.choices[0]!.message.content);
}

test("a paused job gives its machine up, goes on where it was, and ends as if it had not been paused", async () => {
  const { id } = await train(here.openai);
  await reached(id, 10);
  expect(await here.openai.fineTuning.jobs.pause(id)).toMatchObject({ status: "paused" });
  await until(
    () => here.openai.fineTuning.jobs.listEvents(id, { limit: 3 }),
    ({ data }) => data.some(({ message }) => /has left its machine; step \d+ is saved/.test(message)),
  );
  expect((await progressOf(id)).progress.step).toBeLessThan(STEPS);
  await expect(here.openai.fineTuning.jobs.pause(id)).rejects.toMatchObject({ status: 400 });
  expect((await here.openai.fineTuning.jobs.resume(id)).status).toBe("queued");
  await expectWhole(id);
  expect((await progressOf(id)).attempt).toBe(2);
  await expectResumed(id);
});

test("a cancelled job stops its run and stays cancelled", async () => {
  const { id } = await train(here.openai);
  await reached(id, 5);
  expect(await here.openai.fineTuning.jobs.cancel(id)).toMatchObject({ status: "cancelled" });
  const { step } = (await progressOf(id)).progress;
  // The next job gets the machine: the cancelled run has left it.
  const next = await train(here.openai);
  await reached(next.id, 1);
  await here.openai.fineTuning.jobs.cancel(next.id);
  const after = await progressOf(id);
  expect(after.status).toBe("cancelled");
  expect(after.progress.step).toBeLessThan(STEPS);
  expect(after.progress.step).toBeGreaterThanOrEqual(step);
  await expect(here.openai.fineTuning.jobs.resume(id)).rejects.toMatchObject({ status: 400 });
});

test("a job survives the laptop being killed while it trains", async () => {
  const { id } = await train(here.openai);
  await savedOnce(id);
  await here.stop("SIGKILL");
  here = await world({ dataDir });
  await expectWhole(id);
  await expectResumed(id);
});

test("a job survives the laptop being stopped and started", async () => {
  const { id } = await train(here.openai);
  await reached(id, 10);
  expect(await here.stop("SIGTERM")).toBe(0);
  here = await world({ dataDir });
  await expectWhole(id);
  await expectResumed(id);
});
