import type { AccessOf } from "../aws-json.ts";
import type { messageOperations } from "./message-operations.ts";
import type { queueOperations } from "./queue-operations.ts";

type Operations = ReturnType<typeof queueOperations> & ReturnType<typeof messageOperations>;

/** What each operation needs; a batch needs what one message does. */
export function sqsAccess(arnOf: (name: string) => string): Record<keyof Operations, AccessOf> {
  const byUrl =
    (operation: string): AccessOf =>
    ({ QueueUrl }) => [{ action: `sqs:${operation}`, resource: arnOf(nameIn(QueueUrl)) }];
  const byName =
    (operation: string): AccessOf =>
    ({ QueueName }) => [{ action: `sqs:${operation}`, resource: arnOf(`${QueueName}`) }];
  return {
    CreateQueue: byName("CreateQueue"),
    GetQueueUrl: byName("GetQueueUrl"),
    ListQueues: () => [{ action: "sqs:ListQueues", resource: arnOf("*") }],
    DeleteQueue: byUrl("DeleteQueue"),
    PurgeQueue: byUrl("PurgeQueue"),
    SetQueueAttributes: byUrl("SetQueueAttributes"),
    GetQueueAttributes: byUrl("GetQueueAttributes"),
    SendMessage: byUrl("SendMessage"),
    SendMessageBatch: byUrl("SendMessage"),
    ReceiveMessage: byUrl("ReceiveMessage"),
    DeleteMessage: byUrl("DeleteMessage"),
    DeleteMessageBatch: byUrl("DeleteMessage"),
    ChangeMessageVisibility: byUrl("ChangeMessageVisibility"),
    ChangeMessageVisibilityBatch: byUrl("ChangeMessageVisibility"),
  };
}

/** The last part of a queue's URL: the path's, whatever host it names. */
export const nameIn = (queueUrl: unknown) => `${queueUrl}`.split("?")[0]!.split("/").at(-1)!;
