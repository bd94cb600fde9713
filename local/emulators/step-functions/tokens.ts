import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { AwsError } from "../aws-json.ts";
import type { Clock } from "../clock.ts";
import { TaskFailure } from "./failure.ts";

export type Tokens = ReturnType<typeof makeTokens>;

const [ID_BYTES, SEAL_BYTES] = [24, 24];

/**
 * Tasks that wait for someone to call back. A token names its state machine, whose callers may answer it, and carries a
 * MAC, so that one of a task long over is told from one made up.
 */
export function makeTokens(clock: Clock, secret: Buffer) {
  const open = new Map<string, { resolve(output: unknown): void; reject(error: Error): void; beat(): void }>();
  const seal = (id: Buffer, machine: Buffer) =>
    createHmac("sha256", secret).update(id).update(machine).digest().subarray(0, SEAL_BYTES);

  /** The ARN of the state machine that gave it out. Throws InvalidToken or TaskDoesNotExist when none did. */
  const machineOf = (token: string): string => {
    const bytes = Buffer.from(token, "base64url");
    if (bytes.length < ID_BYTES + SEAL_BYTES || bytes.toString("base64url") !== token)
      throw new AwsError("InvalidToken", `Invalid Token: '${token}'`);
    const machine = bytes.subarray(ID_BYTES + SEAL_BYTES);
    const given = bytes.subarray(ID_BYTES, ID_BYTES + SEAL_BYTES);
    if (!timingSafeEqual(seal(bytes.subarray(0, ID_BYTES), machine), given))
      throw new AwsError("TaskDoesNotExist", "Task does not exist: no task was given this token");
    return machine.toString("utf8");
  };

  const demand = (token: string) => {
    machineOf(token);
    const waiting = open.get(token);
    if (!waiting) throw new AwsError("TaskTimedOut", "Task Timed Out: 'Provided task does not exist anymore'");
    return waiting;
  };

  return {
    machineOf,
    mint(machineArn: string): string {
      const [id, machine] = [randomBytes(ID_BYTES), Buffer.from(machineArn)];
      return Buffer.concat([id, seal(id, machine), machine]).toString("base64url");
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
