import fc from "fast-check";
import { expect, test } from "vitest";
import { splitArn } from "./arn-pattern.ts";
import { NO_VALUES } from "./policy-variables.ts";
import { parseResourcePattern, resourceMatches } from "./resource-pattern.ts";
import { cpuMs } from "../../testing/cpu-time.ts";

const segment = fc.constantFrom("", "a", "b", "ab", "a/b");
const wild = fc.constantFrom("", "a", "b", "*", "*", "*", "a*", "*b", "?", "*a*", "a*b");

const arn = fc.array(segment, { minLength: 3, maxLength: 8 }).map((parts) => `arn:aws:logs:${parts.join(":")}`);
const pattern = fc.array(wild, { minLength: 3, maxLength: 8 }).map((parts) => `arn:aws:logs:${parts.join(":")}`);

test("a pattern takes what the guide's words take, written as an expression", () => {
  let taken = 0;
  fc.assert(
    fc.property(pattern, arn, (written, text) => {
      const told = resourceMatches(parseResourcePattern(written, true), splitArn(text), NO_VALUES);
      expect(told).toBe(expressionOf(written).test(text));
      if (told === true) taken++;
    }),
    { numRuns: 20_000 },
  );
  expect(taken).toBeGreaterThan(500);
});

/** In region and account a star stays in its segment unless it ends it; in the resource it stands for anything. */
function expressionOf(written: string): RegExp {
  const parts = written.split(":");
  const bound = parts.slice(0, 5).map((part) =>
    part
      .replace(/\*(?!$)/g, "[^:]*")
      .replace(/\*$/, ".*")
      .replaceAll("?", "[^:]"),
  );
  return new RegExp(`^${[...bound, parts.slice(5).join(":").replaceAll("*", ".*").replaceAll("?", ".")].join(":")}$`, "s");
}

test("a pattern with many stars and colons is compared in bounded time", () => {
  const text = `arn:aws:logs:us-east-1:123456789012:${"a:".repeat(1000)}b`;
  const compare = (): boolean | undefined =>
    resourceMatches(parseResourcePattern(`arn:aws:logs:*:*:${"a*:".repeat(50)}c`, true), splitArn(text), NO_VALUES);
  const spent = cpuMs(() => {
    for (let run = 0; run < 10; run++) expect(compare()).toBe(false);
  });
  expect(spent).toBeLessThan(5000);
});
