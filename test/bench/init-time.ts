import { spawnSync } from "node:child_process";
import { type Declaration, functions } from "../../functions/declarations.ts";
import type { Bundle } from "./assembly.ts";
import { median } from "./figures.ts";

export interface InitTime {
  /** Milliseconds that a process needs more than one that imports an empty module. */
  readonly overBare: number;
  /** The same between the fastest process of each kind: what a machine that nobody else uses comes near to. */
  readonly fastest: number;
  /** The same in processor time, of which others on the machine take nothing away; several threads can make it more than the wall's. */
  readonly processor: number;
}

const RUNS = 11;

/** Stands for Lambda's runtime; ends without waiting for connections that a module opened. */
const probe = (path: string) => `
globalThis.awslambda = { streamifyResponse: (handler) => handler, HttpResponseStream: { from: (stream) => stream } };
await import(${JSON.stringify(path)});
const { user, system } = process.cpuUsage();
process.stdout.write(String((user + system) / 1000), () => process.exit(0));`;

/** Fresh processes, the bundle and the empty module in turn, so that both see the same machine. Throws when the bundle cannot be imported. */
export function initTime({ name, path }: Bundle): InitTime {
  const variables = environmentOf(functions[name]);
  const empty = "data:text/javascript,";
  for (const each of [path, empty]) start(each, variables);
  const bare: Start[] = [];
  const whole: Start[] = [];
  for (let run = 0; run < RUNS; run++) {
    bare.push(start(empty, variables));
    whole.push(start(path, variables));
  }
  const more = (figure: keyof Start) => median(whole.map((each, run) => each[figure] - bare[run]![figure]));
  const fastest = (starts: readonly Start[]) => Math.min(...starts.map(({ wall }) => wall));
  return { overBare: more("wall"), fastest: fastest(whole) - fastest(bare), processor: more("processor") };
}

/** Milliseconds from the spawn of a process to its end, and of processor time in it. */
interface Start {
  wall: number;
  processor: number;
}

function start(path: string, env: NodeJS.ProcessEnv): Start {
  const began = performance.now();
  const { status, stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "--eval", probe(path)], {
    env,
    encoding: "utf8",
  });
  const wall = performance.now() - began;
  if (status !== 0) throw new Error(`${path} cannot be imported:\n${stderr}`);
  return { wall, processor: Number(stdout) };
}

/** What the function declares and what Lambda adds; nobody is asked at these addresses. */
function environmentOf({ environment }: Declaration): NodeJS.ProcessEnv {
  const value = (name: string) =>
    name === "MODEL_ALIASES" ? "{}" : name.endsWith("_URL") ? "http://127.0.0.1:9/0/queue" : "dummy";
  return {
    ...Object.fromEntries(environment.map((name) => [name, value(name)])),
    PATH: process.env.PATH,
    NODE_OPTIONS: "--enable-source-maps",
    AWS_REGION: "us-east-1",
    AWS_ACCESS_KEY_ID: "dummy",
    AWS_SECRET_ACCESS_KEY: "dummy",
    AWS_LAMBDA_FUNCTION_NAME: "bench",
  };
}
