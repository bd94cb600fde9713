import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { AwsError } from "../aws-json.ts";
import type { Clock } from "../clock.ts";
import { TaskFailure } from "./failure.ts";

export type Tokens = ReturnType<typeof makeTokens>;

/** Tasks that wait for someone to call back. Tokens carry a MAC, so that one of a task long over is told from one made up. */
export function makeTokens(clock: Clock, secret: Buffer) {
  const open = new Map<string, { resolve(output: unknown): void; reject(error: Error): void; beat(): void }>();
  const seal = (id: Buffer) => createHmac("sha256", secret).update(id).digest().subarray(0, 24);

  const demand = (token: string) => {
    const bytes = Buffer.from(token, "base64url");
    if (bytes.length !== 48 || bytes.toString("base64url") !== token)
      throw new AwsError("InvalidToken", `Invalid Token: '${token}'`);
    if (!timingSafeEqual(seal(bytes.subarray(0, 24)), bytes.subarray(24)))
      throw new AwsError("TaskDoesNotExist", "Task does not exist: no task was given this token");
    const waiting = open.get(token);
    if (!waiting) throw new AwsError("TaskTimedOut", "Task Timed Out: 'Provided task does not exist anymore'");
    return waiting;
  };

  return {
    mint(): string {
      const id = randomBytes(24);
      return Buffer.concat([id, seal(id)]).toString("base64url");
    },
    /** Opens the token now, and settles when it is called back, when its heart stops, or when `over` aborts. */
    wait(token: string, heartbeatSeconds: number | undefined, over: AbortSignal): Promise<unknown> {
      const { promise, resolve, reject } = Promise.withResolvers<unknown>();
      let callOff = () => {};
      const beat = () => {
        callOff();
        if (heartbeatSeconds !== undefined)
          callOff = clock.after(heartbeatSeconds * 1000, () => reject(new TaskFailure("States.HeartbeatTimeout", "")));
      };
      const onEnd = () => reject(TaskFailure.ofEnded());
      over.addEventListener("abort", onEnd);
      open.set(token, { resolve, reject, beat });
      beat();
      return promise.finally(() => {
        open.delete(token);
        callOff();
        over.removeEventListener("abort", onEnd);
      });
    },
    succeed: (token: string, output: unknown) => demand(token).resolve(output),
    fail: (token: string, error: string, cause: string) => demand(token).reject(new TaskFailure(error, cause)),
    beat: (token: string) => demand(token).beat(),
  };
}
