import { randomUUID } from "node:crypto";
import type { Functions } from "../lambda/functions.ts";
import type { Log } from "../log.ts";
import type { Part, Parts } from "../resources.ts";
import { ACCOUNT, REGION } from "../template.ts";
import { matches, type Pattern, readPattern } from "./pattern.ts";
import { readSchedule, type Schedule } from "./schedule.ts";

/** What is said on the event bus; the rest of the envelope is added. */
export interface BusEvent {
  readonly source: string;
  readonly "detail-type": string;
  readonly detail: unknown;
  readonly resources?: readonly string[];
}

export interface Rules {
  /** Every rule whose pattern fits calls its functions. Never throws: a function that fails is tried again, then logged. */
  emit(event: BusEvent): void;
  /** Begins the schedules. Each fires once right away, so that the reconciler takes up what an earlier process left. */
  start(): void;
  close(): void;
}

interface Target {
  readonly arn: string;
  readonly retries: number;
}
interface Rule {
  readonly name: string;
  readonly arn: string;
  readonly targets: readonly Target[];
  readonly pattern: Pattern | null;
  readonly schedule: Schedule | null;
}

/** Lambda tries an asynchronous event three times; here within seconds instead of minutes. */
const MAX_RETRIES = 2;
const RETRY_MS = 1_000;
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** The template's EventBridge rules. Throws, naming it, for a rule that the laptop cannot run as it is meant. */
export function makeRules(options: { parts: Parts; functions: Functions; log: Log }): Rules {
  const { parts, functions, log } = options;
  const rules = parts
    .of("AWS::Events::Rule")
    .filter(enabled)
    .map((rule) => readRule(rule, functions));
  const timers = new Set<NodeJS.Timeout>();
  let closed = false;

  const later = (milliseconds: number, run: () => void) => {
    if (closed) return;
    const timer = setTimeout(() => {
      timers.delete(timer);
      run();
    }, milliseconds);
    timers.add(timer);
  };

  const envelope = (event: BusEvent) => ({
    version: "0",
    id: randomUUID(),
    account: ACCOUNT,
    region: REGION,
    time: new Date().toISOString().replace(/\.\d+Z$/, "Z"),
    resources: [],
    ...event,
  });

  const call = async (rule: Rule, target: Target, event: object, attempt = 0): Promise<void> => {
    try {
      await functions.invoke(target.arn, event);
    } catch (error) {
      if (closed) return;
      log.error("rules", `${rule.name}, attempt ${attempt + 1}: ${error instanceof Error ? error.stack : error}`);
      if (attempt < target.retries) later(RETRY_MS * 2 ** attempt, () => void call(rule, target, event, attempt + 1));
    }
  };

  /** A tick that is late because the last one still runs comes after it, once. */
  const tick = async (rule: Rule, schedule: Schedule) => {
    const event = envelope({
      source: "aws.events",
      "detail-type": "Scheduled Event",
      resources: [rule.arn],
      detail: {},
    });
    await Promise.all(rule.targets.map((target) => call(rule, { ...target, retries: 0 }, event)));
    wait(rule, schedule);
  };
  const wait = (rule: Rule, schedule: Schedule) => {
    const milliseconds = schedule.untilNext();
    if (milliseconds > LONGEST_TIMER_MS) later(LONGEST_TIMER_MS, () => wait(rule, schedule));
    else later(milliseconds, () => void tick(rule, schedule));
  };

  return {
    emit(event) {
      if (closed) return;
      const whole = envelope(event);
      for (const rule of rules) {
        if (rule.pattern && matches(rule.pattern, whole))
          for (const target of rule.targets) void call(rule, target, whole);
      }
    },
    start() {
      for (const rule of rules) if (rule.schedule) void tick(rule, rule.schedule);
    },
    close() {
      closed = true;
      for (const timer of timers) clearTimeout(timer);
    },
  };
}

const enabled = ({ properties }: Part) => properties.State !== "DISABLED";

function readRule({ name, arn, logicalId, properties }: Part, functions: Pick<Functions, "knows">): Rule {
  const { EventPattern, ScheduleExpression, EventBusName } = properties;
  if (EventBusName && EventBusName !== "default")
    throw new Error(`${logicalId}: the laptop has the default event bus only`);
  const targets = ((properties.Targets as RawTarget[]) ?? []).map((target) => {
    if (!functions.knows(target.Arn)) throw new Error(`${logicalId} calls ${target.Arn}, which does not run here`);
    if (target.Input || target.InputPath || target.InputTransformer)
      throw new Error(`${logicalId} changes its input; the laptop passes events on as they are`);
    return { arn: target.Arn, retries: Math.min(target.RetryPolicy?.MaximumRetryAttempts ?? MAX_RETRIES, MAX_RETRIES) };
  });
  return {
    name,
    arn,
    targets,
    pattern: EventPattern ? readPattern(logicalId, EventPattern) : null,
    schedule: ScheduleExpression ? readSchedule(ScheduleExpression as string) : null,
  };
}

interface RawTarget {
  Arn: string;
  Input?: unknown;
  InputPath?: unknown;
  InputTransformer?: unknown;
  RetryPolicy?: { MaximumRetryAttempts?: number };
}
