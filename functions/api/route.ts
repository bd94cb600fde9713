import type { ZodType } from "zod";
import type { Scope } from "../../shared/caller.ts";

export type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

/**
 * One route of a dialect, as data. The API, the router, scope checks and validation are made from it. Path variables are always called `{id}`, with a second one `{child}`: API Gateway forbids siblings of different names.
 */
export interface Route<Operation extends string = string> {
  readonly method: Method;
  readonly path: `/${string}`;
  /** Unique in the dialect; the handler carries the same name. */
  readonly operation: Operation;
  readonly summary: string;
  /** The right a key must carry. */
  readonly scope: Scope;
  readonly query?: ZodType;
  /** A JSON body; absent when the handler reads the bytes itself (multipart) or there is none. */
  readonly body?: ZodType;
  readonly status?: number;
  /** Answers through a response stream, in the dialect's streaming function. */
  readonly streams?: boolean;
}

export type Operations<Routes extends readonly Route[]> = Routes[number]["operation"];
