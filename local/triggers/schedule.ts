import { Cron } from "croner";

export interface Schedule {
  /** Milliseconds from now to the next time; Infinity when there is none. */
  untilNext(now?: Date): number;
}

const UNITS: Readonly<Record<string, number>> = { minute: 60_000, hour: 3_600_000, day: 86_400_000 };

/** `rate(1 minute)` or `cron(0 3 * * ? *)`, in UTC. Throws for anything else. */
export function readSchedule(expression: string): Schedule {
  const [, every, unit] = /^rate\((\d+) (minute|hour|day)s?\)$/.exec(expression) ?? [];
  if (every && unit) {
    const milliseconds = Number(every) * UNITS[unit]!;
    return { untilNext: () => milliseconds };
  }
  const fields = /^cron\(([^)]+)\)$/.exec(expression)?.[1]?.trim().split(/\s+/) ?? [];
  if (fields.length !== 6) throw new Error(`The laptop cannot read the schedule '${expression}'`);
  // AWS has no seconds and counts Sunday as 1, as Quartz does; the year comes last in both.
  const cron = new Cron(`0 ${fields.join(" ")}`, { timezone: "UTC", alternativeWeekdays: true, paused: true });
  return {
    untilNext(now = new Date()) {
      const next = cron.nextRun(now);
      return next ? next.getTime() - now.getTime() : Infinity;
    },
  };
}
