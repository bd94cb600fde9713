import * as z from "zod";
import { AwsError, operation } from "../aws-json.ts";
import { batch } from "./batch.ts";
import { md5 } from "./messages.ts";
import { type Place, QueueUrl } from "./place.ts";
import type { Queue } from "./queue.ts";
import { show } from "./received.ts";

const MEBIBYTE = 1_048_576;
const Sending = {
  MessageBody: z.string().min(1),
  DelaySeconds: z.int().min(0).max(900).optional(),
  MessageAttributes: z.record(z.string(), z.looseObject({ DataType: z.string() })).optional(),
};
const Visibility = z.int().min(0).max(43_200);

/** What is done to messages, one by one or ten at a time. */
export function messageOperations({ queues, named }: Place) {
  const send = (queue: Queue, message: z.output<z.ZodObject<typeof Sending>>) => {
    const bytes = Buffer.byteLength(message.MessageBody);
    if (bytes > queue.attributes.MaximumMessageSize)
      throw new AwsError(
        "InvalidParameterValue",
        `One or more parameters are invalid. Reason: Message must be shorter than ${queue.attributes.MaximumMessageSize} bytes.`,
      );
    const id = queues.send(queue, message.MessageBody, message.MessageAttributes, message.DelaySeconds);
    return { MessageId: id, MD5OfMessageBody: md5(message.MessageBody) };
  };

  return {
    SendMessage: operation(z.object({ QueueUrl, ...Sending }), ({ QueueUrl, ...message }) =>
      send(named(QueueUrl), message),
    ),
    SendMessageBatch: operation(
      z.object({ QueueUrl, Entries: z.array(z.object({ Id: z.string(), ...Sending })) }),
      (input) => {
        const queue = named(input.QueueUrl);
        const bytes = input.Entries.reduce((sum, entry) => sum + Buffer.byteLength(entry.MessageBody), 0);
        if (bytes > MEBIBYTE)
          throw new AwsError("BatchRequestTooLong", `Batch requests cannot be longer than ${MEBIBYTE} bytes.`);
        return batch(input.Entries, (entry) => send(queue, entry));
      },
    ),
    ReceiveMessage: operation(
      z.object({
        QueueUrl,
        MaxNumberOfMessages: z.int().min(1).max(10).default(1),
        VisibilityTimeout: Visibility.optional(),
        WaitTimeSeconds: z.int().min(0).max(20).optional(),
        AttributeNames: z.array(z.string()).default([]),
        MessageSystemAttributeNames: z.array(z.string()).default([]),
        MessageAttributeNames: z.array(z.string()).default([]),
      }),
      async (input, { gone }) => {
        const queue = named(input.QueueUrl);
        const visibility = input.VisibilityTimeout ?? queue.attributes.VisibilityTimeout;
        const wait = input.WaitTimeSeconds ?? queue.attributes.ReceiveMessageWaitTimeSeconds;
        const messages = await queues.receive(queue, input.MaxNumberOfMessages, visibility, wait, gone);
        const system = [...input.AttributeNames, ...input.MessageSystemAttributeNames];
        return messages.length === 0
          ? {}
          : { Messages: messages.map((message) => show(message, system, input.MessageAttributeNames)) };
      },
    ),
    DeleteMessage: operation(z.object({ QueueUrl, ReceiptHandle: z.string() }), (input) =>
      queues.delete(named(input.QueueUrl), input.ReceiptHandle),
    ),
    DeleteMessageBatch: operation(
      z.object({ QueueUrl, Entries: z.array(z.object({ Id: z.string(), ReceiptHandle: z.string() })) }),
      (input) => {
        const queue = named(input.QueueUrl);
        return batch(input.Entries, (entry) => {
          queues.delete(queue, entry.ReceiptHandle);
          return {};
        });
      },
    ),
    ChangeMessageVisibility: operation(
      z.object({ QueueUrl, ReceiptHandle: z.string(), VisibilityTimeout: Visibility }),
      (input) => queues.hideFor(named(input.QueueUrl), input.ReceiptHandle, input.VisibilityTimeout),
    ),
    ChangeMessageVisibilityBatch: operation(
      z.object({
        QueueUrl,
        Entries: z.array(z.object({ Id: z.string(), ReceiptHandle: z.string(), VisibilityTimeout: Visibility })),
      }),
      (input) => {
        const queue = named(input.QueueUrl);
        return batch(input.Entries, (entry) => {
          queues.hideFor(queue, entry.ReceiptHandle, entry.VisibilityTimeout);
          return {};
        });
      },
    ),
  };
}
