import { expect, test } from "vitest";
import { SessionCounts, sessionKey } from "./session-counts.ts";
import type { ServerRow } from "./stat-table.ts";

const row = (backend: string, name: string, sessions: number): ServerRow => ({
  backend,
  name,
  sessions,
  status: "UP",
  weight: 1,
  secondsInState: 0,
});

test("a hundred who ask at once share one look, and who asks later gets a look of their own, after it", async () => {
  const looks: ((rows: readonly ServerRow[]) => void)[] = [];
  const counts = new SessionCounts(() => new Promise((resolve) => looks.push(resolve)));
  const first = Array.from({ length: 100 }, () => counts.count());
  await new Promise(setImmediate);
  expect(looks).toHaveLength(1);
  const second = [counts.count(), counts.count()];
  await new Promise(setImmediate);
  expect(looks).toHaveLength(1);
  looks[0]?.([]);
  expect(new Set((await Promise.all(first)).map(({ size }) => size))).toEqual(new Set([0]));
  await new Promise(setImmediate);
  expect(looks).toHaveLength(2);
  looks[1]?.([row("web", "other:t:10.0.0.1:80", 1)]);
  expect((await Promise.all(second)).map(({ size }) => size)).toEqual([1, 1]);
});

test("a look that failed fails those who shared it, and no other", async () => {
  let fails = true;
  const counts = new SessionCounts(() => (fails ? Promise.reject(new Error("gone")) : Promise.resolve([])));
  await expect(Promise.allSettled([counts.count(), counts.count()])).resolves.toMatchObject([
    { status: "rejected" },
    { status: "rejected" },
  ]);
  fails = false;
  expect((await counts.count()).size).toBe(0);
});

test("what a server has in the worker of before counts too", async () => {
  const counts = await new SessionCounts(() =>
    Promise.resolve([row("web", "one:t:10.0.0.1:80", 2), row("web", "one:f:10.0.0.1:80", 3), row("shop", "one:t:10.0.0.1:80", 7)]),
  ).count();
  expect(counts.get(sessionKey("web", "one"))).toBe(5);
});
