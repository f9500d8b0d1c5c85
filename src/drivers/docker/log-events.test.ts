import { expect, test } from "vitest";
import { EventJoiner } from "./log-events.ts";
import { LONGEST_EVENT } from "./log-lines.ts";

function joined(pattern: string, ...messages: readonly string[]): readonly string[] {
  const joiner = new EventJoiner(pattern);
  const events = messages.map((message, at) => joiner.add({ source: "stdout", ns: BigInt(at) * 1_000_000n, message }));
  return [...events, joiner.end()].flatMap((event) => (event ? [event.message] : []));
}

test.each([
  [
    "a stack trace is one event",
    "^(INFO|ERROR)",
    ["INFO a", "  at x", "", "  at y", "ERROR b"],
    ["INFO a\n  at x\n\n  at y\n", "ERROR b\n"],
  ],
  ["what comes before the first match is one, too", "^INFO", ["x", "y", "INFO"], ["x\ny\n", "INFO\n"]],
  ["a match may be anywhere in the line", "\\d{4}", ["at 2026", "x"], ["at 2026\nx\n"]],
])("%s", (_, pattern, lines, events) => {
  expect(joined(pattern, ...lines)).toEqual(events);
});

test("an event has the time of its first line, and is not longer than CloudWatch Logs takes", () => {
  const joiner = new EventJoiner("^never$");
  const line = (ns: bigint) => ({ source: "stdout" as const, ns, message: "x".repeat(100_000) });
  expect([line(5_000_000n), line(6_000_000n)].map((one) => joiner.add(one))).toEqual([undefined, undefined]);
  const first = joiner.add(line(7_000_000n));
  expect(first?.timestamp).toBe(5);
  expect(Buffer.byteLength(first?.message ?? "")).toBeLessThanOrEqual(LONGEST_EVENT);
  expect(joiner.end()).toMatchObject({ timestamp: 7 });
  expect(joiner.end()).toBeUndefined();
});

test("a pattern that other engines take an age for takes this one no longer than the text", () => {
  expect(joined("^(a+)+$", `${"a".repeat(20_000)}b`)).toHaveLength(1);
});

test("of a long line the beginning is looked at", () => {
  const line = (at: number) => `${"x".repeat(at)}NEW${"x".repeat(9_000)}`;
  expect(joined("NEW", line(0), line(4_000), line(4_095))).toHaveLength(2);
});
