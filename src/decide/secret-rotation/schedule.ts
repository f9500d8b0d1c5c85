import { parseCron, type Cron } from "./cron.ts";

// Instants are milliseconds since the Unix epoch.
const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** `RotationRules` of the API. */
export interface RotationRules {
  readonly automaticallyAfterDays?: number;
  /** `rate(…)` or `cron(…)`. */
  readonly scheduleExpression?: string;
  /** Of the window, such as `3h`. */
  readonly duration?: string;
}

/** Within a window a secret rotates once. The end is not part of it. */
export interface RotationWindow {
  readonly start: number;
  readonly end: number;
}

export type Schedule = {
  /** Hours that a window lasts; to the end of the UTC day where absent. */
  readonly windowHours?: number;
} & (
  | { readonly kind: "days"; readonly days: number }
  | { readonly kind: "hours"; readonly hours: number }
  | { readonly kind: "cron"; readonly cron: Cron }
);

const MOST_DAYS = 1000;
const MOST_RATE_DAYS = 999;
const LEAST_HOURS = 4;

/**
 * Reads rotation rules. A refusal says which of AWS's rules is broken.
 * Source: Secrets Manager API, RotationRulesType; User Guide, "Rotation schedules".
 */
export function parseSchedule(rules: RotationRules): { readonly schedule: Schedule } | { readonly refusal: string } {
  const { automaticallyAfterDays: days, scheduleExpression: expression, duration } = rules;
  if (days !== undefined && expression !== undefined)
    return { refusal: "You can't specify both AutomaticallyAfterDays and ScheduleExpression in RotationRules." };
  if (days === undefined && expression === undefined)
    return { refusal: "RotationRules must have AutomaticallyAfterDays or ScheduleExpression." };
  if (days !== undefined && (!Number.isInteger(days) || days < 1 || days > MOST_DAYS))
    return { refusal: `RotationRules.AutomaticallyAfterDays must be within 1-${MOST_DAYS}.` };
  const hours = duration === undefined ? undefined : hoursIn(duration);
  if (duration !== undefined && hours === undefined)
    return { refusal: "RotationRules.Duration must be a number of hours from 1h to 24h, such as 3h." };
  const read = days === undefined ? parseExpression(expression ?? "") : { kind: "days" as const, days };
  if (typeof read === "string") return { refusal: read };
  const broken = hours === undefined ? undefined : windowRefusal(read, hours);
  if (broken !== undefined) return { refusal: broken };
  const schedule: Schedule = { ...read, ...windowOf(read, hours) };
  if (nextWindow(schedule, undefined, 0) === undefined) return { refusal: `The schedule ${expression ?? ""} never comes to pass.` };
  return { schedule };
}

/**
 * The window of the rotation after the one of `last`; the first one that begins after `now` where there was none, or where that one
 * has begun already. Rates in days and schedules without an hour begin at midnight UTC.
 */
export function nextWindow(schedule: Schedule, last: number | undefined, now: number): RotationWindow | undefined {
  const start = nextStart(schedule, last, now);
  if (start === undefined) return undefined;
  const endOfDay = start - (start % DAY) + DAY;
  return { start, end: schedule.windowHours === undefined ? endOfDay : start + schedule.windowHours * HOUR };
}

function nextStart(schedule: Schedule, last: number | undefined, now: number): number | undefined {
  const midnight = now - (now % DAY) + DAY;
  switch (schedule.kind) {
    case "days": {
      const base = last ?? now;
      const due = base - (base % DAY) + schedule.days * DAY;
      return due > now ? due : midnight;
    }
    case "hours": {
      const due = last === undefined ? midnight : last - (last % HOUR) + schedule.hours * HOUR;
      return due > now ? due : now - (now % HOUR) + HOUR;
    }
    case "cron":
      return nextCron(schedule.cron, now);
  }
}

/** A leap day that must be a certain weekday comes within 40 years. */
const LONGEST_SEARCH_DAYS = 40 * 366;

function nextCron({ hours, onDay }: Cron, now: number): number | undefined {
  const today = Math.floor(now / DAY);
  for (let day = today; day < today + LONGEST_SEARCH_DAYS; day++) {
    if (!onDay(day)) continue;
    const start = hours.map((hour) => day * DAY + hour * HOUR).find((instant) => instant > now);
    if (start !== undefined) return start;
  }
  return undefined;
}

type Rhythm = Extract<Schedule, { kind: "days" }> | Extract<Schedule, { kind: "hours" }> | Extract<Schedule, { kind: "cron" }>;

function parseExpression(text: string): Rhythm | string {
  const rate = /^rate\((\d{1,4}) (hours?|days?)\)$/.exec(text);
  if (rate) {
    const value = Number(rate[1]);
    if (rate[2]?.startsWith("day"))
      return value >= 1 && value <= MOST_RATE_DAYS ? { kind: "days", days: value } : `A rate in days must be within 1-${MOST_RATE_DAYS}.`;
    return value >= LEAST_HOURS && value <= MOST_RATE_DAYS * 24
      ? { kind: "hours", hours: value }
      : `A secret can rotate every ${LEAST_HOURS} hours at most.`;
  }
  const inner = /^cron\((.+)\)$/.exec(text)?.[1];
  const cron = inner === undefined ? undefined : parseCron(inner);
  if (cron) return { kind: "cron", cron };
  return "ScheduleExpression is not valid: it must be rate(n hours), rate(n days), or cron(0 hours day-of-month month day-of-week *) with one of the two day fields ?.";
}

function hoursIn(duration: string): number | undefined {
  const hours = Number(/^(\d{1,2})h$/.exec(duration)?.[1]);
  return hours >= 1 && hours <= 24 ? hours : undefined;
}

function windowRefusal(rhythm: Rhythm, hours: number): string | undefined {
  const into = (what: string): string => `The rotation window must not extend into the next ${what}.`;
  if (rhythm.kind === "days") return undefined;
  if (rhythm.kind === "hours") return hours > Math.min(rhythm.hours, 24) ? into("rotation window") : undefined;
  const { everyHours, hours: starts } = rhythm.cron;
  if (everyHours !== undefined && hours > everyHours) return into("rotation window");
  return (starts.at(-1) ?? 0) + hours > 24 ? into("UTC day") : undefined;
}

function windowOf(rhythm: Rhythm, hours: number | undefined): Pick<Schedule, "windowHours"> {
  if (hours !== undefined) return { windowHours: hours };
  const inHours = rhythm.kind === "hours" || (rhythm.kind === "cron" && rhythm.cron.everyHours !== undefined);
  return inHours ? { windowHours: 1 } : {};
}
