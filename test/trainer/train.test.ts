import { beforeAll, describe, expect, test } from "vitest";
import { readDirectory } from "../../local/trainer/directory.ts";
import { readSafetensors } from "../../local/trainer/safetensors.ts";
import { eventKey } from "../../shared/runs.ts";
import { bucket, eventsOf, makeRun, only, row, rows, start, steadyClock, world } from "./fixtures.ts";

const weights = async (storage: Awaited<ReturnType<typeof world>>, attempt = 1) =>
  (await storage.read(`${bucket}runs/org/job/${attempt}/model/adapter_model.safetensors`))!;

describe("a run that is left alone", () => {
  let storage: Awaited<ReturnType<typeof world>>;
  let events: ReturnType<typeof eventsOf>;
  beforeAll(async () => {
    storage = await world();
    expect(await start(storage)).toBe("succeeded");
    events = eventsOf(storage);
  });

  test("numbers its events from 1 without gaps and names each batch after its first", () => {
    expect(events.map((event) => event.n)).toEqual(events.map((_, i) => i + 1));
    for (const [uri, body] of storage.files) {
      const first = /events\/(\d{8})\.ndjson$/.exec(uri)?.[1];
      if (first) expect(JSON.parse(new TextDecoder().decode(body).split("\n")[0]!).n).toBe(Number(first));
    }
  });

  test("says first what it read and what the base model makes of the validation rows", () => {
    const [started] = only(events, "started");
    expect(started).toMatchObject({ totalSteps: 6, fromStep: 0, rows: 10, rowsTooLong: 0, validationRows: 5 });
    expect(started!.baseline!.loss).toBeGreaterThan(4);
  });

  test("learns: the loss falls, on rows and on validation rows", () => {
    const losses = only(events, "metrics").map((m) => m.loss);
    expect(losses).toHaveLength(6);
    expect(losses.at(-1)!).toBeLessThan(losses[0]! * 0.95);
    const last = only(events, "done")[0]!.checkpoint!;
    expect(last.validation!.loss).toBeLessThan(only(events, "started")[0]!.baseline!.loss);
  });

  test("saves when it was told to, whole directories, and says so", async () => {
    const saved = only(events, "checkpoint").map((event) => event.checkpoint);
    expect(saved.map((c) => c.step)).toEqual([2, 4, 6]);
    for (const { uri, bytes } of saved) {
      const files = await readDirectory(storage, uri);
      const manifest = (await storage.read(`${uri}manifest.json`))!;
      expect(Object.values(files).reduce((sum, f) => sum + f.length, manifest.length)).toBe(bytes);
    }
  });

  test("leaves a PEFT adapter, the tokenizer, a GGUF and a manifest", async () => {
    const [done] = only(events, "done");
    expect(done).toMatchObject({ outcome: "succeeded", step: 6, model: { uri: `${bucket}runs/org/job/1/model/` } });
    const files = await readDirectory(storage, done!.model!.uri);
    expect(Object.keys(files).sort()).toEqual([
      "adapter_config.json",
      "adapter_model.safetensors",
      "model-f16.gguf",
      "tokenizer.json",
      "tokenizer_config.json",
    ]);
    const tensors = readSafetensors(files["adapter_model.safetensors"]!);
    expect(tensors.size).toBe(2 * 7 * 2);
    expect(tensors.get("base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight")!.shape).toEqual([4, 32]);
    expect(tensors.get("base_model.model.model.layers.1.mlp.down_proj.lora_B.weight")!.shape).toEqual([32, 4]);
    const manifest = JSON.parse(new TextDecoder().decode((await storage.read(`${done!.model!.uri}manifest.json`))!));
    expect(manifest).toMatchObject({ base: { name: "micro" }, seed: 7, steps: 6, hyperparameters: { loraRank: 4 } });
  });

  test("comes out the same when done again", async () => {
    const again = await world();
    await start(again);
    expect(await weights(again)).toEqual(await weights(storage));
  });

  test("comes out the same when it was paused half-way and resumed", async () => {
    const paused = await world();
    const leave = new AbortController();
    const write = paused.write;
    paused.write = async (uri, body) => {
      await write(uri, body);
      if (uri.endsWith("step-2/manifest.json")) leave.abort();
    };
    expect(await start(paused, { signal: leave.signal })).toBe("paused");
    const done = only(eventsOf(paused), "done")[0]!;
    expect(done).toMatchObject({ outcome: "paused", step: 2, model: null });

    const resume = { checkpoint: done.checkpoint!.uri, step: done.step };
    const uri = `${bucket}runs/org/job/2/run.json`;
    await paused.write(uri, JSON.stringify(makeRun({ attempt: 2, resume })));
    expect(await start(paused, { attempt: 2 })).toBe("succeeded");
    const later = eventsOf(paused, 2);
    expect(later[0]!.n).toBe(1);
    expect(only(later, "started")[0]).toMatchObject({ fromStep: 2, totalSteps: 6 });
    const [whole, resumed] = [only(events, "done")[0]!, only(later, "done")[0]!];
    expect(resumed.trainedTokens).toBe(whole.trainedTokens);
    expect(await weights(paused, 2)).toEqual(await weights(storage));
  });
});

