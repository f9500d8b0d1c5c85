import { expect, test } from "vitest";
import { memoryJournal } from "../drivers/memory/journal.ts";
import { JournaledState } from "../state/journaled-state.ts";
import { defineTable, shared } from "../state/table.ts";
import { ManualClock } from "../testing/manual-clock.ts";
import { atStart, changes, loop, records, together, type Needs, type Waking } from "./loop.ts";

interface Lamp {
  readonly name: string;
  readonly lit: boolean;
}

const lamps = defineTable<Lamp>()("lamps", ({ name }) => name, shared);
const others = defineTable<Lamp>()("others", ({ name }) => name, shared);

function world() {
  const clock = new ManualClock();
  const state = new JournaledState(memoryJournal());
  const told: string[] = [];
  const logger = { info: () => undefined, warn: () => undefined, error: (text: string) => void told.push(text) };
  const parts: Needs = { state, clock, logger };
  const put = (name: string, lit: boolean): void => void state.commit(() => state.table(lamps).put({ name, lit }));
  const putOther = (name: string): void => void state.commit(() => state.table(others).put({ name, lit: true }));
  return { clock, parts, put, putOther, told };
}

test("a loop works on the records that concern it: those that are there at the start, and those that change", async () => {
  const { clock, parts, put } = world();
  put("lit before", true);
  put("dark before", false);
  await clock.pass(0);
  const steps: string[] = [];
  const started = loop("lamps", () => ({
    watches: [records(lamps, ({ before, after }) => after?.lit === true && before?.lit !== true)],
    step: (key) => void steps.push(key),
  }));
  await using _running = started(parts);
  await clock.pass(0);
  expect(steps.splice(0)).toEqual(["lit before"]);
  put("dark before", true);
  put("lit before", true);
  put("new", true);
  await clock.pass(0);
  expect(steps).toEqual(["dark before", "new"]);
});

test("a loop that has stopped is told of nothing any more", async () => {
  const { clock, parts, putOther } = world();
  const told: string[] = [];
  const watching = loop("lamps", () => ({ watches: [changes(others, ({ key }) => void told.push(key))], step: () => undefined }));
  await watching(parts)[Symbol.asyncDispose]();
  putOther("after");
  await clock.pass(0);
  expect(told).toEqual([]);
});

test("changes of another table wake what the loop makes of them; what is there at the start is none", async () => {
  const { clock, parts, putOther } = world();
  putOther("before");
  await clock.pass(0);
  const steps: string[] = [];
  const started = loop("lamps", () => ({
    watches: [changes(others, ({ key }, { wake }) => wake(`of ${key}`)), atStart("start")],
    step: (key) => void steps.push(key),
  }));
  await using _running = started(parts);
  putOther("after");
  await clock.pass(0);
  expect(steps).toEqual(["start", "of after"]);
});

test("a step may ask for another one at an instant, and one that fails is tried again and told", async () => {
  const { clock, parts, told } = world();
  const begun = clock.now();
  const at: number[] = [];
  const step = (_key: string, { wakeAt }: Waking): void => {
    at.push(clock.now() - begun);
    if (at.length === 1) throw new Error("not yet");
    if (at.length === 2) wakeAt("it", clock.now() + 1_000);
  };
  await using _running = loop("patience", () => ({ watches: [atStart("it")], step }))(parts);
  await clock.pass(0);
  await clock.pass(500);
  await clock.pass(1_000);
  expect(at).toEqual([0, 500, 1_500]);
  expect(told).toEqual(["patience: a step failed and will be tried again"]);
});

