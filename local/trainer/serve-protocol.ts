/**
 * What a model server's process and the process that forked it say to each other over Node IPC.
 *
 * Fork `local/trainer/serve.ts` with the path of one GGUF; it says `Ready` once and then answers requests, several at a time:
 * any number of `Delta`, then exactly one `Finish` or `Failure`, for each `id`. It leaves when the channel closes.
 */
import type { Message } from "../../shared/chat.ts";

export interface Sampling {
  /** Default: what is left of the context. */
  maxTokens?: number;
  /** 0, the default, always takes the likeliest token. */
  temperature?: number;
  topP?: number;
  /** The same seed, prompt and settings give the same answer. */
  seed?: number;
  /** Generation ends before any of these; they are not part of the text. */
  stop?: string[];
  /** With each delta, log-probabilities of its tokens and of this many alternatives (0 or more). */
  logprobs?: number;
}

/** `chat` puts the messages into the chat format that training uses; `complete` goes on with `prompt` as it is. */
export type ServeRequest =
  | ({ id: string; op: "chat"; messages: Message[] } & Sampling)
  | ({ id: string; op: "complete"; prompt: string } & Sampling)
  /** Quiet when `id` is unknown or over; otherwise that request ends with a `Finish` of `cancelled`. */
  | { id: string; op: "cancel" };

export interface Ready {
  ready: true;
  /** In tokens, prompt and answer together. */
  contextLength: number;
}

export interface TokenLogprob {
  token: string;
  bytes: number[];
  /** Natural logarithm, at the temperature asked for (at temperature 0 as at 1); -9999 when it is nothing. */
  logprob: number;
}

export interface Delta {
  id: string;
  /** Whole characters, never empty unless it only carries log-probabilities. */
  delta: string;
  logprobs?: (TokenLogprob & { top: TokenLogprob[] })[];
}

export interface Finish {
  id: string;
  finish: "stop" | "length" | "cancelled";
  /** Counted by the tokenizer; the end marker is not counted. */
  usage: { promptTokens: number; completionTokens: number };
}

export interface Failure {
  id: string;
  error: string;
  /** `too_long`: the prompt does not fit the context. `invalid`: the request is not one. `internal`: anything else. */
  code: "too_long" | "invalid" | "internal";
}

export type ServeReply = Ready | Delta | Finish | Failure;
