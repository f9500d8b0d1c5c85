import { expect, test } from "vitest";
import { memoryJournal } from "../drivers/memory/journal.ts";
import { sqliteLogStore } from "../drivers/sqlite/log-store.ts";
import { logGroups, newLogGroup } from "../state/logs.ts";
import { JournaledState } from "../state/journaled-state.ts";
import { logRetention } from "./log-retention.ts";
import { systemClock } from "../drivers/system/clock.ts";
import type { LogStore } from "../ports/log-store.ts";
import { ManualClock } from "../testing/manual-clock.ts";

const DAY = 86_400_000;

test("events older than the retention go when it is set, and every hour after that", async () => {
  const state = new JournaledState(memoryJournal());
  const logs = sqliteLogStore(":memory:");
  const scope = { account: "123456789012", region: "us-east-1" };
  let now = 100 * DAY;
  const timers: { readonly ms: number; readonly run: () => void }[] = [];
  const clock = {
    soon: (run: () => void) => systemClock.soon(run),
    now: () => now,
    after(ms: number, run: () => void) {
      timers.push({ ms, run });
      return { [Symbol.dispose]: () => undefined };
    },
  };
  let expired: (count: unknown) => void = () => undefined;
  const told = (): Promise<unknown> => new Promise((resolve) => (expired = resolve));
  const logger = {
    info: (_text: string, fields?: Readonly<Record<string, unknown>>) => expired(fields?.["count"]),
    warn: () => undefined,
    error: (text: string) => expect.unreachable(text),
  };
  const kept = () => logs.query({ ...scope, group: "g", limit: 10 }).map(({ message }) => message);

  const group = { ...newLogGroup(scope, "g", 0) };
  state.commit(() => state.table(logGroups).put(group));
  for (const days of [90, 98, 99.5])
    await logs.append({ ...scope, group: "g", stream: "s" }, [{ timestamp: days * DAY, message: String(days) }], now);

  const loop = logRetention({ state, logs, clock, logger });
  const first = told();
  state.commit(() => state.table(logGroups).put({ ...group, retentionInDays: 5 }));
  expect(await first).toBe(1);
  expect(kept()).toEqual(["98", "99.5"]);

  await new Promise((resolve) => setImmediate(resolve));
  expect(timers.map(({ ms }) => ms)).toEqual([DAY / 24]);
  now += 4 * DAY;
  const second = told();
  timers[0]!.run();
  expect(await second).toBe(1);
  expect(kept()).toEqual(["99.5"]);
  await loop[Symbol.asyncDispose]();
  await logs.close();
});

test("nothing is told where nothing is old enough, and it is looked at again in an hour; a group without retention is left alone", async () => {
  const state = new JournaledState(memoryJournal());
  const clock = new ManualClock(100 * DAY);
  const asked: unknown[] = [];
  const told: unknown[] = [];
  const logs = {
    expire: (group: unknown, before: number) => {
      asked.push([group, before]);
      return Promise.resolve(asked.length === 3 ? 1 : 0);
    },
  } as unknown as LogStore;
  const logger = {
    info: (...what: unknown[]) => void told.push(what),
    warn: () => undefined,
    error: (text: string) => expect.unreachable(text),
  };
  await using _loop = logRetention({ state, logs, clock, logger });
  const scope = { account: "123456789012", region: "us-east-1" };
  const group = newLogGroup(scope, "g", 0);
  const put = (record: typeof group) => state.commit(() => state.table(logGroups).put(record));
  put(group);
  await clock.settled();
  expect(asked).toEqual([]);

  const of = { ...scope, group: "g" };
  put({ ...group, retentionInDays: 5 });
  await clock.settled();
  expect(asked).toEqual([[of, 95 * DAY]]);
  put({ ...group, retentionInDays: 5, tags: { a: "b" } } as typeof group);
  await clock.settled();
  expect(asked).toHaveLength(1);
  await clock.pass(DAY / 24 - 1);
  expect(asked).toHaveLength(1);
  await clock.pass(1);
  expect(asked).toHaveLength(2);
  expect(told).toEqual([]);

  put({ ...group, retentionInDays: 3 });
  await clock.settled();
  expect(asked.at(-1)).toEqual([of, 97 * DAY + DAY / 24]);
  expect(told).toEqual([["log events expired", { group: "g", count: 1 }]]);
  put(group);
  await clock.pass(DAY);
  expect(asked).toHaveLength(3);
});
