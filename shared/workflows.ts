/** Executions of one workflow. */
export interface Workflows {
  /** Starting one name twice with the same input is one execution. */
  start(name: string, input: unknown): Promise<void>;
  /** `absent`: never started, or so long ago that it is forgotten. */
  state(name: string): Promise<"running" | "ended" | "absent">;
}

/** Calls a waiting step back. Each is quiet when nobody waits any more. */
export interface Callbacks {
  succeed(token: string, output: unknown): Promise<void>;
  heartbeat(token: string): Promise<void>;
}
