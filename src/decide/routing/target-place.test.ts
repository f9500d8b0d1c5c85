import fc from "fast-check";
import { expect, test } from "vitest";
import { targetPlaces, type TargetPlace, type TargetSurroundings } from "./target-place.ts";

const HOME = "vpc-home";
const around: TargetSurroundings = {
  ownBlocks: ["127.0.0.0/8", "192.0.2.2/32", "10.9.0.1/32", "172.17.0.1/32", "172.31.5.5/32"],
  bridgedBlocks: ["172.17.0.0/16"],
  vpcs: [
    { id: HOME, cidrBlock: "172.31.0.0/16" },
    { id: "vpc-other", cidrBlock: "10.200.0.0/16" },
  ],
  openedBlocks: [],
};
const place = (address: string, changes: Partial<TargetSurroundings> = {}): TargetPlace =>
  targetPlaces({ ...around, ...changes })(address, HOME);

test.each<readonly [TargetPlace, string, string]>([
  ["vpc", "172.31.0.10", "an address of the group's own VPC"],
  ["forbidden", "172.31.0.0", "the VPC's own name"],
  ["forbidden", "172.31.0.1", "its router, which is this host"],
  ["forbidden", "172.31.255.255", "its broadcast address"],
  ["forbidden", "172.31.5.5", "an address in it that this host has"],
  ["forbidden", "10.200.0.9", "an address of another VPC"],
  ["forbidden", "10.200.0.1", "another VPC's router"],
  ["private", "10.1.2.3", "RFC 1918"],
  ["private", "192.168.1.50", "RFC 1918"],
  ["private", "172.16.0.1", "RFC 1918"],
  ["private", "100.64.0.1", "RFC 6598"],
  ["public", "8.8.8.8", "the internet"],
  ["public", "172.32.0.1", "just beyond RFC 1918"],
  ["forbidden", "127.0.0.1", "loopback"],
  ["forbidden", "127.9.9.9", "loopback"],
  ["forbidden", "192.0.2.2", "this host"],
  ["forbidden", "10.9.0.1", "this host in a private network"],
  ["private", "10.9.0.2", "its neighbour there"],
  ["forbidden", "172.17.0.1", "a bridge of this host"],
  ["forbidden", "172.17.0.3", "a container on a bridge of this host"],
  ["forbidden", "169.254.170.2", "the tasks' endpoint"],
  ["forbidden", "169.254.169.254", "a cloud's metadata"],
  ["forbidden", "0.0.0.0", "this host, to a socket"],
  ["forbidden", "224.0.0.1", "multicast"],
  ["forbidden", "255.255.255.255", "broadcast"],
  ["malformed", "::1", "IPv6"],
  ["malformed", "::ffff:127.0.0.1", "IPv4 in IPv6"],
  ["malformed", "0177.0.0.1", "octal"],
  ["malformed", "010.1.2.3", "octal"],
  ["malformed", "0x7f.0.0.1", "hexadecimal"],
  ["malformed", "2130706433", "a number"],
  ["malformed", "127.1", "a short form"],
  ["malformed", "127.0.0.1 ", "a space after it"],
  ["malformed", "10.1.2.3\n", "a line after it"],
  ["malformed", "10.1.2.3:80", "a port"],
  ["malformed", "١٠.1.2.3", "other digits"],
  ["malformed", "", "nothing"],
])("%s: %s (%s)", (expected, address) => {
  expect(place(address)).toBe(expected);
});

test.each<readonly [TargetPlace, string]>([
  ["opened", "127.0.0.1"],
  ["opened", "192.0.2.2"],
  ["opened", "172.17.0.3"],
  ["opened", "8.8.8.8"],
  ["vpc", "172.31.5.5"],
  ["forbidden", "10.200.0.9"],
  ["forbidden", "172.31.0.1"],
  ["forbidden", "169.254.170.2"],
  ["forbidden", "0.0.0.0"],
  ["forbidden", "255.255.255.255"],
])("where the operator opens everything, %s: %s", (expected, address) => {
  expect(place(address, { openedBlocks: ["0.0.0.0/0"] })).toBe(expected);
});

test("a VPC that comes later closes its addresses to all others", () => {
  expect(place("10.50.0.7")).toBe("private");
  expect(place("10.50.0.7", { vpcs: [...around.vpcs, { id: "vpc-later", cidrBlock: "10.50.0.0/16" }] })).toBe("forbidden");
});

test("without a VPC of its own, a group has no place in any", () => {
  expect(targetPlaces(around)("172.31.0.10", undefined)).toBe("forbidden");
});

test("law: what this host has is never a target, and another VPC's addresses never are, whatever is opened", () => {
  const octet = fc.integer({ min: 0, max: 255 });
  const address = fc.tuple(octet, octet, octet, octet).map((parts) => parts.join("."));
  const opened = fc.subarray(["0.0.0.0/0", "10.0.0.0/8", "127.0.0.0/8"]);
  fc.assert(
    fc.property(address, octet, octet, opened, (own, third, fourth, openedBlocks) => {
      expect(place(own, { ownBlocks: [`${own}/32`] })).toBe("forbidden");
      expect(place(`10.200.${third}.${fourth}`, { openedBlocks })).toBe("forbidden");
      expect(place(`127.${third}.${fourth}.1`)).toBe("forbidden");
    }),
  );
});
