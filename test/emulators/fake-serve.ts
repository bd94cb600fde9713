/**
 * A model server's child that says back what it was asked. The prompt "die" ends it, "deaf" closes its channel
 * and lives on, and "wait" is never answered.
 */
import type { ServeReply, ServeRequest } from "../../local/trainer/serve-protocol.ts";

let deaf = false;
process.on("disconnect", () => deaf || process.exit(0));
const say = (reply: ServeReply) => process.send!(reply);
let cancelled = 0;
process.on("message", (message) => {
  const request = message as ServeRequest;
  const { id } = request;
  if (request.op === "cancel") return void cancelled++;
  const prompt = request.op === "chat" ? request.messages.at(-1)!.content! : request.prompt;
  if (prompt === "die") process.exit(1);
  if (prompt === "deaf") {
    deaf = true;
    setInterval(() => {}, 1000);
    return process.disconnect();
  }
  if (prompt === "wait") return;
  if (prompt === "long") return say({ id, error: "The prompt has 9 tokens", code: "too_long" });
  const { maxTokens, temperature, topP, seed, stop } = request;
  const answer =
    prompt === "settings"
      ? JSON.stringify({ maxTokens, temperature, topP, seed, stop })
      : `${process.pid} ${cancelled} ${prompt}`;
  for (const delta of answer.match(/.{1,4}/g)!) say({ id, delta });
  say({ id, finish: "stop", usage: { promptTokens: 3, completionTokens: 5 } });
});
say({ ready: true, contextLength: 8 });
