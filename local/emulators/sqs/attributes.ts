import * as z from "zod";
import { AwsError } from "../aws-json.ts";

/** The queue attributes that can be set, their bounds and defaults, from the SQS API reference. */
const number = (least: number, most: number, otherwise: number) =>
  z.string().regex(/^\d+$/).transform(Number).pipe(z.int().min(least).max(most)).default(otherwise);

const RedrivePolicy = z.object({
  deadLetterTargetArn: z.string().regex(/^arn:[\w-]+:sqs:[\w-]*:\d{12}:[\w-]{1,80}$/),
  maxReceiveCount: z.coerce.number().pipe(z.int().min(1).max(1000)),
});

const Attributes = z.strictObject({
  VisibilityTimeout: number(0, 43_200, 30),
  DelaySeconds: number(0, 900, 0),
  MaximumMessageSize: number(1024, 1_048_576, 1_048_576),
  MessageRetentionPeriod: number(60, 1_209_600, 345_600),
  ReceiveMessageWaitTimeSeconds: number(0, 20, 0),
  RedrivePolicy: z
    .string()
    .transform((text, context) => {
      try {
        return JSON.parse(text) as unknown;
      } catch {
        context.addIssue("must be JSON");
        return z.NEVER;
      }
    })
    .pipe(RedrivePolicy)
    .optional(),
  // Access and encryption have no meaning on one machine, but templates set them.
  Policy: z.string().optional(),
  RedriveAllowPolicy: z.string().optional(),
  KmsMasterKeyId: z.string().optional(),
  KmsDataKeyReusePeriodSeconds: z.string().optional(),
  SqsManagedSseEnabled: z.enum(["true", "false"]).optional(),
});

export type QueueAttributes = z.output<typeof Attributes>;

/** What the strings mean, defaults filled in. Throws InvalidAttributeName or InvalidAttributeValue. */
export function readAttributes(raw: Record<string, string>): QueueAttributes {
  const read = Attributes.safeParse(raw);
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  if (issue!.code === "unrecognized_keys")
    throw new AwsError("InvalidAttributeName", `Unknown Attribute ${issue!.keys.join(", ")}.`);
  throw new AwsError(
    "InvalidAttributeValue",
    `Invalid value for the parameter ${issue!.path[0]?.toString()}: ${issue!.message}`,
  );
}

/** The attributes as the API shows them: strings, the defaults among them. */
export function showAttributes(raw: Record<string, string>): Record<string, string> {
  const { RedrivePolicy: _, ...settled } = readAttributes(raw);
  const shown = Object.entries(settled).filter(([, value]) => value !== undefined);
  return { ...Object.fromEntries(shown.map(([name, value]) => [name, String(value)])), ...raw };
}

/** The name of the queue that failing messages move to, if any. */
export const deadLetters = (attributes: QueueAttributes) =>
  attributes.RedrivePolicy?.deadLetterTargetArn.split(":").at(-1);
