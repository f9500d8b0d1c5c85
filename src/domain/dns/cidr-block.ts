import { ADDRESS_BITS, networkOf, readIp } from "../ip-address.ts";

/** A block of IPv4 or IPv6 addresses. */
export interface CidrBlock {
  readonly family: 4 | 6;
  /** Its first address, as a number. */
  readonly first: bigint;
  /** How many bits from the left are the same in all of it. */
  readonly prefix: number;
}

/** Parses `192.0.2.0/24` and `2001:db8::/32`; `undefined` where the text is no block, or has bits set behind its prefix. */
export function readCidrBlock(text: string): CidrBlock | undefined {
  const [address = "", length = "", ...more] = text.split("/");
  const at = readIp(address);
  if (!at || more.length > 0 || !/^\d{1,3}$/.test(length)) return undefined;
  const prefix = Number(length);
  if (prefix > ADDRESS_BITS[at.family] || networkOf(at, prefix) !== at.number) return undefined;
  return { family: at.family, first: at.number, prefix };
}

/** The length of the longest of the blocks that an address is in; `undefined` where it is in none. Costs what there are blocks. */
export function longestPrefix(blocks: readonly CidrBlock[], address: string): number | undefined {
  const at = readIp(address);
  const found = blocks.filter(({ family, first, prefix }) => at?.family === family && networkOf(at, prefix) === first);
  return found.length === 0 ? undefined : Math.max(...found.map(({ prefix }) => prefix));
}
