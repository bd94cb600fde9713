import type { Exit } from "./process.ts";
import type { JobStatus, SecondaryStatus } from "./registry.ts";

/** Why a trainer was told to leave; null when nobody told it. */
export type EndReason = "stopped" | "too long" | null;

export interface Ending {
  status: JobStatus;
  secondary: SecondaryStatus;
  message: string;
  /** Only of a job that failed. */
  failure?: string;
}

/** What the end of a trainer's process means for its job. One that was told to leave did not fail, however it left. */
export function endingOf({ code, signal, lastWords }: Exit, reason: EndReason): Ending {
  if (reason === "stopped") return { status: "Stopped", secondary: "Stopped", message: "Training job stopped" };
  if (reason === "too long")
    return {
      status: "Stopped",
      secondary: "MaxRuntimeExceeded",
      message: "Training job runtime exceeded MaxRuntimeInSeconds provided",
    };
  if (code === 0) return { status: "Completed", secondary: "Completed", message: "Training job completed" };
  const ended = signal ? `killed by ${signal}` : `exit code: ${code}`;
  return failed(`AlgorithmError: ${lastWords.slice(-900)}${lastWords ? ", " : ""}${ended}`);
}

export const failed = (failure: string): Ending => ({
  status: "Failed",
  secondary: "Failed",
  message: "Training job failed",
  failure,
});
