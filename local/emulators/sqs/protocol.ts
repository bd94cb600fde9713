import type { RequestListener } from "node:http";
import * as z from "zod";
import { ACCOUNT } from "../account.ts";
import { AwsError, awsJson, type Operation, operation } from "../aws-json.ts";
import { readAttributes, showAttributes } from "./attributes.ts";
import { batch } from "./batch.ts";
import { md5 } from "./messages.ts";
import type { Queue, Queues } from "./queues.ts";
import { show } from "./received.ts";

const MEBIBYTE = 1_048_576;

const QueueUrl = z.string();
const Strings = z.record(z.string(), z.string());
const MessageAttributes = z.record(z.string(), z.looseObject({ DataType: z.string() })).optional();
const Sending = {
  MessageBody: z.string().min(1),
  DelaySeconds: z.int().min(0).max(900).optional(),
  MessageAttributes,
};
const Visibility = z.int().min(0).max(43_200);

/** Amazon SQS over its JSON protocol, standard queues only. `url` is where this server listens: queue URLs begin with it. */
export function sqsProtocol(queues: Queues, url: () => string, region: string): RequestListener {
  const urlOf = (name: string) => `${url()}/${ACCOUNT}/${name}`;
  const named = (queueUrl: string): Queue => queues.find(new URL(queueUrl, url()).pathname.split("/").at(-1)!);

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

  const operations: Record<string, Operation> = {
    CreateQueue: operation(
      z.object({ QueueName: z.string(), Attributes: Strings.default({}), tags: Strings.optional() }),
      ({ QueueName, Attributes }) => {
        if (QueueName.endsWith(".fifo") || Attributes.FifoQueue)
          throw new AwsError("UnsupportedOperation", "There are no FIFO queues here.");
        readAttributes(Attributes);
        queues.create(QueueName, Attributes);
        return { QueueUrl: urlOf(QueueName) };
      },
    ),
    GetQueueUrl: operation(z.object({ QueueName: z.string() }), ({ QueueName }) => ({
      QueueUrl: urlOf(queues.find(QueueName).name),
    })),
    ListQueues: operation(z.object({ QueueNamePrefix: z.string().default("") }), ({ QueueNamePrefix }) => ({
      QueueUrls: queues.names(QueueNamePrefix).map(urlOf),
    })),
    DeleteQueue: operation(z.object({ QueueUrl }), (input) => queues.remove(named(input.QueueUrl).name)),
    PurgeQueue: operation(z.object({ QueueUrl }), (input) => queues.purge(named(input.QueueUrl))),
    SetQueueAttributes: operation(z.object({ QueueUrl, Attributes: Strings }), (input) =>
      queues.change(named(input.QueueUrl).name, input.Attributes),
    ),
    GetQueueAttributes: operation(z.object({ QueueUrl, AttributeNames: z.array(z.string()).default([]) }), (input) => {
      const queue = named(input.QueueUrl);
      const counts = queues.counts(queue.name);
      const all: Record<string, string> = {
        ...showAttributes(queue.raw),
        QueueArn: `arn:aws:sqs:${region}:${ACCOUNT}:${queue.name}`,
        ApproximateNumberOfMessages: String(counts.visible),
        ApproximateNumberOfMessagesNotVisible: String(counts.held),
        ApproximateNumberOfMessagesDelayed: String(counts.delayed),
        CreatedTimestamp: String(Math.floor(queue.createdAt / 1000)),
        LastModifiedTimestamp: String(Math.floor(queue.modifiedAt / 1000)),
      };
      const wanted = input.AttributeNames.includes("All") ? Object.keys(all) : input.AttributeNames;
      return { Attributes: Object.fromEntries(wanted.filter((name) => name in all).map((name) => [name, all[name]])) };
    }),
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
  return awsJson({
    version: "1.0",
    target: "AmazonSQS",
    operations,
    invalid: "InvalidParameterValue",
    // Older clients know the errors by their names in the query protocol.
    errorHeaders: ({ code }) => ({ "x-amzn-query-error": `${queryNames[code] ?? code};Sender` }),
  });
}

const queryNames: Record<string, string> = {
  QueueDoesNotExist: "AWS.SimpleQueueService.NonExistentQueue",
  QueueNameExists: "QueueAlreadyExists",
  MessageNotInflight: "AWS.SimpleQueueService.MessageNotInflight",
  BatchRequestTooLong: "AWS.SimpleQueueService.BatchRequestTooLong",
};
