/**
 * Creating and reading jobs through the laptop's gateway, beside a server that answers a constant of the same size. The jobs'
 * file never arrives, so that no training runs meanwhile; the queue's consumer looks at each of them, as it always does.
 */
import { fork } from "node:child_process";
import { once } from "node:events";
import { median, type Row, row, significant } from "./figures.ts";
import { dataDirectory, type Laptop, remove, startLaptop } from "./laptop.ts";
import { type Ask, answer, type Load, press } from "./load.ts";

const CONNECTIONS = [1, 4];
const ROUNDS = 3;
/** Long enough for the gateway to start as many threads of the function as it will. */
const WARM_UP = { seconds: 4 };

export async function api(): Promise<Row[]> {
  const dataDir = dataDirectory();
  const laptop = await startLaptop(dataDir);
  try {
    const { create, retrieve } = await asks(laptop);
    // Reading first: what creating leaves in the queue would still be worked at.
    return [...(await compare("job retrieve", retrieve, 500)), ...(await compare("job create", create, 200))];
  } finally {
    await laptop.stop();
    remove(dataDir);
  }
}

async function asks({ url, apiKey, request }: Laptop): Promise<{ create: Ask; retrieve: Ask }> {
  const awaited = await request<{ id: string }>("POST", "/api/v1/datasets", { filename: "never.jsonl" });
  const wanted = { model: "anneal-tiny", training_file: awaited.id, suffix: "bench", seed: 7 };
  const job = await request<{ id: string }>("POST", "/v1/fine_tuning/jobs", wanted);
  const headers = { authorization: `Bearer ${apiKey}` };
  const body = JSON.stringify(wanted);
  const length = { "content-type": "application/json", "content-length": String(Buffer.byteLength(body)) };
  return {
    retrieve: { method: "GET", url: `${url}/v1/fine_tuning/jobs/${job.id}`, headers },
    create: { method: "POST", url: `${url}/v1/fine_tuning/jobs`, headers: { ...headers, ...length }, body },
  };
}

async function compare(name: string, ask: Ask, count: number): Promise<Row[]> {
  const bytes = Buffer.byteLength(await answer(ask));
  const bare = fork(new URL("./bare-server.ts", import.meta.url), [String(bytes)]);
  try {
    const [port] = (await once(bare, "message")) as [number];
    const constant: Ask = { ...ask, url: `http://127.0.0.1:${port}/` };
    const rows: Row[] = [];
    for (const connections of CONNECTIONS) {
      const runs: { ours: Load; theirs: Load }[] = [];
      for (const warmUp of [ask, constant]) await press(warmUp, connections, WARM_UP);
      for (let round = 0; round < ROUNDS; round++) {
        const ours = await press(ask, connections, { count });
        // Many more, since a constant takes a hundredth of the time.
        const theirs = await press(constant, connections, { count: count * 10 });
        runs.push({ ours, theirs });
      }
      rows.push(...rowsOf(`${name}, ${connections} connection${connections > 1 ? "s" : ""}`, bytes, runs));
    }
    return rows;
  } finally {
    bare.disconnect();
    await once(bare, "exit");
  }
}

function rowsOf(name: string, bytes: number, runs: readonly { ours: Load; theirs: Load }[]): Row[] {
  const figures = [
    ["p50", "p50", "ms"],
    ["p99", "p99", "ms"],
    ["rate", "perSecond", "requests/s"],
  ] as const;
  return figures.map(([label, figure, unit]) => {
    const ours = median(runs.map((run) => run.ours[figure]));
    const theirs = median(runs.map((run) => run.theirs[figure]));
    const note = `bare server: ${significant(theirs)} ${unit} for the same ${bytes} bytes`;
    return row(`${name}, ${label}`, ours, unit, { ratio: { value: ours / theirs, of: "bare node:http" }, note });
  });
}
