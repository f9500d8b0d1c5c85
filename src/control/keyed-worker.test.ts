import { describe, expect, test } from "vitest";
import type { Logger } from "../ports/logger.ts";
import { NoRoomError } from "../ports/no-room.ts";
import { ManualClock } from "../testing/manual-clock.ts";
import { keyedWorker, type KeyedWorkerOptions } from "./keyed-worker.ts";

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A worker whose steps are noted; `step` says what each does. */
function world(step: (key: string) => Promise<void> | void = () => undefined, options: KeyedWorkerOptions = {}) {
  const clock = new ManualClock();
  const begun: string[] = [];
  const told: unknown[] = [];
  const tell: Logger["error"] = (_, fields) => void told.push(fields);
  const logger: Logger = { info: () => undefined, warn: tell, error: tell };
  const worker = keyedWorker(
    "test",
    (key) => {
      begun.push(key);
      return step(key);
    },
    clock,
    logger,
    options,
  );
  return { clock, begun, told, worker };
}

/** Steps that end when they are told to. */
function pending() {
  const waiting = new Map<string, () => void>();
  const step = (key: string): Promise<void> => new Promise((resolve) => void waiting.set(key, resolve));
  const end = async (key: string): Promise<void> => {
    waiting.get(key)?.();
    await nextTurn();
  };
  return { step, end };
}

test("a burst of wakes is one step, which begins after whoever woke it", async () => {
  const { worker, begun } = world();
  for (let count = 0; count < 1000; count += 1) worker.wake("a");
  expect(begun).toEqual([]);
  await nextTurn();
  expect(begun).toEqual(["a"]);
});

test("keys are worked on in the order in which they became dirty", async () => {
  const { worker, begun } = world((key) => {
    if (key === "a" && begun.length < 6) worker.wake("a");
  });
  for (const key of ["a", "b", "c"]) worker.wake(key);
  for (let turns = 0; turns < 5; turns += 1) await nextTurn();
  expect(begun.slice(0, 4)).toEqual(["a", "b", "c", "a"]);
});

test("a key that is woken while its step is under way gets another one after it, and not beside it", async () => {
  const { step, end } = pending();
  const { worker, begun } = world(step);
  worker.wake("a");
  await nextTurn();
  worker.wake("a");
  worker.wake("a");
  await nextTurn();
  expect(begun).toEqual(["a"]);
  await end("a");
  await nextTurn();
  expect(begun).toEqual(["a", "a"]);
  await end("a");
  await nextTurn();
  expect(begun).toEqual(["a", "a"]);
});

test("only so many steps are under way at once; the others wait, and none is forgotten", async () => {
  const { step, end } = pending();
  const { worker, begun } = world(step, { atOnce: 2 });
  for (const key of ["a", "b", "c", "d"]) worker.wake(key);
  await nextTurn();
  expect(begun).toEqual(["a", "b"]);
  await end("b");
  await nextTurn();
  expect(begun).toEqual(["a", "b", "c"]);
  await end("a");
  await nextTurn();
  expect(begun).toEqual(["a", "b", "c", "d"]);
});

test("steps that follow each other leave turns to others", async () => {
  const { worker, begun } = world(() => {
    const until = performance.now() + 4;
    while (performance.now() < until);
  });
  for (let key = 0; key < 20; key += 1) worker.wake(String(key));
  await nextTurn();
  expect(begun.length).toBeLessThan(5);
  for (let turns = 0; turns < 20; turns += 1) await nextTurn();
  expect(begun).toHaveLength(20);
});

describe("a step that fails", () => {
  test("is tried again after a pause that doubles, whether it throws or rejects", async () => {
    let count = 0;
    const { worker, begun, clock, told } = world((key) => {
      count += 1;
      if (count === 1) throw new Error("thrown");
      return count === 2 ? Promise.reject(new Error(`rejected ${key}`)) : Promise.resolve();
    });
    worker.wake("a");
    await nextTurn();
    expect(begun).toHaveLength(1);
    await clock.pass(499);
    expect(begun).toHaveLength(1);
    await clock.pass(1);
    await nextTurn();
    expect(begun).toHaveLength(2);
    await clock.pass(999);
    expect(begun).toHaveLength(2);
    await clock.pass(1);
    await nextTurn();
    expect(begun).toHaveLength(3);
    expect(told).toMatchObject([
      { key: "a", pause: 500, cause: expect.stringContaining("Error: thrown") },
      { key: "a", pause: 1000, cause: expect.stringContaining("Error: rejected a") },
    ]);
    await clock.pass(60_000);
    expect(begun).toHaveLength(3);
  });

  test("pauses as at first once a step went well in between", async () => {
    const outcomes = ["fails", "fails", "goes well", "fails"];
    const { worker, clock, told } = world(() => {
      if (outcomes.shift() === "fails") throw new Error("no");
    });
    worker.wake("a");
    await clock.pass(500 + 1000);
    worker.wake("a");
    await clock.settled();
    expect(told).toMatchObject([{ pause: 500 }, { pause: 1000 }, { pause: 500 }]);
  });

  test("pauses half a minute at most", async () => {
    const { worker, clock, told } = world(() => Promise.reject(new Error("no")));
    worker.wake("a");
    await clock.pass(10 * 60_000);
    expect(told.slice(5, 8)).toMatchObject([{ pause: 16_000 }, { pause: 30_000 }, { pause: 30_000 }]);
  });

  test("is not hurried by being woken, and holds up no other key", async () => {
    const { worker, begun, clock } = world((key) => {
      if (key === "a") throw new Error("no");
    });
    worker.wake("a");
    await nextTurn();
    for (let count = 0; count < 10; count += 1) {
      worker.wake("a");
      await nextTurn();
    }
    worker.wake("b");
    await nextTurn();
    expect(begun).toEqual(["a", "b"]);
    await clock.pass(500);
    await nextTurn();
    expect(begun).toEqual(["a", "b", "a"]);
  });
});