test("pause in control.json saves and leaves; stop leaves without saving", async () => {
  const pausing = await world();
  await pausing.write(`${bucket}runs/org/job/1/control.json`, `{"command":"pause"}`);
  expect(await start(pausing)).toBe("paused");
  expect(only(eventsOf(pausing), "done")[0]!.checkpoint).toMatchObject({ step: 0 });

  const stopping = await world();
  await stopping.write(`${bucket}runs/org/job/1/control.json`, `{"command":"stop"}`);
  expect(await start(stopping)).toBe("stopped");
  expect(only(eventsOf(stopping), "done")[0]).toMatchObject({ outcome: "stopped", checkpoint: null, model: null });
});

test("a clock that is set back by a day delays neither events nor saves nor a pause", async () => {
  const run = makeRun({ save: { everySteps: null, atRiskSeconds: 5 } }, { epochs: 1, batchSize: 1 });
  const storage = await world(run, [...rows, ...rows, ...rows, ...rows]);
  const steady = steadyClock(250);
  const write = storage.write;
  let back = 0;
  let batches = 0;
  storage.write = async (uri, body) => {
    await write(uri, body);
    if (!uri.includes("/events/")) return;
    if (back > 0) batches++;
    else if (eventsOf(storage).length > 15) back = 86_400_000;
    if (batches === 8) await write(`${bucket}runs/org/job/1/control.json`, `{"command":"pause"}`);
  };
  expect(await start(storage, { clock: { now: () => steady.now() - back } })).toBe("paused");
  const events = eventsOf(storage);
  const setBack = events.findIndex(({ at }, i) => i > 0 && at < events[i - 1]!.at);
  // The first event after it was written by itself, so the next batch begins with the second.
  expect([...storage.files.keys()]).toContain(eventKey(`${bucket}runs/org/job/1/`, setBack + 2));
  expect(only(events.slice(setBack, setBack + 8), "checkpoint")).not.toEqual([]);
  expect(events.length - setBack).toBeLessThan(16);
});

test("the save interval follows from the time of a step and what may be lost", async () => {
  const storage = await world(
    makeRun({ save: { everySteps: null, atRiskSeconds: 5 } }, { epochs: 1, batchSize: 1, warmupRatio: 0 }),
  );
  await start(storage, { clock: steadyClock(250) });
  const steps = only(eventsOf(storage), "checkpoint").map((event) => event.checkpoint.step);
  const gaps = steps.map((step, i) => step - (steps[i - 1] ?? 0));
  expect(steps.at(-1)).toBe(10);
  expect(Math.max(...gaps)).toBeLessThan(10);
  expect(Math.max(...gaps)).toBeGreaterThan(1);
});

