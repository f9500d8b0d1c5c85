import { expect, test } from "vitest";
import { HostMounts } from "./host-mounts.ts";

const [T1, T2] = ["arn:task/1", "arn:task/2"];
const writable = (path: string) => ({ path, writable: true });
const readOnly = (path: string) => ({ path, writable: false });

test.each([
  ["the same path", writable("/srv/a"), writable("/srv/a"), undefined],
  ["paths side by side", writable("/srv/a"), writable("/srv/ab"), undefined],
  ["a path in one that is read only", readOnly("/srv/a"), writable("/srv/a/x"), undefined],
  ["one that is read only around another", writable("/srv/a/x"), readOnly("/srv/a"), undefined],
  ["a path in one that a task can write to", writable("/srv/a"), readOnly("/srv/a/x/y"), "/srv/a"],
  ["one that a task could write to, around another", readOnly("/srv/a/x/y"), writable("/srv/a"), "/srv/a/x/y"],
])("%s", (_what, held, wanted, inTheWay) => {
  for (const task of [T1, T2]) {
    const mounts = new HostMounts();
    expect(mounts.claim(T1, held)).toBeUndefined();
    expect(mounts.claim(task, wanted)).toBe(inTheWay);
    mounts.release(T1);
    expect(mounts.claim(T2, wanted)).toBeUndefined();
  }
});

test("what a task had mounted before this process began is in the way as well", () => {
  const mounts = new HostMounts();
  mounts.hold(T1, writable("/srv/a"));
  expect(mounts.claim(T2, writable("/srv/a/x"))).toBe("/srv/a");
});

test("a claim that was refused holds nothing", () => {
  const mounts = new HostMounts();
  mounts.claim(T1, writable("/srv/a"));
  mounts.claim(T2, writable("/srv/a/x"));
  mounts.release(T1);
  expect(mounts.claim(T1, writable("/srv/a"))).toBeUndefined();
});
