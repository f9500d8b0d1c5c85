import { BlockList, isIP } from "node:net";

/**
 * Addresses that no registry has, and that give away secrets to whoever makes this machine ask them: those of the link (the metadata services
 * of clouds are there), of clouds' metadata elsewhere, of nobody and of groups.
 * Source: RFC 3927, RFC 4291; the clouds' documentation of their instance metadata.
 */
const NEVER = new BlockList();
NEVER.addSubnet("169.254.0.0", 16, "ipv4");
NEVER.addSubnet("0.0.0.0", 8, "ipv4");
NEVER.addSubnet("224.0.0.0", 3, "ipv4");
NEVER.addAddress("100.100.100.200", "ipv4");
NEVER.addAddress("192.0.0.192", "ipv4");
NEVER.addAddress("168.63.129.16", "ipv4");
NEVER.addSubnet("fe80::", 10, "ipv6");
NEVER.addSubnet("ff00::", 8, "ipv6");
NEVER.addAddress("::", "ipv6");
NEVER.addSubnet("fd00:ec2::", 32, "ipv6");
NEVER.addAddress("fd20:ce::254", "ipv6");

/**
 * Addresses of this machine and of networks that are not the world's: a registry of one's own may be there, if the operator says so.
 * Source: IANA's registries of special-purpose addresses (RFC 6890).
 */
const PRIVATE = new BlockList();
for (const [net, prefix] of [
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
] as const)
  PRIVATE.addSubnet(net, prefix, "ipv4");
for (const [net, prefix] of [
  ["::", 96],
  ["100::", 64],
  ["2001:db8::", 32],
  ["fc00::", 7],
  ["fec0::", 10],
] as const)
  PRIVATE.addSubnet(net, prefix, "ipv6");

/** Whether nobody may be sent there. @param address an IPv4 or IPv6 address; one inside of an IPv6 address counts as itself */
export function isForbiddenAddress(address: string): boolean {
  return isIn(address, NEVER) ?? true;
}

/** Whether only who the operator names may be there. */
export function isPrivateAddress(address: string): boolean {
  return isIn(address, PRIVATE) ?? true;
}

/** `undefined` for what is no address. */
function isIn(address: string, list: BlockList): boolean | undefined {
  const plain = address.split("%")[0] ?? address;
  const family = isIP(plain);
  if (family === 4) return list.check(plain, "ipv4");
  if (family !== 6) return undefined;
  const embedded = embeddedIpv4(plain);
  return list.check(plain, "ipv6") || (embedded !== undefined && list.check(embedded, "ipv4"));
}

/** Prefixes of IPv6 addresses that stand for an IPv4 address, in groups, and at which group that begins. */
const EMBEDDING: readonly (readonly [prefix: readonly number[], at: number])[] = [
  // IPv4-mapped, IPv4-compatible and IPv4-translated addresses: RFC 4291, section 2.5.5; RFC 2765.
  [[0, 0, 0, 0, 0, 0xffff], 6],
  [[0, 0, 0, 0, 0, 0], 6],
  [[0, 0, 0, 0, 0xffff, 0], 6],
  // NAT64: RFC 6052, and the prefix for local use of RFC 8215.
  [[0x64, 0xff9b, 0, 0, 0, 0], 6],
  [[0x64, 0xff9b, 1], 6],
  // 6to4: RFC 3056.
  [[0x2002], 1],
];
const TEREDO = [0x2001, 0];

function embeddedIpv4(address: string): string | undefined {
  const groups = groupsOf(address);
  const starts = (prefix: readonly number[]): boolean => prefix.every((group, at) => groups[at] === group);
  // RFC 4380: the client's address, with its bits turned over.
  if (starts(TEREDO)) return dotted(groups.slice(6).map((group) => group ^ 0xffff));
  // `::` and `::1` stand for no IPv4 address, but for themselves.
  if (groups.slice(0, 7).every((group) => group === 0)) return undefined;
  const [, at] = EMBEDDING.find(([prefix]) => starts(prefix)) ?? [];
  return at === undefined ? undefined : dotted(groups.slice(at, at + 2));
}

function dotted([high = 0, low = 0]: readonly number[]): string {
  return [high >> 8, high & 255, low >> 8, low & 255].join(".");
}

/** The eight groups of an IPv6 address. */
function groupsOf(address: string): readonly number[] {
  // URL writes every form of an address the same way, without dots.
  const [before = "", after] = new URL(`http://[${address}]`).hostname.slice(1, -1).split("::");
  const read = (text: string): number[] => (text === "" ? [] : text.split(":").map((group) => Number.parseInt(group, 16)));
  const [head, tail] = [read(before), read(after ?? "")];
  return after === undefined ? head : [...head, ...Array<number>(8 - head.length - tail.length).fill(0), ...tail];
}
