import type { Functions } from "../lambda/functions.ts";
import type { Part, Parts } from "../resources.ts";

/** A queue that feeds a function. */
export interface Mapping {
  readonly queue: Part;
  readonly functionArn: string;
  readonly batchSize: number;
  readonly concurrency: number;
  /** Whether the function says which messages failed; otherwise a batch fails as a whole. */
  readonly itemFailures: boolean;
}

/** As many batches at a time as a function has workers. */
const WORKERS = 2;

/** The template's event source mappings. Throws for one that is not of a queue and a function that the laptop runs. */
export function readMappings(parts: Parts, runnable: Pick<Functions, "knows">): Mapping[] {
  const queues = new Map(parts.of("AWS::SQS::Queue").map((queue) => [queue.arn, queue]));
  const functions = new Map(parts.of("AWS::Lambda::Function").map((each) => [each.ref, each.arn]));
  return parts.of("AWS::Lambda::EventSourceMapping").map(({ logicalId, properties }) => {
    const queue = queues.get(properties.EventSourceArn as string);
    const functionArn = functions.get(properties.FunctionName as string);
    if (!queue) throw new Error(`${logicalId} maps ${properties.EventSourceArn}, which is no queue of the template`);
    if (!functionArn || !runnable.knows(functionArn))
      throw new Error(`${logicalId} calls ${properties.FunctionName}, which does not run here`);
    const scaling = properties.ScalingConfig as { MaximumConcurrency?: number } | undefined;
    return {
      queue,
      functionArn,
      batchSize: Number(properties.BatchSize ?? 10),
      // More would only wait for a worker, and be hidden meanwhile from a laptop that starts anew.
      concurrency: Math.min(scaling?.MaximumConcurrency ?? WORKERS, WORKERS),
      itemFailures: ((properties.FunctionResponseTypes as string[]) ?? []).includes("ReportBatchItemFailures"),
    };
  });
}
