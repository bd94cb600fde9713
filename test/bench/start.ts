/** How long `npm start` takes, and what the laptop weighs while nobody asks anything of it. */
import { setTimeout as wait } from "node:timers/promises";
import { median, type Row, row } from "./figures.ts";
import { dataDirectory, type Laptop, remove, startLaptop } from "./laptop.ts";
import { canReadMemory, type Memory, memoryOfTree } from "./memory.ts";

const DIRECTORIES = 2;
const WARM_STARTS = 2;
const SETTLE_MS = 5_000;
/** Functions that nobody called for 30 s are ended; a little longer, and a minute's worth of samples after it. */
const IDLE_MS = 35_000;
const SAMPLES = 60;
const SAMPLE_MS = 1_000;

const startTarget = { most: 3 };
const idleTarget = { most: 350 };

export async function start(): Promise<Row[]> {
  const cold: number[] = [];
  const warm: number[] = [];
  const memory: Record<"cold" | "warm", Memory[]> = { cold: [], warm: [] };
  let used: Memory[] = [];
  for (let round = 0; round < DIRECTORIES; round++) {
    const dataDir = dataDirectory();
    try {
      for (let n = 0; n <= WARM_STARTS; n++) {
        const kind = n === 0 ? "cold" : "warm";
        const laptop = await startLaptop(dataDir);
        try {
          (n === 0 ? cold : warm).push(laptop.readySeconds);
          await wait(SETTLE_MS);
          if (canReadMemory) memory[kind].push(memoryOfTree(laptop.pid));
          if (canReadMemory && round === DIRECTORIES - 1 && n === WARM_STARTS) used = await afterUse(laptop);
        } finally {
          await laptop.stop();
        }
      }
    } finally {
      remove(dataDir);
    }
  }
  return [
    row("start, cold", median(cold), "s", { note: `median of ${cold.length}; empty directory, nothing compiled` }),
    row("start, warm", median(warm), "s", {
      target: startTarget,
      ratio: { value: median(warm) / median(cold), of: "cold" },
      note: `median of ${warm.length}: ${warm.map((each) => each.toFixed(2)).join(", ")}`,
    }),
    ...(["cold", "warm"] as const).map((kind) => idle(`memory 5 s after a ${kind} start`, memory[kind])),
    idle("memory after use, workers gone", used),
  ];
}

function idle(name: string, samples: readonly Memory[]): Row {
  if (samples.length === 0) return row(name, null, "MiB", { target: idleTarget, note: "needs Linux's /proc" });
  const [rss, pss] = [samples.map((each) => each.rss), samples.map((each) => each.pss)];
  const { processes } = samples.at(-1)!;
  const of = processes === 1 ? "one process" : `${processes} processes`;
  const note = `RSS of ${of}, highest ${Math.round(Math.max(...rss))}; PSS ${Math.round(median(pss))}`;
  return row(name, median(rss), "MiB", { target: idleTarget, note });
}

/** Every API function is called once, then nobody asks anything; the samples cover a whole minute and so the schedule's tick. */
async function afterUse(laptop: Laptop): Promise<Memory[]> {
  const form = new FormData();
  form.set("purpose", "fine-tune");
  form.set(
    "file",
    new File([`{"messages":[{"role":"user","content":"a"},{"role":"assistant","content":"b"}]}\n`], "a.jsonl"),
  );
  const file = await laptop.request<{ id: string }>("POST", "/v1/files", form);
  await laptop.request("GET", "/v1/fine_tuning/jobs");
  await laptop.request("GET", `/api/v1/datasets/${file.id}`);
  await wait(IDLE_MS);
  const samples: Memory[] = [];
  for (let n = 0; n < SAMPLES; n++) {
    samples.push(memoryOfTree(laptop.pid));
    await wait(SAMPLE_MS);
  }
  return samples;
}
