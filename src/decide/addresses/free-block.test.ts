import fc from "fast-check";
import { expect, test } from "vitest";
import { contains, overlap, parseCidr } from "../../domain/cidr.ts";
import { freeBlock, subnetBlocks } from "./free-block.ts";

test.each([
  ["AWS's own where it is free", [], "172.31.0.0/16"],
  ["beside it where a part of it is taken", ["172.31.255.0/28"], "10.200.0.0/16"],
  ["the first that is free", ["172.31.0.0/16", "10.200.0.0/16", "10.201.7.0/24", "10.203.0.0/16"], "10.202.0.0/16"],
  ["behind a larger one", ["172.16.0.0/12", "10.192.0.0/10"], "10.16.0.0/20"],
  ["a smaller one where the large ones are gone", ["172.31.0.0/16", "10.192.0.0/10", "10.16.0.0/21"], "10.16.16.0/20"],
  ["none where all is taken", ["172.31.0.0/16", "10.0.0.0/8"], undefined],
  ["without regard to what is no block", ["fd00::/8", ""], "172.31.0.0/16"],
])("a default VPC gets %s", (_, taken, expected) => {
  expect(freeBlock(taken)).toBe(expected);
});

function chosenUntilNoneIsLeft(taken: readonly string[]): readonly string[] {
  const chosen: string[] = [];
  for (let next = freeBlock(taken); next !== undefined; next = freeBlock([...taken, ...chosen])) chosen.push(next);
  return chosen;
}

test.each([
  ["of the large ones each once", ["10.0.0.0/9", "10.128.0.0/10", "10.192.0.0/13"], 57],
  [
    "then of the small ones each once",
    [
      "172.31.0.0/16",
      "10.0.0.0/9",
      "10.128.0.0/10",
      "10.192.0.0/14",
      "10.196.0.0/15",
      "10.198.0.0/16",
      "10.200.0.0/13",
      "10.208.0.0/12",
      "10.224.0.0/11",
    ],
    16,
  ],
])("there is one for one default VPC after the other, %s, and then none", (_, taken, count) => {
  const chosen = chosenUntilNoneIsLeft(taken);
  expect(chosen).toHaveLength(count);
  const blocks = chosen.map((text) => parseCidr(text)!).toSorted((a, b) => a.base - b.base);
  expect(blocks.some((block, at) => at > 0 && overlap(block, blocks[at - 1]!))).toBe(false);
});

test("a chosen block overlaps with none that is taken, wherever and however large these are", () => {
  const any = fc.tuple(fc.nat(2 ** 32 - 1), fc.integer({ min: 8, max: 30 })).map(([address, prefix]) => {
    const base = address - (address % 2 ** (32 - prefix));
    return `${[24, 16, 8, 0].map((shift) => Math.floor(base / 2 ** shift) % 256).join(".")}/${prefix}`;
  });
  fc.assert(
    fc.property(fc.array(any, { maxLength: 60 }), (taken) => {
      const chosen = freeBlock(taken);
      const block = chosen === undefined ? undefined : parseCidr(chosen);
      expect(taken.filter((text) => block && overlap(block, parseCidr(text)!))).toEqual([]);
    }),
  );
});

test("subnets lie in their VPC, apart from each other", () => {
  expect(subnetBlocks("172.31.0.0/16", 3)).toEqual(["172.31.0.0/20", "172.31.16.0/20", "172.31.32.0/20"]);
  const [vpc, subnets] = [parseCidr("10.16.16.0/20")!, subnetBlocks("10.16.16.0/20", 6).map((text) => parseCidr(text)!)];
  for (const [at, { base, size }] of subnets.entries()) {
    expect(contains(vpc, base) && contains(vpc, base + size - 1)).toBe(true);
    expect(base).toBe(vpc.base + at * 512);
  }
});
