/* oxlint-disable no-restricted-globals -- the calendar here is checked against the one of the machine */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { civilDate, weekday } from "./civil-date.ts";
import { nextWindow, parseSchedule, type RotationRules, type Schedule } from "./schedule.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

function schedule(rules: RotationRules): Schedule {
  const parsed = parseSchedule(rules);
  if ("refusal" in parsed) throw new Error(parsed.refusal);
  return parsed.schedule;
}

/** The windows after an instant, as `start…end`; each one rotated as it began. */
function windows(rules: RotationRules, from: string, count: number, last?: string): string[] {
  const found: string[] = [];
  let rotated = last === undefined ? undefined : Date.parse(last);
  let now = Date.parse(from);
  for (let at = 0; at < count; at++) {
    const window = nextWindow(schedule(rules), rotated, now);
    if (!window) throw new Error("no window");
    const text = (instant: number): string => new Date(instant).toISOString().slice(0, 16);
    found.push(`${text(window.start)}…${text(window.end)}`);
    rotated = window.start;
    now = window.start;
  }
  return found;
}

const cron = (expression: string, duration?: string): RotationRules => ({
  scheduleExpression: `cron(${expression})`,
  ...(duration === undefined ? {} : { duration }),
});

describe("windows", () => {
  test.each<[string, RotationRules, string, string[]]>([
    [
      "days count from midnight to the end of the day",
      { automaticallyAfterDays: 10 },
      "2025-03-03T15:20:00Z",
      ["2025-03-13T00:00…2025-03-14T00:00", "2025-03-23T00:00…2025-03-24T00:00"],
    ],
    [
      "a rate in days is the same",
      { scheduleExpression: "rate(1 day)", duration: "3h" },
      "2025-12-31T23:59:00Z",
      ["2026-01-01T00:00…2026-01-01T03:00", "2026-01-02T00:00…2026-01-02T03:00"],
    ],
    [
      "a rate in hours begins at midnight, and its window lasts an hour",
      { scheduleExpression: "rate(4 hours)" },
      "2025-03-03T15:20:00Z",
      ["2025-03-04T00:00…2025-03-04T01:00", "2025-03-04T04:00…2025-03-04T05:00"],
    ],
    // The examples of the User Guide, "Rotation schedules".
    ["every day at 10:00", cron("0 10 * * ? *"), "2025-03-03T10:00:00Z", ["2025-03-04T10:00…2025-03-05T00:00"]],
    ["every Saturday at 18:00", cron("0 18 ? * SAT *"), "2025-03-03T10:00:00Z", ["2025-03-08T18:00…2025-03-09T00:00"]],
    ["the first of each month at 8:00", cron("0 8 1 * ? *"), "2025-01-31T10:00:00Z", ["2025-02-01T08:00…2025-02-02T00:00"]],
    [
      "every three months on the first Sunday at 1:00",
      cron("0 1 ? 1/3 SUN#1 *"),
      "2025-03-03T10:00:00Z",
      ["2025-04-06T01:00…2025-04-07T00:00", "2025-07-06T01:00…2025-07-07T00:00"],
    ],
    [
      "the last day of each month at 17:00, leap years too",
      cron("0 17 L * ? *"),
      "2028-02-01T00:00:00Z",
      ["2028-02-29T17:00…2028-03-01T00:00", "2028-03-31T17:00…2028-04-01T00:00"],
    ],
    ["Monday to Friday at 8:00", cron("0 8 ? * MON-FRI *"), "2025-03-07T08:00:00Z", ["2025-03-10T08:00…2025-03-11T00:00"]],
    [
      "the 1st and 15th at 16:00 for two hours",
      cron("0 16 1,15 * ? *", "2h"),
      "2025-03-02T00:00:00Z",
      ["2025-03-15T16:00…2025-03-15T18:00", "2025-04-01T16:00…2025-04-01T18:00"],
    ],
    ["the first Monday of each month", cron("0 0 ? * 2#1 *"), "2025-03-04T00:00:00Z", ["2025-04-07T00:00…2025-04-08T00:00"]],
    [
      "steps of hours begin anew each day",
      cron("0 4/12 * * ? *"),
      "2025-03-03T05:00:00Z",
      ["2025-03-03T16:00…2025-03-03T17:00", "2025-03-04T04:00…2025-03-04T05:00"],
    ],
    ["steps of hours from midnight", cron("0 /8 * * ? *", "8h"), "2025-03-03T05:00:00Z", ["2025-03-03T08:00…2025-03-03T16:00"]],
    ["the weekday nearest to a Saturday the 1st", cron("0 3 1W * ? *"), "2025-02-28T00:00:00Z", ["2025-03-03T03:00…2025-03-04T00:00"]],
    ["the last weekday of a month", cron("0 3 LW * ? *"), "2025-08-01T00:00:00Z", ["2025-08-29T03:00…2025-08-30T00:00"]],
    ["the last Friday of a month", cron("0 3 ? * 6L *"), "2025-08-01T00:00:00Z", ["2025-08-29T03:00…2025-08-30T00:00"]],
    ["Saturdays, as L", cron("0 3 ? * L *"), "2025-08-01T00:00:00Z", ["2025-08-02T03:00…2025-08-03T00:00"]],
    ["a month by its name", cron("0 3 29 FEB ? *"), "2025-08-01T00:00:00Z", ["2028-02-29T03:00…2028-03-01T00:00"]],
  ])("%s", (_what, rules, from, expected) => {
    expect(windows(rules, from, expected.length)).toEqual(expected);
  });

  test("a rate in hours goes on from the rotation before it", () => {
    expect(windows({ scheduleExpression: "rate(10 hours)" }, "2025-03-03T06:30:00Z", 1, "2025-03-03T06:15:00Z")).toEqual([
      "2025-03-03T16:00…2025-03-03T17:00",
    ]);
  });

  test("days that are over when rotation is turned on again mean the next midnight", () => {
    expect(windows({ automaticallyAfterDays: 5 }, "2025-03-03T06:30:00Z", 1, "2025-01-01T00:00:00Z")).toEqual([
      "2025-03-04T00:00…2025-03-05T00:00",
    ]);
  });
});

