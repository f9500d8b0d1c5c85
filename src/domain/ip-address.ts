import { parseAddress } from "./cidr.ts";
import { readAddress6 } from "./dns/address6.ts";

/** An IPv4 or IPv6 address. */
export interface Ip {
  readonly family: 4 | 6;
  readonly number: bigint;
}

/** How many bits an address of a family has. */
export const ADDRESS_BITS = { 4: 32, 6: 128 } as const;

/** Parses `192.0.2.1` and `2001:db8::1`; `undefined` where the text is no address. One of IPv4 that is written within IPv6 stays one of IPv6. */
export function readIp(text: string): Ip | undefined {
  const four = parseAddress(text);
  if (four !== undefined) return { family: 4, number: BigInt(four) };
  const groups = readAddress6(text);
  return groups && { family: 6, number: groups.reduce((sum, group) => sum * 65_536n + BigInt(group), 0n) };
}

/** An address with all bits behind a prefix cleared. */
export function networkOf({ family, number }: Ip, prefix: number): bigint {
  const host = BigInt(ADDRESS_BITS[family] - prefix);
  return (number >> host) << host;
}
