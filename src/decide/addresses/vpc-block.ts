import { contains, formatAddress, overlap, parseAddress, parseCidr } from "../../domain/cidr.ts";

/**
 * A block as a request may write it: its host bits are cleared, as AWS does it (`100.68.0.18/18` is `100.68.0.0/18`). `undefined` where the text is no
 * block. Source: API reference, CreateVpc and CreateSubnet.
 */
export function canonicalBlock(text: string): string | undefined {
  const [address = "", prefix = "", ...more] = text.split("/");
  const number = parseAddress(address);
  if (number === undefined || !/^(\d|[12]\d|3[0-2])$/.test(prefix) || more.length > 0) return undefined;
  const size = 2 ** (32 - Number(prefix));
  return `${formatAddress(Math.floor(number / size) * size)}/${prefix}`;
}

/** From /16 to /28, for VPCs and subnets alike. */
export function isOfVpcSize(block: string): boolean {
  const prefix = parseCidr(block)?.prefix;
  return prefix !== undefined && prefix >= 16 && prefix <= 28;
}

/** What no network can have: this host, loopback, link-local, multicast and what is reserved. Source: RFC 6890. */
const NOBODYS = ["0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/3"];

export function isNobodys(block: string): boolean {
  return overlapping(NOBODYS, block) !== undefined;
}

/** What networks of one's own have, and who is elsewhere in the world has not: private ones, those of carriers, of measurements, and of examples. Source: RFC 6890. */
const OWN = [
  ...["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10"],
  ...["198.18.0.0/15", "192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24"],
];

/** Whether somebody else in the world may have an address of the block. */
export function isOfTheWorld(block: string): boolean {
  return !OWN.some((own) => isWithinBlock(block, own));
}

/** The first of the blocks that has an address of `wanted`. */
export function overlapping(blocks: Iterable<string>, wanted: string): string | undefined {
  const own = parseCidr(wanted);
  for (const text of blocks) {
    const block = parseCidr(text);
    if (own && block && overlap(own, block)) return text;
  }
  return undefined;
}

/** Whether all of `inner` lies in `outer`. */
export function isWithinBlock(inner: string, outer: string): boolean {
  const small = parseCidr(inner);
  const large = parseCidr(outer);
  return small !== undefined && large !== undefined && contains(large, small.base) && small.prefix >= large.prefix;
}

const PRIVATE = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"];
/** AWS's services use it in VPCs. */
const SERVICES = "198.19.0.0/16";
const DEFAULT_VPCS = "172.31.0.0/16";

/**
 * Whether AWS lets a VPC that was made with `first` have `block` besides: no other private range than its own, none of default VPCs in others, and never
 * 198.19.0.0/16. Source: VPC User Guide, "IPv4 CIDR block association restrictions".
 */
export function mayBeAssociated(first: string, block: string): boolean {
  if (overlapping([SERVICES], block) !== undefined) return false;
  if (isWithinBlock(block, DEFAULT_VPCS) && !isWithinBlock(first, DEFAULT_VPCS)) return false;
  const range = PRIVATE.find((candidate) => isWithinBlock(block, candidate));
  return range === undefined || isWithinBlock(first, range);
}
