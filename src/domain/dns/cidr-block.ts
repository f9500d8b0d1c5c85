import { parseAddress } from "../cidr.ts";
import { readAddress6 } from "./address6.ts";

/** A block of IPv4 or IPv6 addresses. */
export interface CidrBlock {
  readonly family: 4 | 6;
  /** Its first address, as a number. */
  readonly first: bigint;
  /** How many bits from the left are the same in all of it. */
  readonly prefix: number;
}

const BITS = { 4: 32, 6: 128 } as const;

/** Parses `192.0.2.0/24` and `2001:db8::/32`; `undefined` where the text is no block, or has bits set behind its prefix. */
export function readCidrBlock(text: string): CidrBlock | undefined {
  const [address = "", length = "", ...more] = text.split("/");
  const at = readIp(address);
  if (!at || more.length > 0 || !/^\d{1,3}$/.test(length)) return undefined;
  const prefix = Number(length);
  if (prefix > BITS[at.family] || networkOf(at, prefix) !== at.number) return undefined;
  return { family: at.family, first: at.number, prefix };
}

/** The length of the longest of the blocks that an address is in; `undefined` where it is in none. Costs what there are blocks. */
export function longestPrefix(blocks: readonly CidrBlock[], address: string): number | undefined {
  const at = readIp(address);
  const found = blocks.filter(({ family, first, prefix }) => at?.family === family && networkOf(at, prefix) === first);
  return found.length === 0 ? undefined : Math.max(...found.map(({ prefix }) => prefix));
}

interface Ip {
  readonly family: 4 | 6;
  readonly number: bigint;
}

function readIp(text: string): Ip | undefined {
  const four = parseAddress(text);
  if (four !== undefined) return { family: 4, number: BigInt(four) };
  const groups = readAddress6(text);
  return groups && { family: 6, number: groups.reduce((sum, group) => sum * 65_536n + BigInt(group), 0n) };
}

function networkOf({ family, number }: Ip, prefix: number): bigint {
  const host = BigInt(BITS[family] - prefix);
  return (number >> host) << host;
}
