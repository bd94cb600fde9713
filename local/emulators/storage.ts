import { join } from "node:path";
import { type Authority, OPEN } from "./authority.ts";
import { type Clock, systemClock } from "./clock.ts";
import { openDatabase } from "./database.ts";
import { listen } from "./listener.ts";
import { type KeyFilter, makeNotifications } from "./s3/notifications.ts";
import { makeObjects } from "./s3/objects.ts";
import { s3Protocol } from "./s3/protocol.ts";
import { S3_SCHEMA } from "./s3/schema.ts";
import { makeUploads } from "./s3/uploads.ts";
import { sqsProtocol } from "./sqs/protocol.ts";
import { makeQueues, SQS_SCHEMA } from "./sqs/queues.ts";

export interface Storage {
  s3Url: string;
  sqsUrl: string;
  /**
   * From now on each new object of the bucket whose key fits is a message in the queue, S3's own event document.
   * Object and message become visible together or not at all. Throws when there is no such queue.
   */
  onObjectCreated(bucket: string, filter: KeyFilter, queueUrl: string): void;
  close(): Promise<void>;
}

/**
 * S3 and SQS in one server and one database, since notifications tie them together: objects are files in `dir`/s3,
 * all else is in `dir`/storage.sqlite. What was answered survives the end of the process, however it ends.
 * S3 requests must be signed, and every request must be allowed by `authority`. Subscriptions are not kept: the template says them at each start.
 */
export async function startStorage(options: {
  dir: string;
  port?: number;
  authority?: Authority;
  region?: string;
  clock?: Clock;
}): Promise<Storage> {
  const { dir, authority = OPEN, region = "us-east-1", clock = systemClock } = options;
  const database = openDatabase(join(dir, "storage.sqlite"), S3_SCHEMA + SQS_SCHEMA);
  const queues = makeQueues(database, clock);
  const notifications = makeNotifications(queues, region);
  const objects = makeObjects(database, join(dir, "s3"), notifications.tell);
  const uploads = makeUploads(database, objects);

  let url = "";
  const s3 = s3Protocol({ objects, uploads, authority });
  const sqs = sqsProtocol({ queues, url: () => url, region, authority });
  const server = await listen(
    (request, response) => (request.headers["x-amz-target"] ? sqs : s3)(request, response),
    options.port,
  );
  url = server.url;
  const close = async () => {
    await server.close();
    database.close();
  };
  return { s3Url: url, sqsUrl: url, onObjectCreated: notifications.add, close };
}
