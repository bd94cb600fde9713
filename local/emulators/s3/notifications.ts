import { createHash } from "node:crypto";
import type { Queue } from "../sqs/queue.ts";
import type { Queues } from "../sqs/queues.ts";
import type { StoredObject } from "./stored-object.ts";

export interface KeyFilter {
  prefix?: string;
  suffix?: string;
}

/** Which new objects are told to which queue. `tell` sends in the caller's transaction: a message for each object, or neither. */
export function makeNotifications(queues: Queues, region: string) {
  const wanted = new Map<string, { filter: KeyFilter; queue: Queue }[]>();
  let sequence = 0n;
  return {
    /** Throws QueueDoesNotExist. */
    add(bucket: string, filter: KeyFilter, queueUrl: string) {
      const queue = queues.find(queueUrl.split("/").at(-1)!);
      wanted.set(bucket, [...(wanted.get(bucket) ?? []), { filter, queue }]);
    },
    tell(object: StoredObject, event: string) {
      // Later writes sort higher, also across restarts.
      const microseconds = BigInt(Date.now()) * 1000n;
      sequence = microseconds > sequence ? microseconds : sequence + 1n;
      for (const { filter, queue } of wanted.get(object.bucket) ?? [])
        if (object.key.startsWith(filter.prefix ?? "") && object.key.endsWith(filter.suffix ?? ""))
          queues.send(queue, JSON.stringify(message(object, event, sequence, region)));
    },
  };
}

const message = (object: StoredObject, event: string, sequence: bigint, region: string) => ({
  Records: [
    {
      eventVersion: "2.1",
      eventSource: "aws:s3",
      awsRegion: region,
      eventTime: new Date(object.modifiedAt).toISOString(),
      eventName: `ObjectCreated:${event}`,
      userIdentity: { principalId: "local" },
      requestParameters: { sourceIPAddress: "127.0.0.1" },
      responseElements: {
        "x-amz-request-id": createHash("sha1").update(String(sequence)).digest("hex").slice(0, 16).toUpperCase(),
      },
      s3: {
        s3SchemaVersion: "1.0",
        configurationId: "local",
        bucket: { name: object.bucket, ownerIdentity: { principalId: "local" }, arn: `arn:aws:s3:::${object.bucket}` },
        object: {
          key: encodeURIComponent(object.key).replaceAll("%2F", "/").replaceAll("%20", "+"),
          size: object.size,
          eTag: object.etag,
          sequencer: sequence.toString(16).toUpperCase().padStart(18, "0"),
        },
      },
    },
  ],
});
