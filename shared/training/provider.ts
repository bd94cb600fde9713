/** What a provider needs to run an attempt. Everything else is in the run's directory. */
export interface Run {
  /** Unique per attempt; the provider's own job carries it, so that a retry cannot start two. */
  readonly name: string;
  /** s3:// address of run.json. */
  readonly config: string;
  /** s3:// address of the run's directory. */
  readonly output: string;
  readonly labels: Readonly<Record<string, string>>;
}

/**
 * What the provider knows of a run. `over` says how in `reason` when it did not end well, and is `blameless` when the
 * provider says that its own machine was at fault.
 */
export type Progress =
  | { state: "running" }
  | { state: "over"; reason: string | null; blameless?: boolean }
  | { state: "absent" };

/** Somewhere a model can be trained. Calls return at once; the workflow does the waiting. */
export interface TrainingProvider {
  /** Quiet when the run was started before. Throws `unavailable` when trying again may help, `invalid` when it cannot. */
  start(run: Run): Promise<void>;
  inspect(name: string): Promise<Progress>;
  /** Quiet when the run is already over or was never there. */
  stop(name: string): Promise<void>;
}
