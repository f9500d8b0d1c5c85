import { ADDRESS_BITS, networkOf, readIp, type Ip } from "../../../domain/ip-address.ts";
import type { ValueTest } from "./operator.ts";

/** A block of addresses: those that share the first bits. */
interface Block extends Ip {
  readonly prefix: number;
}

/** `IpAddress`: blocks of IPv4 and IPv6 side by side; an address alone is a block of one. */
export function ipAddress(expected: readonly string[]): ValueTest {
  const blocks = expected.map(parseBlock).filter((one) => one !== undefined);
  return (text) => {
    const address = parseIp(text);
    return (
      address !== undefined &&
      blocks.some((block) => block.family === address.family && networkOf(address, block.prefix) === networkOf(block, block.prefix))
    );
  };
}

/** Parses `203.0.113.0/24`, `2001:db8::/32` or an address alone. Bits past the prefix do not count. */
export function parseBlock(text: string): Block | undefined {
  const [address = "", prefix, ...more] = text.trim().split("/");
  const parsed = parseIp(address);
  if (!parsed || more.length > 0) return undefined;
  const bits = ADDRESS_BITS[parsed.family];
  if (prefix === undefined) return { ...parsed, prefix: bits };
  return /^\d{1,3}$/.test(prefix) && Number(prefix) <= bits ? { ...parsed, prefix: Number(prefix) } : undefined;
}

const MAPPED = 0xffffn;

/** An address; one of IPv4 that is written within IPv6 (`::ffff:192.0.2.1`) is the IPv4 address. */
function parseIp(text: string): Ip | undefined {
  const ip = readIp(text);
  return ip?.family === 6 && ip.number >> 32n === MAPPED ? { family: 4, number: ip.number & 0xffff_ffffn } : ip;
}
