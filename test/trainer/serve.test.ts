import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type BaseModel, readModelDirectory } from "../../local/trainer/base-model.ts";
import { encodePrompt } from "../../local/trainer/data.ts";
import { exportGguf } from "../../local/trainer/gguf.ts";
import type { Delta, Failure, Finish, ServeReply, ServeRequest } from "../../local/trainer/serve-protocol.ts";
import { annealTiny } from "./fixtures.ts";

const program = new URL("../../local/trainer/serve.ts", import.meta.url).pathname;
let directory: string;
let child: ChildProcess;
let base: BaseModel;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "serve-"));
  const path = join(directory, "model.gguf");
  base = await readModelDirectory(annealTiny);
  await writeFile(path, exportGguf(base, "anneal-tiny"));
  child = fork(program, [path]);
  expect(await once(child, "message")).toEqual([{ ready: true, contextLength: 512 }, undefined]);
});
afterAll(async () => {
  const left = once(child, "exit");
  child.disconnect();
  expect((await left)[0]).toBe(0);
  await rm(directory, { recursive: true });
});

type Ask = ServeRequest extends infer R ? (R extends { id: string } ? Omit<R, "id"> : never) : never;
let last = 0;
/** Everything that is said about one request, and its deltas as one text. */
async function ask(request: Ask, then?: (id: string) => void) {
  const id = String(++last);
  const deltas: Delta[] = [];
  const end = new Promise<Finish | Failure>((resolve) => {
    const listen = (reply: ServeReply) => {
      if ("ready" in reply || reply.id !== id) return;
      if ("delta" in reply) return void deltas.push(reply);
      child.off("message", listen);
      resolve(reply);
    };
    child.on("message", listen);
  });
  child.send({ ...request, id });
  then?.(id);
  return { end: await end, deltas, text: deltas.map((d) => d.delta).join("") };
}

const messages = [{ role: "user" as const, content: "The kettle is blue. What colour is the kettle?" }];

test("a chat is answered in pieces and counted", async () => {
  const { end, deltas, text } = await ask({ op: "chat", messages });
  expect(text).toBe("The kettle is blue.");
  expect(deltas.length).toBeGreaterThan(2);
  const usage = {
    promptTokens: encodePrompt(base.tokenizer, messages).length,
    completionTokens: base.tokenizer.encode(text).length,
  };
  expect(end).toMatchObject({ finish: "stop", usage });
});

test("several at a time do not disturb each other", async () => {
  const all = await Promise.all(Array.from({ length: 6 }, () => ask({ op: "chat", messages })));
  expect(new Set(all.map((a) => a.text))).toEqual(new Set(["The kettle is blue."]));
});

test("a limit and a stop text end an answer, and the stop text is not said", async () => {
  const short = await ask({ op: "chat", messages, maxTokens: 2 });
  expect(short.end).toMatchObject({ finish: "length", usage: { completionTokens: 2 } });
  const stopped = await ask({ op: "chat", messages, stop: ["kettle"] });
  expect(stopped.text).toBe("The ");
  expect(stopped.end).toMatchObject({ finish: "stop" });
});

test("a seed gives the same answer twice", async () => {
  const wild = { op: "chat", messages, temperature: 1.5, topP: 0.95, maxTokens: 12 } as const;
  const [one, two] = [await ask({ ...wild, seed: 5 }), await ask({ ...wild, seed: 5 })];
  expect(one.text).toBe(two.text);
});

test("log-probabilities come with the alternatives that were asked for", async () => {
  const { deltas } = await ask({ op: "chat", messages, logprobs: 2, maxTokens: 1 });
  const [first] = deltas[0]!.logprobs!;
  expect(first!.token).toBe("The");
  expect(first!.top).toHaveLength(2);
  expect(first!.logprob).toBeLessThanOrEqual(0);
  expect(first!.top[0]!.logprob).toBe(first!.logprob);
});

test("a request can be taken back, and what cannot be answered is refused with a reason", async () => {
  const cancelled = await ask({ op: "complete", prompt: "The", temperature: 3 }, (id) =>
    child.send({ op: "cancel", id }),
  );
  expect(cancelled.end).toMatchObject({ finish: "cancelled" });
  const long = await ask({ op: "chat", messages: [{ role: "user", content: "x ".repeat(600) }] });
  expect(long.end).toMatchObject({ code: "too_long", error: expect.stringContaining("context is 512") });
  expect((await ask({ op: "chat" } as never)).end).toMatchObject({ code: "invalid" });
});
