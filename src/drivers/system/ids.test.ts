import { expect, test } from "vitest";
import { systemIds as ids } from "./ids.ts";

test("hexadecimal ids have their length, and none comes twice, over many fillings of the stock", () => {
  const lengths = [17, 32, 32, 64, 17];
  const all = Array.from({ length: 5_000 }, (_, at) => ids.hex(lengths[at % lengths.length] ?? 0));
  expect(all.every((id, at) => id.length === lengths[at % lengths.length] && /^[0-9a-f]+$/.test(id))).toBe(true);
  expect(new Set(all).size).toBe(all.length);
  // None is what was wiped.
  expect(all.filter((id) => id.includes("0".repeat(12)))).toEqual([]);
});

test("one that is longer than the stock is as random", () => {
  const id = ids.hex(20_000);
  expect(id).toHaveLength(20_000);
  expect(id).not.toContain("0".repeat(16));
});
