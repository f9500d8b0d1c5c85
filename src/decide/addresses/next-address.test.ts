import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { contains, formatAddress, overlap, parseAddress, parseCidr } from "../../domain/cidr.ts";
import { availableCount, nextAddress } from "./next-address.ts";

const address = (text: string) => ({ kind: "address", address: text });

describe("the next address of a subnet", () => {
  test.each([
    ["the first is the fifth of the block", "10.0.1.0/24", [], undefined, address("10.0.1.4")],
    ["goes on after the last that was given", "10.0.1.0/24", [], "10.0.1.9", address("10.0.1.10")],
    ["passes over those in use", "10.0.1.0/24", ["10.0.1.10", "10.0.1.11"], "10.0.1.9", address("10.0.1.12")],
    ["begins anew before the last of the block", "10.0.1.0/24", [], "10.0.1.254", address("10.0.1.4")],
    ["takes no notice of a last one from elsewhere", "10.0.1.0/24", [], "10.0.9.9", address("10.0.1.4")],
    ["crosses octets", "10.0.0.0/16", [], "10.0.0.255", address("10.0.1.0")],
    ["is none where all are taken", "10.0.1.0/29", ["10.0.1.4", "10.0.1.5", "10.0.1.6"], undefined, { kind: "exhausted" }],
    ["is none in a block of reserved addresses alone", "10.0.1.0/30", [], undefined, { kind: "exhausted" }],
    ["is none without a block", "10.0.1.1/24", [], undefined, { kind: "invalid-cidr" }],
  ])("%s", (_, cidr, taken, last, choice) => {
    expect(nextAddress({ cidr, taken: new Set(taken), ...(last === undefined ? {} : { last }) })).toEqual(choice);
  });

  test("every address is given once before any is given again, and none is reserved", () => {
    fc.assert(
      fc.property(fc.integer({ min: 24, max: 28 }), fc.nat(255), (prefix, third) => {
        const cidr = `10.7.${third}.0/${prefix}`;
        const usable = availableCount(cidr, new Set());
        const given: string[] = [];
        for (let round = 0; round < usable; round += 1) {
          // Each is released at once, and still the next is another.
          const last = given.at(-1);
          const choice = nextAddress({ cidr, taken: new Set(), ...(last === undefined ? {} : { last }) });
          if (choice.kind === "address") given.push(choice.address);
        }
        expect(new Set(given).size).toBe(2 ** (32 - prefix) - 5);
        const block = parseCidr(cidr)!;
        for (const text of given) {
          const number = parseAddress(text)!;
          expect(contains(block, number)).toBe(true);
          expect(number - block.base).toBeGreaterThanOrEqual(4);
          expect(number).toBeLessThan(block.base + block.size - 1);
        }
      }),
      { numRuns: 30 },
    );
  });

  test("the count of available ones tells exactly how many can be given", () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(15)), (hosts) => {
        const cidr = "10.0.0.16/28";
        const taken = new Set(hosts.map((host) => `10.0.0.${16 + host}`));
        const expected = availableCount(cidr, taken);
        let given = 0;
        for (let choice = nextAddress({ cidr, taken }); choice.kind === "address"; choice = nextAddress({ cidr, taken })) {
          taken.add(choice.address);
          given += 1;
        }
        expect(given).toBe(expected);
      }),
    );
  });
});

describe("IPv4 blocks", () => {
  test.each(["10.0.0.0", "10.0.0/8", "10.0.0.0/33", "10.0.0.1/8", "256.0.0.0/8", "010.0.0.0/8", "10.0.0.0/08", "a.b.c.d/8", ""])(
    "%j is none",
    (text) => {
      expect(parseCidr(text)).toBeUndefined();
    },
  );

  test("an address is written as it was read", () => {
    fc.assert(
      fc.property(fc.ipV4(), (text) => {
        expect(formatAddress(parseAddress(text)!)).toBe(text);
      }),
    );
  });

  test.each([
    ["10.0.0.0/16", "10.0.5.0/24", true],
    ["10.0.0.0/24", "10.0.1.0/24", false],
    ["0.0.0.0/0", "255.255.255.255/32", true],
  ])("%s and %s overlap: %s", (a, b, expected) => {
    expect(overlap(parseCidr(a)!, parseCidr(b)!)).toBe(expected);
    expect(overlap(parseCidr(b)!, parseCidr(a)!)).toBe(expected);
  });
});
