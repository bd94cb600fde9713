import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageBatchCommand,
  type Message,
  ReceiveMessageCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";
import type { AwsSettings } from "../endpoints.ts";
import type { Functions } from "../lambda/functions.ts";
import type { Log } from "../log.ts";
import type { Part, Parts } from "../resources.ts";
import { type Mapping, readMappings } from "./mappings.ts";
import { queueRecord } from "./queue-record.ts";

export interface QueueTriggers {
  /** Receives no more. Messages that a function still has come back at once when it does not finish. */
  close(): Promise<void>;
}

/**
 * In the cloud a message is hidden for six times the function's timeout. Here it is hidden for a short while and again as
 * long as its function runs, so that work which ended with the process is taken up seconds after the next start.
 */
const HIDDEN_SECONDS = 10;
const EXTEND_MS = 4_000;
/** A failed message comes back after so many seconds times its receives, instead of after the queue's long visibility timeout. */
const BACK_OFF_SECONDS = 1;
const DRAIN_MS = 3_000;

/** Runs the template's event source mappings. Throws for one that is not of a queue and a function of the template. */
export function startQueueTriggers(options: {
  parts: Parts;
  functions: Functions;
  aws: AwsSettings;
  log: Log;
  backOffSeconds?: number;
}): QueueTriggers {
  const { parts, functions, aws, log, backOffSeconds = BACK_OFF_SECONDS } = options;
  const client = new SQSClient({ ...aws.client("sqs"), maxAttempts: 1 });
  const stopping = new AbortController();
  const running = new Map<Promise<void>, { queue: Part; messages: Message[] }>();
  const loops = readMappings(parts, functions).map((mapping) => poll(mapping));

  /** One loop a queue: it waits for a free place, then for messages, and hands them over without waiting for the result. */
  async function poll(mapping: Mapping) {
    const { queue, batchSize, concurrency } = mapping;
    const mine = new Set<Promise<void>>();
    while (!stopping.signal.aborted) {
      if (mine.size >= concurrency) {
        await Promise.race(mine);
        continue;
      }
      const messages = await receive(queue.ref, batchSize);
      if (messages.length === 0) continue;
      const work = process(mapping, messages).finally(() => {
        mine.delete(work);
        running.delete(work);
      });
      mine.add(work);
      running.set(work, { queue, messages });
    }
  }

  async function receive(QueueUrl: string, batchSize: number): Promise<Message[]> {
    const command = new ReceiveMessageCommand({
      QueueUrl,
      MaxNumberOfMessages: Math.min(batchSize, 10),
      WaitTimeSeconds: 20,
      VisibilityTimeout: HIDDEN_SECONDS,
      MessageSystemAttributeNames: ["All"],
      MessageAttributeNames: ["All"],
    });
    try {
      return (await client.send(command, { abortSignal: stopping.signal })).Messages ?? [];
    } catch (error) {
      if (stopping.signal.aborted) return [];
      log.error("queues", `${QueueUrl} could not be read: ${error instanceof Error ? error.message : error}`);
      await new Promise((resolve) => setTimeout(resolve, 1_000));
      return [];
    }
  }

  async function process(mapping: Mapping, messages: Message[]) {
    const { queue } = mapping;
    const keep = setInterval(() => hide(queue, messages, () => HIDDEN_SECONDS), EXTEND_MS);
    const failed = await run(mapping, messages);
    clearInterval(keep);
    const done = messages.filter((message) => !failed.has(message.MessageId!));
    if (done.length > 0) {
      const Entries = done.map((message, i) => ({ Id: String(i), ReceiptHandle: message.ReceiptHandle! }));
      await client.send(new DeleteMessageBatchCommand({ QueueUrl: queue.ref, Entries })).catch(complain(queue));
    }
    const back = messages.filter((message) => failed.has(message.MessageId!));
    const soon = (message: Message) => Math.min(43_200, Math.round(backOffSeconds * receives(message)));
    // What failed because we stop did not fail: it comes back at once.
    await hide(queue, back, stopping.signal.aborted ? () => 0 : soon);
  }

  async function hide(queue: Part, messages: readonly Message[], seconds: (message: Message) => number) {
    if (messages.length === 0) return;
    const Entries = messages.map((message, i) => ({
      Id: String(i),
      ReceiptHandle: message.ReceiptHandle!,
      VisibilityTimeout: seconds(message),
    }));
    await client.send(new ChangeMessageVisibilityBatchCommand({ QueueUrl: queue.ref, Entries })).catch(complain(queue));
  }

  /** The ids of the messages that failed. */
  async function run(mapping: Mapping, messages: readonly Message[]): Promise<Set<string>> {
    const every = new Set(messages.map((message) => message.MessageId!));
    try {
      const result = await functions.invoke(mapping.functionArn, {
        Records: messages.map((each) => queueRecord(mapping.queue, each)),
      });
      const failures = mapping.itemFailures ? (result as Partial<BatchResult> | null)?.batchItemFailures : [];
      const failed = new Set((failures ?? []).map(({ itemIdentifier }) => itemIdentifier));
      // Lambda takes an id that is not in the batch for a failure of the whole batch.
      return failed.isSubsetOf(every) ? failed : every;
    } catch (error) {
      if (!stopping.signal.aborted)
        log.error("queues", `${mapping.queue.name}: ${error instanceof Error ? error.stack : error}`);
      return every;
    }
  }

  const complain = (queue: Part) => (error: Error) => {
    if (!stopping.signal.aborted) log.error("queues", `${queue.name}: ${error.message}`);
  };

  return {
    async close() {
      stopping.abort();
      const { promise: late, resolve } = Promise.withResolvers<void>();
      const timer = setTimeout(resolve, DRAIN_MS);
      await Promise.race([Promise.all([...loops, ...running.keys()]), late]);
      clearTimeout(timer);
      // What still runs is going to be cut off, and is taken up again by the next laptop.
      await Promise.all([...running.values()].map(({ queue, messages }) => hide(queue, messages, () => 0)));
      client.destroy();
    },
  };
}

interface BatchResult {
  batchItemFailures: { itemIdentifier: string }[] | null;
}

const receives = (message: Message) => Number(message.Attributes?.ApproximateReceiveCount ?? 1);