test.each<[string, RotationRules, string]>([
  ["nothing", {}, "must have AutomaticallyAfterDays or ScheduleExpression"],
  ["a window alone", { duration: "3h" }, "must have AutomaticallyAfterDays or ScheduleExpression"],
  ["two schedules", { automaticallyAfterDays: 1, scheduleExpression: "rate(1 day)" }, "can't specify both"],
  ["no days", { automaticallyAfterDays: 0 }, "AutomaticallyAfterDays must be within 1-1000"],
  ["too many days", { automaticallyAfterDays: 1001 }, "AutomaticallyAfterDays must be within 1-1000"],
  ["hours that are too few", { scheduleExpression: "rate(3 hours)" }, "every 4 hours at most"],
  ["a rate of more days than AWS takes", { scheduleExpression: "rate(1000 days)" }, "within 1-999"],
  ["weeks", { scheduleExpression: "rate(2 weeks)" }, "ScheduleExpression is not valid"],
  ["minutes", cron("5 10 * * ? *"), "ScheduleExpression is not valid"],
  ["both day fields", cron("0 10 * * * *"), "ScheduleExpression is not valid"],
  ["neither day field", cron("0 10 ? * ? *"), "ScheduleExpression is not valid"],
  ["a year", cron("0 10 * * ? 2030"), "ScheduleExpression is not valid"],
  ["five fields", cron("0 10 * * ?"), "ScheduleExpression is not valid"],
  ["hours closer than four", cron("0 /2 * * ? *"), "ScheduleExpression is not valid"],
  ["every hour", cron("0 * * * ? *"), "ScheduleExpression is not valid"],
  ["an hour that there is not", cron("0 24 * * ? *"), "ScheduleExpression is not valid"],
  ["a month that there is not", cron("0 1 1 13 ? *"), "ScheduleExpression is not valid"],
  ["a weekday that there is not", cron("0 1 ? * FOO#1 *"), "ScheduleExpression is not valid"],
  ["a day that never comes", cron("0 1 30 FEB ? *"), "never comes to pass"],
  ["no hours of a window", { scheduleExpression: "rate(1 day)", duration: "0h" }, "Duration"],
  ["a window longer than a day", { scheduleExpression: "rate(1 day)", duration: "25h" }, "Duration"],
  ["a window into the next one", { scheduleExpression: "rate(4 hours)", duration: "5h" }, "into the next rotation window"],
  ["a window of steps into the next one", cron("0 /4 * * ? *", "5h"), "into the next rotation window"],
  ["a window into the next day", cron("0 22 * * ? *", "3h"), "into the next UTC day"],
])("rules with %s are refused", (_what, rules, refusal) => {
  expect(parseSchedule(rules)).toEqual({ refusal: expect.stringContaining(refusal) as string });
});

describe("laws", () => {
  const instants = fc.integer({ min: 0, max: 4_102_444_800_000 });
  const rules = fc.oneof(
    fc.record({ automaticallyAfterDays: fc.integer({ min: 1, max: 1000 }) }),
    fc.integer({ min: 4, max: 999 }).map((hours) => ({ scheduleExpression: `rate(${hours} hours)` })),
    fc.constantFrom("0 10 * * ? *", "0 /6 ? * MON-FRI *", "0 3 LW * ? *", "0 1 ? 1/3 SUN#1 *", "0 5 15W * ? *").map((text) => cron(text)),
  );

  test("a window begins after now, on the hour, and ends after it began, within its day or its hours", () => {
    fc.assert(
      fc.property(rules, instants, fc.option(fc.integer({ min: 0, max: 400 * DAY }), { nil: undefined }), (of, now, ago) => {
        const window = nextWindow(schedule(of), ago === undefined ? undefined : Math.max(now - ago, 0), now);
        expect(window?.start).toBeGreaterThan(now);
        expect((window?.start ?? 1) % HOUR).toBe(0);
        expect((window?.end ?? 0) - (window?.start ?? 0)).toBeGreaterThanOrEqual(HOUR);
        expect((window?.end ?? 0) - (window?.start ?? 0)).toBeLessThanOrEqual(DAY);
      }),
    );
  });

  test("any text whatever is read or refused", () => {
    const pieces = fc.array(fc.constantFrom("0", "1", "31", "*", "?", "/", ",", "-", "L", "W", "#", "MON", "FEB", " "), { maxLength: 24 });
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          pieces.map((parts) => `cron(${parts.join("")})`),
        ),
        (scheduleExpression) => {
          const parsed = parseSchedule({ scheduleExpression });
          expect("schedule" in parsed || "refusal" in parsed).toBe(true);
        },
      ),
    );
  });

  test("dates are those of the calendar that everybody uses", () => {
    fc.assert(
      fc.property(fc.integer({ min: -100_000, max: 100_000 }), (days) => {
        const date = new Date(days * DAY);
        expect([civilDate(days), weekday(days)]).toEqual([
          { year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate() },
          date.getUTCDay(),
        ]);
      }),
    );
  });
});
