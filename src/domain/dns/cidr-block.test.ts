import { expect, test } from "vitest";
import { longestPrefix, readCidrBlock } from "./cidr-block.ts";

test.each([
  ["192.0.2.0/24", { family: 4, first: 0xc0_00_02_00n, prefix: 24 }],
  ["10.0.0.0/8", { family: 4, first: 0x0a_00_00_00n, prefix: 8 }],
  ["2001:db8::/32", { family: 6, first: 0x2001_0db8n << 96n, prefix: 32 }],
])("%s is a block", (text, block) => {
  expect(readCidrBlock(text)).toEqual(block);
});

test.each([
  "",
  "192.0.2.0",
  "192.0.2.1/24",
  "192.0.2.0/33",
  "192.0.2.0/-1",
  "192.0.2.0/24/1",
  "192.0.2/24",
  "2001:db8::1/32",
  "::/129",
  "x/8",
])("%j is none", (text) => {
  expect(readCidrBlock(text)).toBeUndefined();
});

const blocks = ["10.0.0.0/8", "10.1.0.0/16", "2001:db8::/32"].flatMap((text) => readCidrBlock(text) ?? []);
test.each([
  ["10.1.2.3", 16],
  ["10.2.0.1", 8],
  ["11.0.0.1", undefined],
  ["2001:db8:1::1", 32],
  ["::10.1.2.3", undefined],
  ["nonsense", undefined],
])("%s is in the block of the longest prefix", (address, prefix) => {
  expect(longestPrefix(blocks, address)).toBe(prefix);
});
