import { expect, test } from "vitest";
import { atMost } from "./at-most.ts";

test("so many run at the same time, the others in their order, also after one has failed", async () => {
  const inTurn = atMost(2);
  const begun: number[] = [];
  const ends: (() => void)[] = [];
  const run = (name: number, fails = false): Promise<void> =>
    inTurn(async () => {
      begun.push(name);
      await new Promise<void>((resolve) => ends.push(resolve));
      if (fails) throw new Error("failed");
    });
  const failing = run(1, true).catch((cause: unknown) => cause);
  const others = [run(2), run(3), run(4)];
  expect(begun).toEqual([1, 2]);
  ends[0]?.();
  expect(await failing).toEqual(new Error("failed"));
  await Promise.resolve();
  expect(begun).toEqual([1, 2, 3]);
  ends[1]?.();
  await others[0];
  await Promise.resolve();
  expect(begun).toEqual([1, 2, 3, 4]);
  for (const end of ends) end();
  await Promise.all(others);
});
