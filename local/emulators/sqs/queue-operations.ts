import * as z from "zod";
import { AwsError, operation } from "../aws-json.ts";
import { readAttributes, showAttributes } from "./attributes.ts";
import { type Place, QueueUrl } from "./place.ts";

const Strings = z.record(z.string(), z.string());

/** What is done to whole queues. */
export const queueOperations = ({ queues, named, urlOf, arnOf }: Place) => ({
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
      QueueArn: arnOf(queue.name),
      ApproximateNumberOfMessages: String(counts.visible),
      ApproximateNumberOfMessagesNotVisible: String(counts.held),
      ApproximateNumberOfMessagesDelayed: String(counts.delayed),
      CreatedTimestamp: String(Math.floor(queue.createdAt / 1000)),
      LastModifiedTimestamp: String(Math.floor(queue.modifiedAt / 1000)),
    };
    const wanted = input.AttributeNames.includes("All") ? Object.keys(all) : input.AttributeNames;
    return { Attributes: Object.fromEntries(wanted.filter((name) => name in all).map((name) => [name, all[name]])) };
  }),
});
