import { expect, test } from "vitest";
import { turns } from "./turns.ts";

function world() {
  let now = 0;
  const done: string[] = [];
  /** Something that takes so many milliseconds. */
  const taking = (name: string, ms: number) => (): void => {
    now += ms;
    done.push(name);
  };
  return { soon: turns(() => now), done, taking };
}
const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test("what takes little shares a turn of the event loop", async () => {
  const { soon, done, taking } = world();
  for (const name of ["a", "b", "c"]) soon(taking(name, 0.3));
  expect(done).toEqual([]);
  await nextTurn();
  expect(done).toEqual(["a", "b", "c"]);
});

test("when a turn has taken its time, the rest waits for the next one", async () => {
  const { soon, done, taking } = world();
  for (const name of ["a", "b", "c"]) soon(taking(name, 0.75));
  await nextTurn();
  expect(done).toEqual(["a", "b"]);
  await nextTurn();
  expect(done).toEqual(["a", "b", "c"]);
});

test("the promises that follow from it count as well", async () => {
  const { soon, done, taking } = world();
  soon(() => {
    taking("a", 0.1)();
    void Promise.resolve().then(taking("of a", 5));
  });
  soon(taking("b", 0.1));
  await nextTurn();
  expect(done).toEqual(["a", "of a"]);
});

test("who always has more keeps nobody waiting: it comes after those who were there", async () => {
  const { soon, done, taking } = world();
  let times = 0;
  const again = (): void => {
    taking("again", 3)();
    if ((times += 1) < 3) soon(again);
  };
  soon(again);
  for (const name of ["a", "b"]) soon(taking(name, 3));
  for (let turn = 0; turn < 6; turn += 1) await nextTurn();
  expect(done).toEqual(["again", "a", "b", "again", "again"]);
});

test("what was taken back is not done, and keeps nothing else from being done", async () => {
  const { soon, done, taking } = world();
  const taken = soon(taking("a", 1));
  soon(taking("b", 1));
  taken[Symbol.dispose]();
  await nextTurn();
  expect(done).toEqual(["b"]);
});