test("a stop is told to the step under way and waits for it; nothing wakes the loop after that", async () => {
  const { clock, parts, put } = world();
  const steps: string[] = [];
  let finish = (): void => undefined;
  const started = loop("lamps", (_parts, stopping) => ({
    atOnce: 1,
    watches: [records(lamps)],
    async step(key) {
      steps.push(key);
      await new Promise<void>((resolve) => (finish = resolve));
      steps.push(stopping.aborted ? "stopped" : "went on");
    },
  }));
  const running = started(parts);
  put("one", true);
  put("two", true);
  await clock.pass(0);
  let over = false;
  const ended = Promise.resolve(running[Symbol.asyncDispose]()).then(() => (over = true));
  put("three", true);
  await clock.pass(0);
  expect([steps, over]).toEqual([["one"], false]);
  finish();
  await ended;
  await clock.pass(60_000);
  expect(steps).toEqual(["one", "stopped"]);
});

test("loops that are one are all told of a stop before the first of them has stopped", async () => {
  const { clock, parts } = world();
  const seen: string[] = [];
  const waiting = (name: string) =>
    loop(name, (_parts: Needs, stopping) => ({
      watches: [atStart("it")],
      step: () =>
        new Promise<void>((resolve) => {
          stopping.addEventListener("abort", () => {
            seen.push(`${name} is told`);
            clock.soon(() => {
              seen.push(`${name} ends`);
              resolve();
            });
          });
        }),
    }));
  const running = together(waiting("one"), waiting("two"))(parts);
  await clock.pass(0);
  const ended = running[Symbol.asyncDispose]();
  await clock.pass(0);
  await ended;
  expect(seen).toEqual(["one is told", "two is told", "one ends", "two ends"]);
});

test("a step that ends because of a stop has not failed; one that ends for another reason has", async () => {
  const { clock, parts, told } = world();
  const fails = (name: string, why: (reason: unknown) => unknown) =>
    loop(name, (_parts: Needs, stopping) => ({
      watches: [atStart("it")],
      step: () => new Promise<void>((_, reject) => stopping.addEventListener("abort", () => reject(why(stopping.reason) as Error))),
    }));
  const running = together(
    fails("stopped", (reason) => reason),
    fails("broken", () => new Error("no")),
  )(parts);
  await clock.pass(0);
  await running[Symbol.asyncDispose]();
  expect(told).toEqual(["broken: a step failed and will be tried again"]);
});

/** A loop with a step under way that ends when the test says so, and a watch that cannot be ended where there is an error for it. */
function stubborn(name: string, unwatch?: Error) {
  let end = (): void => undefined;
  const start = loop(name, () => ({
    watches: [
      () => ({
        [Symbol.dispose]() {
          if (unwatch) throw unwatch;
        },
      }),
      atStart("it"),
    ],
    step: () => new Promise<void>((resolve) => (end = resolve)),
  }));
  return { start, end: () => end() };
}

/** What disposing of it throws. */
async function failureOf(running: AsyncDisposable): Promise<unknown> {
  try {
    await running[Symbol.asyncDispose]();
    return undefined;
  } catch (cause) {
    return cause;
  }
}

test("a loop that cannot end a watch waits for its step all the same, and tells", async () => {
  const { clock, parts } = world();
  const one = stubborn("one", new Error("no end"));
  const running = one.start(parts);
  await clock.pass(0);
  let over = false;
  const ended = failureOf(running).finally(() => (over = true));
  await clock.settled();
  expect(over).toBe(false);
  one.end();
  expect(await ended).toEqual(new Error("no end"));
});

test("loops that are one wait for all of them, also where some cannot stop cleanly, and tell of all", async () => {
  const { clock, parts } = world();
  const [first, second, third] = [stubborn("first", new Error("one")), stubborn("second"), stubborn("third", new Error("two"))];
  const running = together(first.start, second.start, third.start)(parts);
  await clock.pass(0);
  let over = false;
  const ended = failureOf(running).finally(() => (over = true));
  for (const one of [first, third]) one.end();
  await clock.settled();
  expect(over).toBe(false);
  second.end();
  expect(await ended).toMatchObject({ errors: [new Error("one"), new Error("two")], message: "2 parts could not be stopped cleanly" });
});
