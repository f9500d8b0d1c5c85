import { beforeEach, expect, test } from "vitest";
import { memoryJournal } from "../drivers/memory/journal.ts";
import type { LogStore } from "../ports/log-store.ts";
import { JournaledState } from "../state/journaled-state.ts";
import { logGroups, logStreamKey, logStreams } from "../state/logs.ts";
import { ManualClock } from "../testing/manual-clock.ts";
import { logSink } from "./log-delivery.ts";

const LOG = { account: "123456789012", region: "us-east-1", group: "g", stream: "s" };

let state: JournaledState;
let appended: unknown[];
const clock = new ManualClock();
beforeEach(() => {
  state = new JournaledState(memoryJournal());
  appended = [];
  const { account, region, group } = LOG;
  state.commit(() => state.table(logGroups).put({ account, region, name: group, logGroupClass: "STANDARD", tags: {}, createdAt: 0 }));
});

function sink() {
  const logs = {
    append: (...what: unknown[]) => Promise.resolve(void appended.push(what)),
    position: ({ stream }: typeof LOG) => `position of ${stream}`,
  } as unknown as LogStore;
  return logSink({ state, logs, clock });
}

test("the stream is made when the container begins, and takes its lines with whole milliseconds, but for empty ones", async () => {
  await sink().begin?.(LOG);
  expect(state.table(logStreams).has(logStreamKey(LOG, "g", "s"))).toBe(true);
  const lines = [
    { timestamp: 1.9, message: "a" },
    { timestamp: 2, message: "" },
    { timestamp: 3, message: " " },
  ];
  await sink().write(LOG, lines, "p");
  const events = [
    { timestamp: 1, message: "a" },
    { timestamp: 3, message: " " },
  ];
  expect(appended).toEqual([[LOG, events, clock.now(), "p"]]);
});

test("lines for a stream that is not there are dropped", async () => {
  await sink().write(LOG, [{ timestamp: 1, message: "a" }], "p");
  expect(appended).toEqual([]);
});

test("a stream is gone on with where it was left", async () => {
  expect(await sink().resumeFrom?.(LOG)).toBe("position of s");
});