test("rows that are too long are left out and counted, and what is not to be learned is not", async () => {
  const long = row("tell me", "word ".repeat(100));
  const silent = {
    messages: [
      { role: "user", content: "hi" },
      { role: "assistant", content: "no", weight: 0 },
    ],
  };
  const storage = await world(makeRun({}, { epochs: 1 }), [...rows, long, silent]);
  await start(storage);
  expect(only(eventsOf(storage), "started")[0]).toMatchObject({ rows: 10, rowsTooLong: 1 });
  expect(only(eventsOf(storage), "log").some((l) => l.message.startsWith("1 rows have no assistant message"))).toBe(
    true,
  );
});

test("a run that goes on and is paused at once, or has only its model left to write, saves nothing twice", async () => {
  const storage = await world(makeRun({}, { epochs: 1 }));
  await start(storage);
  const { uri: checkpoint, step } = only(eventsOf(storage), "done")[0]!.checkpoint!;
  const goOn = async (attempt: number, epochs: number) => {
    const run = makeRun({ attempt, resume: { checkpoint, step } }, { epochs });
    await storage.write(`${bucket}runs/org/job/${attempt}/run.json`, JSON.stringify(run));
    return start(storage, { attempt });
  };
  await storage.write(`${bucket}runs/org/job/2/control.json`, `{"command":"pause"}`);
  expect(await goOn(2, 2)).toBe("paused");
  expect(await goOn(3, 1)).toBe("succeeded");
  for (const attempt of [2, 3]) {
    const events = eventsOf(storage, attempt);
    expect(only(events, "checkpoint")).toEqual([]);
    expect(only(events, "done")[0]).toMatchObject({ step, checkpoint: null });
  }
});

describe("a run that cannot succeed says what to change", () => {
  const broken = makeRun();
  const cases: [string, unknown, unknown[], string, RegExp][] = [
    ["not a run", { ...broken, seed: "x" }, rows, "invalid_run", /run\.json: seed:/],
    ["no rows", broken, [], "no_training_rows", /add rows/],
    ["rows of another kind", broken, [{ text: "x" }], "invalid_run", /Row 1/],
    ["rows too long", broken, [row("tell me", "word ".repeat(100))], "all_rows_too_long", /more than 64 tokens/],
    [
      "no model",
      { ...broken, model: { name: "x", uri: `${bucket}models/none/` } },
      rows,
      "model_unreadable",
      /config\.json is missing/,
    ],
    [
      "no checkpoint",
      { ...broken, resume: { checkpoint: `${bucket}nowhere/`, step: 2 } },
      rows,
      "invalid_run",
      /never finished/,
    ],
    [
      "a rate too high, as the validation rows show first",
      makeRun({ save: { everySteps: 1, atRiskSeconds: 60 } }, { learningRate: 1e30 }),
      rows,
      "loss_not_finite",
      /validation loss.*at step 1: lower the learning rate/,
    ],
    ["a rate too high", makeRun({}, { learningRate: 1e30 }), rows, "loss_not_finite", /lower the learning rate/],
  ];
  test.each(cases)("%s", async (_, run, data, code, message) => {
    const storage = await world(run, data);
    expect(await start(storage)).toBe("failed");
    const events = eventsOf(storage);
    expect(events.at(-1)).toMatchObject({ type: "failed", code, message: expect.stringMatching(message) });
    expect(only(events, "done")).toEqual([]);
    expect([...storage.files.keys()].some((uri) => uri.includes("/model/"))).toBe(false);
  });

  test("a checkpoint with a changed byte is not resumed", async () => {
    const storage = await world(makeRun({}, { epochs: 1 }));
    await start(storage);
    const { uri } = only(eventsOf(storage), "done")[0]!.checkpoint!;
    (await storage.read(`${uri}optimizer.safetensors`))![5000]! ^= 1;
    await storage.write(
      `${bucket}runs/org/job/2/run.json`,
      JSON.stringify(makeRun({ attempt: 2, resume: { checkpoint: uri, step: 3 } })),
    );
    expect(await start(storage, { attempt: 2 })).toBe("failed");
    expect(eventsOf(storage, 2).at(-1)).toMatchObject({
      code: "invalid_run",
      message: expect.stringContaining("optimizer.safetensors"),
    });
  });
});