describe("a key that rests after its step", () => {
  test("is looked at once for all that happened meanwhile", async () => {
    const { worker, begun, clock } = world(undefined, { rest: (key) => (key === "a" ? 100 : 0) });
    worker.wake("a");
    await nextTurn();
    for (let count = 0; count < 10; count += 1) {
      worker.wake("a");
      worker.wake("b");
      await nextTurn();
    }
    expect(begun.filter((key) => key === "a")).toHaveLength(1);
    expect(begun.filter((key) => key === "b").length).toBeGreaterThan(5);
    await clock.pass(100);
    await nextTurn();
    expect(begun.filter((key) => key === "a")).toHaveLength(2);
    await clock.pass(1000);
    expect(begun.filter((key) => key === "a")).toHaveLength(2);
  });
});

test("a key is woken at an instant; a later word replaces an earlier one", async () => {
  const { worker, begun, clock } = world();
  worker.wakeAt("a", clock.now() + 1000);
  worker.wakeAt("a", clock.now() + 2000);
  await clock.pass(1999);
  expect(begun).toEqual([]);
  await clock.pass(1);
  await nextTurn();
  expect(begun).toEqual(["a"]);
});

test("a step that disposes of its worker is the last, whatever else is dirty", async () => {
  const made: ReturnType<typeof world> = world(() => void made.worker[Symbol.asyncDispose]());
  for (const key of ["a", "b", "c"]) made.worker.wake(key);
  for (let turns = 0; turns < 5; turns += 1) await nextTurn();
  expect(made.begun).toEqual(["a"]);
});

test("disposing waits for the steps under way, and begins none", async () => {
  const { step, end } = pending();
  const { worker, begun, clock } = world(step);
  worker.wake("a");
  await nextTurn();
  worker.wake("a");
  worker.wake("b");
  worker.wakeAt("c", clock.now() + 10);
  let over = false;
  const disposed = worker[Symbol.asyncDispose]().then(() => (over = true));
  await nextTurn();
  expect(over).toBe(false);
  await end("a");
  await nextTurn();
  await disposed;
  worker.wake("d");
  await clock.pass(100);
  expect(begun).toEqual(["a"]);
});

test("disposing does not wait for ever: what is not over in ten seconds is cut off, and told", async () => {
  const { step } = pending();
  const { worker, clock, told } = world(step);
  worker.wake("a");
  await nextTurn();
  let over = false;
  const disposed = worker[Symbol.asyncDispose]().then(() => (over = true));
  await clock.pass(9_999);
  expect(over).toBe(false);
  await clock.pass(1);
  await disposed;
  expect(told).toEqual([{ count: 1, key: "a" }]);
});

describe("once disposed of", () => {
  test("nothing that is woken begins, though the step under way goes on", async () => {
    const { step, end } = pending();
    const { worker, begun } = world(step);
    worker.wake("a");
    await nextTurn();
    const disposed = worker[Symbol.asyncDispose]();
    worker.wake("a");
    worker.wake("b");
    await nextTurn();
    await end("a");
    await nextTurn();
    await disposed;
    expect(begun).toEqual(["a"]);
  });

  test("no timer is left: neither of keys that wait for an instant, nor that rest, nor that failed, before or after", async () => {
    const waiting: (() => void)[] = [];
    const { worker, clock } = world(
      (key) => {
        if (key === "fails") throw new Error("no");
        return key === "fails later" ? new Promise((_, reject) => waiting.push(() => reject(new Error("no")))) : undefined;
      },
      { rest: (key) => (key === "rests" ? 1000 : 0) },
    );
    worker.wakeAt("at an instant", clock.now() + 1000);
    for (const key of ["fails", "fails later", "rests"]) worker.wake(key);
    await clock.settled();
    expect(clock.waiting).toBe(3);
    const disposed = worker[Symbol.asyncDispose]();
    for (const fail of waiting) fail();
    await disposed;
    worker.wakeAt("later", clock.now() + 1000);
    expect(clock.waiting).toBe(0);
  });
});

test("that the disk is full is not said by every key; the step is tried again all the same", async () => {
  let full = true;
  const { worker, begun, told, clock } = world(() => {
    if (full) throw new NoRoomError();
  });
  worker.wake("a");
  await clock.settled();
  full = false;
  await clock.pass(30_000);
  expect([begun, told]).toEqual([["a", "a"], []]);
});
