import fc from "fast-check";
import { expect, test } from "vitest";
import { providersFor } from "./capacity-providers.ts";

const strategy = fc.record({
  base: fc.integer({ min: 0, max: 5 }),
  weights: fc.tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 0, max: 9 })),
});

test("every task has a provider, the base comes first, and the rest keeps to the weights within one task", () => {
  fc.assert(
    fc.property(strategy, fc.integer({ min: 0, max: 40 }), ({ base, weights: [first, second] }, count) => {
      const items = [
        { capacityProvider: "FARGATE", base, weight: first },
        { capacityProvider: "FARGATE_SPOT", base: 0, weight: second },
      ];
      const providers = providersFor(items, count);
      expect(providers).toHaveLength(count);
      expect(providers.slice(0, base).every((provider) => provider === "FARGATE")).toBe(true);
      const rest = providers.slice(base);
      const spot = rest.filter((provider) => provider === "FARGATE_SPOT").length;
      expect(Math.abs(spot - (rest.length * second) / (first + second))).toBeLessThanOrEqual(1);
    }),
  );
});

test("a provider of weight 0 gets tasks only where there is no other", () => {
  expect(providersFor([{ capacityProvider: "FARGATE" }], 2)).toEqual(["FARGATE", "FARGATE"]);
});
