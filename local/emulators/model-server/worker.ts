import { fork } from "node:child_process";
import { randomUUID } from "node:crypto";
import type { Delta, Failure, Finish, ServeReply, ServeRequest } from "../../trainer/serve-protocol.ts";
import { OpenAiError } from "./error.ts";
import type { Generation } from "./request.ts";

export interface Worker {
  /** The answer in pieces, ended by its Finish. Aborting `left` cancels it and throws. Otherwise throws 400, 500 or 503. */
  generate(generation: Generation, left: AbortSignal): AsyncGenerator<Delta, Finish>;
  /** Requests under way. */
  busy(): number;
  /** Resolves when the process is gone, whoever ended it. */
  gone: Promise<void>;
  end(): void;
}

const KILL_AFTER_MS = 2_000;
const TAIL = 2_000;
type Mailbox = { letters: (Delta | Finish | Failure | null)[]; ring(): void };

/** A process that holds one model. It starts at once; requests wait until it is ready. */
export function startWorker(servePath: string, modelPath: string, env: Record<string, string>): Worker {
  const child = fork(servePath, [modelPath], {
    stdio: ["ignore", "ignore", "pipe", "ipc"],
    execArgv: [],
    env: { PATH: process.env.PATH ?? "", HOME: process.env.HOME ?? "", ...env },
  });
  const open = new Map<string, Mailbox>();
  const ready = Promise.withResolvers<void>();
  // Whoever asks learns of it; without anybody it is no news.
  ready.promise.catch(() => {});
  let lastWords = "";
  child.stderr!.on("data", (chunk: Buffer) => {
    lastWords = (lastWords + chunk.toString("utf8")).slice(-TAIL);
  });
  const put = (id: string, letter: Delta | Finish | Failure | null) => {
    const mailbox = open.get(id);
    mailbox?.letters.push(letter);
    mailbox?.ring();
  };
  child.on("message", (message) => {
    const reply = message as ServeReply;
    if ("ready" in reply) ready.resolve();
    else put(reply.id, reply);
  });
  const gone = new Promise<void>((resolve) => {
    const leave = (reason: string) => {
      const why = `The model's process ended (${reason}). ${lastWords.trim().split("\n").at(-1) ?? ""}`.trim();
      ready.reject(new OpenAiError(503, why));
      for (const id of open.keys()) put(id, null);
      resolve();
    };
    // Each request that is sent to one that has gone deaf is an error of its own, and it is of no more use.
    child.on("error", (error) => {
      child.kill("SIGKILL");
      leave(error.message);
    });
    // Not 'close': it never comes when it was this side that closed the channel.
    child.once("exit", (code, signal) => leave(signal ?? `code ${code}`));
  });

  async function* generate(generation: Generation, left: AbortSignal): AsyncGenerator<Delta, Finish> {
    const id = randomUUID();
    let bell = Promise.withResolvers<void>();
    const mailbox: Mailbox = { letters: [], ring: () => bell.resolve() };
    open.set(id, mailbox);
    let over = false;
    left.addEventListener("abort", mailbox.ring);
    try {
      await ready.promise;
      left.throwIfAborted();
      child.send({ ...generation, id } satisfies ServeRequest);
      for (;;) {
        for (let letter = mailbox.letters.shift(); letter !== undefined; letter = mailbox.letters.shift()) {
          if (letter === null || "finish" in letter || "error" in letter) over = true;
          if (letter === null)
            throw new OpenAiError(503, "The model's process ended while it was answering. Try again.");
          if ("error" in letter) throw failures[letter.code](letter.error);
          if ("finish" in letter) return letter;
          yield letter;
        }
        left.throwIfAborted();
        await bell.promise;
        bell = Promise.withResolvers<void>();
      }
    } finally {
      open.delete(id);
      left.removeEventListener("abort", mailbox.ring);
      if (!over && child.connected) child.send({ id, op: "cancel" } satisfies ServeRequest);
    }
  }

  return {
    generate,
    busy: () => open.size,
    gone,
    end() {
      if (child.connected) child.disconnect();
      const killer = setTimeout(() => child.kill("SIGKILL"), KILL_AFTER_MS).unref();
      void gone.then(() => clearTimeout(killer));
    },
  };
}

const failures: Record<Failure["code"], (message: string) => OpenAiError> = {
  too_long: (message) => new OpenAiError(400, message, "messages", "context_length_exceeded"),
  invalid: (message) => new OpenAiError(400, message),
  internal: (message) => new OpenAiError(500, message),
};
