import { RE2JS } from "re2js";
import { expect, test } from "vitest";
import { driverFailure, multilinePattern } from "./awslogs-options.ts";

test.each([
  ["%Y-%m-%d %H:%M:%S", "2026-11-28 17:42:59 INFO x", "17:42 x"],
  ["[%b %d, %Y %I:%M:%S %p]", "[Nov 28, 2026 05:42:59 PM] x", "at Nov 28"],
  ["%Y-%m-%dT%H:%M:%S%L%z", "2026-11-28T17:42:59.123+0000 x", "2026-11-28T17:42:59,123+0000"],
  ["%A %j %f %y %a %B %w %Z", "Saturday 332 123456 26 Sat November 6 EST", "Saturday"],
])("the format %s matches %s, and not %s", (format, line, other) => {
  const pattern = multilinePattern({ "awslogs-datetime-format": format.replace(/[[\]]/g, "\\$&") });
  expect(
    RE2JS.compile(pattern ?? "")
      .matcher(line)
      .find(),
  ).toBe(true);
  expect(
    RE2JS.compile(pattern ?? "")
      .matcher(other)
      .find(),
  ).toBe(false);
});

test("without an option every line is an event", () => {
  expect(multilinePattern({ "awslogs-group": "g" })).toBeUndefined();
  expect(driverFailure({ "awslogs-group": "g" }, "FARGATE")).toBeUndefined();
});

const UNCLOSED = 'awslogs could not parse multiline pattern key "(unclosed": error parsing regexp: missing closing ): `(unclosed`';

test.each([
  [
    { "awslogs-multiline-pattern": "(unclosed" },
    UNCLOSED,
    "CannotStartContainerError: Error response from daemon: failed to initialize logging driver: ",
  ],
  [
    { "awslogs-multiline-pattern": "a", "awslogs-datetime-format": "%Y" },
    "you cannot configure log opt 'awslogs-datetime-format' and 'awslogs-multiline-pattern' at the same time",
    "CannotCreateContainerError: Error response from daemon: ",
  ],
  [
    { "max-buffer-size": "1m" },
    "logger: max-buffer-size option is only supported with 'mode=non-blocking'",
    "CannotCreateContainerError: Error response from daemon: ",
  ],
  [
    { "max-buffer-size": "much", mode: "non-blocking" },
    "logger: error parsing option max-buffer-size: invalid size: 'much'",
    "CannotCreateContainerError: Error response from daemon: ",
  ],
])("%j keeps the driver from starting", (options, why, onInstances) => {
  expect(driverFailure(options, "FARGATE")).toBe(`ResourceInitializationError: failed to validate logger args: ${why} : exit status 1`);
  expect(driverFailure(options, "EC2")).toBe(onInstances + why);
});

test("a pattern that would take seconds to make, or for each line, keeps the driver from starting before it is made", () => {
  const too = (pattern: string) => driverFailure({ "awslogs-multiline-pattern": pattern }, "EC2")?.includes("expression too large");
  expect(
    ["a{1000}".repeat(1_000), "(a{30}){30}", "x".repeat(500), "x".repeat(501), "^\\d{4}-\\d{2}"].map((one) => too(one) ?? false),
  ).toEqual([true, true, false, true, false]);
});

test.each(["1m", "25m", "4k", "100", "2gb"])("a buffer of %s is one", (size) => {
  expect(driverFailure({ "max-buffer-size": size, mode: "non-blocking" }, "FARGATE")).toBeUndefined();
});
