import { SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import type { Queue } from "../queue.ts";

/** A queue in SQS whose messages are JSON. */
export function makeQueue<M>({ url, client = new SQSClient({}) }: { url: string; client?: SQSClient }): Queue<M> {
  return {
    async send(message) {
      await client.send(new SendMessageCommand({ QueueUrl: url, MessageBody: JSON.stringify(message) }));
    },
  };
}
