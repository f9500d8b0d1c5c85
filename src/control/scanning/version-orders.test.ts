import { expect, test } from "vitest";
import { versionOrder } from "./version-orders.ts";

test.each([
  ["Debian:12", "1.0~rc1", "1.0"],
  ["Ubuntu:24.04:LTS", "1.0-1ubuntu1", "1:0.1"],
  ["Alpine:v3.20", "1.0_rc1", "1.0"],
  ["Wolfi", "1.0-r9", "1.0-r10"],
  ["Chainguard", "1.0-r9", "1.0-r10"],
  ["npm", "1.0.0-rc.2", "1.0.0-rc.10"],
  ["npm", "9.0.0", "10.0.0"],
  ["PyPI", "1.0rc1", "1.0"],
  // As npm itself reads what is written loosely.
  ["npm", "1.2.3beta", "v1.2.3"],
  ["npm", "=1.2.3", "1.2.4beta"],
  // What is no version comes before all that are.
  ["npm", "mine", "0.0.1"],
  ["npm", "mine", "0.0.1beta"],
])("%s: %s comes before %s", (ecosystem, earlier, later) => {
  const order = versionOrder(ecosystem)!;
  expect([order(earlier, later), order(later, earlier), order(later, later)].map(Math.sign)).toEqual([-1, 1, 0]);
});

test("of two that are no versions of npm, none comes first", () => {
  expect(versionOrder("npm")?.("mine", "yours")).toBe(0);
});

test.each(["Windows", "", "toString", "__proto__"])("an ecosystem that is none, such as %j, has no order", (ecosystem) => {
  expect(versionOrder(ecosystem)).toBeUndefined();
});
