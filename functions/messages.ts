import type { S3Event, SQSBatchResponse, SQSEvent } from "aws-lambda";

/**
 * Works through a batch; a message that fails comes back alone, and the others are done with.
 * The error is logged here, because Lambda only hears which messages failed.
 */
export async function eachMessage(event: SQSEvent, work: (body: string) => Promise<void>): Promise<SQSBatchResponse> {
  const batchItemFailures: SQSBatchResponse["batchItemFailures"] = [];
  for (const { messageId, body } of event.Records) {
    try {
      await work(body);
    } catch (error) {
      console.error(JSON.stringify({ level: "ERROR", messageId, ...describe(error) }));
      batchItemFailures.push({ itemIdentifier: messageId });
    }
  }
  return { batchItemFailures };
}

export interface ArrivedObject {
  key: string;
  bytes: number;
  /** Milliseconds since 1970. */
  at: number;
  eTag: string;
}

/** The objects of a notification; none in the test message that S3 sends when it is set up. */
export function arrivedObjects(body: string): ArrivedObject[] {
  const { Records = [] } = JSON.parse(body) as Partial<S3Event>;
  return Records.map(({ s3, eventTime }) => ({
    // S3 encodes keys as a form does.
    key: decodeURIComponent(s3.object.key.replaceAll("+", " ")),
    bytes: s3.object.size,
    at: Date.parse(eventTime),
    eTag: s3.object.eTag,
  }));
}

/** `JSON.stringify(error)` is `{}`. */
export const describe = (error: unknown) =>
  error instanceof Error
    ? { message: error.message, name: error.name, stack: error.stack }
    : { message: String(error) };
