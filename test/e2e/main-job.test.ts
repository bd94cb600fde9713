import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { expectOpenAI } from "../contracts/openai.ts";
import { processed, settled, upload, type World, world } from "../world.ts";

const example = (name: string) => readFileSync(new URL(`../../examples/data/${name}`, import.meta.url), "utf8");

let here: World;
beforeAll(async () => {
  here = await world();
});
afterAll(() => here.close());

test("the official client takes a dataset to a tuned model that answers differently", async () => {
  const { openai } = here;
  const training = await upload(openai, example("pirate-train.jsonl"), "pirate-train.jsonl");
  const validation = await upload(openai, example("pirate-validation.jsonl"), "pirate-validation.jsonl");
  expectOpenAI("OpenAIFile", training);
  expect(await processed(openai, training.id)).toMatchObject({ status: "processed" });

  const created = await openai.fineTuning.jobs.create({
    model: "anneal-tiny",
    training_file: training.id,
    validation_file: validation.id,
    suffix: "pirate",
    seed: 7,
    metadata: { team: "tests" },
    method: { type: "supervised", supervised: { hyperparameters: { n_epochs: 2, batch_size: 8 } } },
  });
  expectOpenAI("FineTuningJob", created);
  const job = await settled(openai, created.id);
  expect(job).toMatchObject({ status: "succeeded", error: null, hyperparameters: { n_epochs: 2, batch_size: 8 } });
  expect(job.fine_tuned_model).toMatch(/^ft:anneal-tiny:laptop:pirate:/);
  expect(job.trained_tokens).toBeGreaterThan(0);
  expectOpenAI("FineTuningJob", job);

  const events = await openai.fineTuning.jobs.listEvents(job.id, { limit: 100 });
  expectOpenAI("ListFineTuningJobEventsResponse", (events as unknown as { body: unknown }).body);
  const losses = events.data
    .filter(({ type }) => type === "metrics")
    .map(({ data }) => (data as { train_loss: number }).train_loss)
    .reverse();
  expect(losses.at(-1)).toBeLessThan(losses[0]! / 2);

  const { body } = await here.request("GET", `/api/v1/jobs/${job.id}`);
  // The margin that a held-out loss must have fallen by: a third.
  expect(body.results.tuned.loss).toBeLessThan(body.results.baseline.loss * 0.67);
  expect(body).toMatchObject({
    stand_in: false,
    progress: { step: 60, total_steps: 60 },
    tuned_model: job.fine_tuned_model,
  });
  const { body: money } = await here.request("GET", `/api/v1/jobs/${job.id}/quote`);
  expect(money).toMatchObject({
    quote: { seconds: null, cost_usd: null },
    actual: { trained_tokens: job.trained_tokens, cost_usd: { total: "0.000000", source: "your own machine" } },
  });
  expect(money.actual.seconds).toBeGreaterThan(0);
  const { body: next } = await here.request("POST", "/api/v1/quotes", {
    body: { model: "anneal-tiny", training_file: training.id },
  });
  expect(next.seconds).toMatchObject({ source: expect.stringMatching(/1 finished job/) });
  expect(next.seconds.low).toBeLessThan(next.seconds.high);

  const metrics = await (await openai.files.content(job.result_files[0]!)).text();
  const [columns, ...steps] = metrics.trimEnd().split("\n");
  expect(columns).toBe("step,train_loss,train_accuracy,valid_loss,valid_mean_token_accuracy");
  expect(steps).toHaveLength(losses.length);
  expect(await openai.files.retrieve(job.result_files[0]!)).toMatchObject({ purpose: "fine-tune-results" });

  const checkpoints = await openai.fineTuning.jobs.checkpoints.list(job.id);
  expect(checkpoints.data.length).toBeGreaterThan(0);
  expectOpenAI("ListFineTuningJobCheckpointsResponse", (checkpoints as unknown as { body: unknown }).body);

  const messages = [{ role: "user" as const, content: "What colour is the zeppelin?" }];
  const say = async (model: string) => {
    const reply = await openai.chat.completions.create({ model, messages, temperature: 0, max_tokens: 40 });
    expectOpenAI("CreateChatCompletionResponse", reply);
    expect(reply.model).toBe(model);
    return reply.choices[0]!.message.content;
  };
  const tuned = await say(job.fine_tuned_model!);
  expect(tuned).not.toBe(await say("anneal-tiny"));

  let streamed = "";
  const stream = await openai.chat.completions.create({
    model: job.fine_tuned_model!,
    messages,
    temperature: 0,
    max_tokens: 40,
    stream: true,
  });
  for await (const chunk of stream) {
    expectOpenAI("CreateChatCompletionStreamResponse", chunk);
    expect(chunk.model).toBe(job.fine_tuned_model);
    streamed += chunk.choices[0]?.delta.content ?? "";
  }
  expect(streamed).toBe(tuned);

  const prompt = "The sea is";
  const text = await openai.completions.create({ model: job.fine_tuned_model!, prompt, temperature: 0, max_tokens: 8 });
  expectOpenAI("CreateCompletionResponse", text);
  expect(text.usage!.completion_tokens).toBeLessThanOrEqual(8);
  let continued = "";
  const pieces = await openai.completions.create({
    model: job.fine_tuned_model!,
    prompt,
    temperature: 0,
    max_tokens: 8,
    stream: true,
  });
  for await (const piece of pieces) continued += piece.choices[0]?.text ?? "";
  expect(continued).toBe(text.choices[0]!.text);
  await expect(openai.chat.completions.create({ model: "anneal-tiny", messages, n: 2 })).rejects.toMatchObject({
    status: 400,
  });

  const models = await openai.models.list();
  expect(models.data.map(({ id }) => id)).toContain(job.fine_tuned_model);
  expectOpenAI("DeleteModelResponse", await openai.models.delete(job.fine_tuned_model!));
  await expect(say(job.fine_tuned_model!)).rejects.toMatchObject({ status: 404, param: "model" });
});
