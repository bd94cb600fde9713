import type { RequestListener } from "node:http";
import { ACCOUNT } from "../account.ts";
import type { Authority } from "../authority.ts";
import { awsJson } from "../aws-json.ts";
import { nameIn, sqsAccess } from "./access.ts";
import { messageOperations } from "./message-operations.ts";
import type { Place } from "./place.ts";
import { queueOperations } from "./queue-operations.ts";
import type { Queues } from "./queues.ts";

/** Amazon SQS over its JSON protocol, standard queues only. `url` is where this server listens: queue URLs begin with it. */
export function sqsProtocol(options: {
  queues: Queues;
  url: () => string;
  region: string;
  authority: Authority;
}): RequestListener {
  const { queues, url, region, authority } = options;
  const place: Place = {
    queues,
    named: (queueUrl) => queues.find(nameIn(queueUrl)),
    urlOf: (name) => `${url()}/${ACCOUNT}/${name}`,
    arnOf: (name) => `arn:aws:sqs:${region}:${ACCOUNT}:${name}`,
  };
  return awsJson({
    version: "1.0",
    target: "AmazonSQS",
    operations: { ...queueOperations(place), ...messageOperations(place) },
    authority,
    access: sqsAccess(place.arnOf),
    refusedStatus: 403,
    invalid: "InvalidParameterValue",
    // Older clients know the errors by their names in the query protocol.
    errorHeaders: ({ code }) => ({ "x-amzn-query-error": `${queryNames[code] ?? code};Sender` }),
  });
}

const queryNames: Record<string, string> = {
  AccessDeniedException: "AccessDenied",
  UnrecognizedClientException: "InvalidClientTokenId",
  QueueDoesNotExist: "AWS.SimpleQueueService.NonExistentQueue",
  QueueNameExists: "QueueAlreadyExists",
  MessageNotInflight: "AWS.SimpleQueueService.MessageNotInflight",
  BatchRequestTooLong: "AWS.SimpleQueueService.BatchRequestTooLong",
};
