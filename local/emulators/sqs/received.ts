import { ACCOUNT } from "../account.ts";
import { type Message, md5 } from "./messages.ts";

/** A message as ReceiveMessage shows it, with the attributes that were asked for. */
export function show(message: Message, systemNames: string[], names: string[]) {
  const system: Record<string, string> = {
    SenderId: ACCOUNT,
    SentTimestamp: String(message.sentAt),
    ApproximateReceiveCount: String(message.receives),
    ApproximateFirstReceiveTimestamp: String(message.firstReceivedAt),
  };
  const wanted = systemNames.includes("All") ? Object.keys(system) : systemNames.filter((name) => name in system);
  const own = Object.entries(message.attributes).filter(([name]) =>
    names.some((n) => n === "All" || n === ".*" || n === name),
  );
  return {
    MessageId: message.id,
    ReceiptHandle: message.receipt,
    Body: message.body,
    MD5OfBody: md5(message.body),
    ...(wanted.length > 0 && { Attributes: Object.fromEntries(wanted.map((name) => [name, system[name]])) }),
    ...(own.length > 0 && { MessageAttributes: Object.fromEntries(own) }),
  };
}
