/** One answer from llama.cpp, in pieces of whole characters, ended by the model, a stop text, a limit or a signal. */
import type { LlamaContextSequence, LlamaModel, Token } from "node-llama-cpp";
import type { Delta, Finish, Sampling, TokenLogprob } from "./serve-protocol.ts";

export type Piece = Omit<Delta, "id">;
export interface Ending {
  finish: Finish["finish"];
  /** Tokens generated, the end marker not counted. */
  tokens: number;
}

/** The sequence's history is lost. */
export async function* generate(
  model: LlamaModel,
  sequence: LlamaContextSequence,
  prompt: Token[],
  { maxTokens, temperature = 0, topP, seed, stop = [], logprobs }: Sampling & { maxTokens: number },
  signal: AbortSignal,
): AsyncGenerator<Piece, Ending> {
  await sequence.clearHistory();
  const options = {
    temperature,
    topK: 0,
    ...(topP === undefined ? {} : { topP }),
    ...(seed === undefined ? {} : { seed }),
  };
  // Typed as if they were always asked for, and read only when they were.
  const wanted = (logprobs === undefined ? {} : { probabilities: true }) as { probabilities: true };
  const tokens: Token[] = [];
  let told = 0;
  let scores: NonNullable<Delta["logprobs"]> = [];
  const piece = (text: string): Piece => {
    const delta = text.slice(told);
    told = text.length;
    const said = scores;
    scores = [];
    return logprobs === undefined ? { delta } : { delta, logprobs: said };
  };

  for await (const { token, probabilities } of sequence.evaluateWithMetadata(prompt, wanted, options)) {
    if (signal.aborted) return { finish: "cancelled", tokens: tokens.length };
    tokens.push(token);
    if (logprobs !== undefined) scores.push(score(model, token, probabilities, logprobs));
    const text = model.detokenize(tokens);
    const cut = firstStop(text, stop);
    if (cut >= 0) {
      if (cut > told || scores.length) yield piece(text.slice(0, Math.max(cut, told)));
      return { finish: "stop", tokens: tokens.length };
    }
    const safe = text.slice(0, text.length - unsettled(text, stop));
    if (safe.length > told) yield piece(safe);
    if (tokens.length >= maxTokens) {
      if (text.length > told) yield piece(text);
      return { finish: "length", tokens: tokens.length };
    }
  }
  const text = model.detokenize(tokens);
  if (text.length > told || scores.length) yield piece(text);
  return { finish: "stop", tokens: tokens.length };
}

function firstStop(text: string, stop: string[]): number {
  const places = stop.map((s) => text.indexOf(s)).filter((at) => at >= 0);
  return places.length ? Math.min(...places) : -1;
}

/** Characters at the end that may yet change: half of a character, or what may become a stop text. */
function unsettled(text: string, stop: string[]): number {
  let held = /\uFFFD*$/.exec(text)![0].length;
  for (const s of stop) {
    for (let n = Math.min(s.length - 1, text.length); n > held; n--) if (text.endsWith(s.slice(0, n))) held = n;
  }
  return held;
}

/** `probabilities` come sorted, the likeliest first. */
function score(model: LlamaModel, token: Token, probabilities: Map<Token, number>, alternatives: number) {
  const one = (t: Token, probability: number): TokenLogprob => {
    const text = model.detokenize([t], true);
    return { token: text, bytes: [...Buffer.from(text)], logprob: probability > 0 ? Math.log(probability) : -9999 };
  };
  const top = [...probabilities].slice(0, alternatives).map(([t, p]) => one(t, p));
  return { ...one(token, probabilities.get(token) ?? 0), top };
}
