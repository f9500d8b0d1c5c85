import { expect, test } from "vitest";
import { Disposals } from "./disposals.ts";

test("all is let go of, last one first, also where some of it throws", async () => {
  const gone: string[] = [];
  const parts = new Disposals();
  parts.defer(() => gone.push("journal"));
  parts.defer(() => Promise.reject(new Error("later")));
  parts.use({
    [Symbol.dispose]() {
      throw new Error("at once");
    },
  });
  parts.defer(() => gone.push("loop"));
  const error: unknown = await parts[Symbol.asyncDispose]().catch((cause: unknown) => cause);
  expect(gone).toEqual(["loop", "journal"]);
  expect(error).toBeInstanceOf(AggregateError);
  expect((error as AggregateError).errors.map(String)).toEqual(["Error: at once", "Error: later"]);
  await parts[Symbol.asyncDispose]();
});

test("one error is thrown as it is", async () => {
  const parts = new Disposals();
  parts.defer(() => Promise.reject(new RangeError("no")));
  await expect(parts[Symbol.asyncDispose]()).rejects.toThrow(RangeError);
});

test("what was moved is its new owner's", async () => {
  const gone: string[] = [];
  const first = new Disposals();
  first.defer(() => gone.push("part"));
  const second = first.move();
  await first[Symbol.asyncDispose]();
  expect(gone).toEqual([]);
  await second[Symbol.asyncDispose]();
  expect(gone).toEqual(["part"]);
});
