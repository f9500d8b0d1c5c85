import type { ValueTest } from "./operator.ts";

/** A block of addresses: those that share the first bits. */
interface Block {
  readonly bits: 32 | 128;
  readonly base: bigint;
  readonly prefix: number;
}

/** `IpAddress`: blocks of IPv4 and IPv6 side by side; an address alone is a block of one. */
export function ipAddress(expected: readonly string[]): ValueTest {
  const blocks = expected.map(parseBlock).filter((one) => one !== undefined);
  return (text) => {
    const address = parseIp(text);
    return (
      address !== undefined && blocks.some((block) => block.bits === address.bits && network(address, block) === network(block, block))
    );
  };
}

/** Parses `203.0.113.0/24`, `2001:db8::/32` or an address alone. Bits past the prefix do not count. */
export function parseBlock(text: string): Block | undefined {
  const [address = "", prefix, ...more] = text.trim().split("/");
  const parsed = parseIp(address);
  if (!parsed || more.length > 0) return undefined;
  if (prefix === undefined) return { ...parsed, prefix: parsed.bits };
  return /^\d{1,3}$/.test(prefix) && Number(prefix) <= parsed.bits ? { ...parsed, prefix: Number(prefix) } : undefined;
}

function network({ base }: { readonly base: bigint }, { bits, prefix }: Block): bigint {
  return base >> BigInt(bits - prefix);
}

/** An address; one of IPv4 that is written within IPv6 (`::ffff:192.0.2.1`) is the IPv4 address. */
function parseIp(text: string): { readonly bits: 32 | 128; readonly base: bigint } | undefined {
  if (!text.includes(":")) {
    const base = parseIpv4(text);
    return base === undefined ? undefined : { bits: 32, base };
  }
  const base = parseIpv6(text);
  if (base === undefined) return undefined;
  return base >> 32n === 0xffffn ? { bits: 32, base: base & 0xffff_ffffn } : { bits: 128, base };
}

function parseIpv4(text: string): bigint | undefined {
  const parts = text.split(".");
  if (parts.length !== 4 || !parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) <= 255)) return undefined;
  return parts.reduce((base, part) => base * 256n + BigInt(part), 0n);
}

function parseIpv6(text: string): bigint | undefined {
  const halves = text.split("::");
  if (halves.length > 2) return undefined;
  const [front, back] = halves.map((half) => groupsOf(half));
  if (!front || (halves.length === 2 && !back)) return undefined;
  const missing = 8 - front.length - (back?.length ?? 0);
  if (back === undefined ? missing !== 0 : missing < 1) return undefined;
  return [...front, ...Array<bigint>(missing).fill(0n), ...(back ?? [])].reduce((base, group) => (base << 16n) + group, 0n);
}

/** Groups of 16 bits; the last two may be written as an IPv4 address. */
function groupsOf(half: string): readonly bigint[] | undefined {
  if (half === "") return [];
  const groups: bigint[] = [];
  const parts = half.split(":");
  for (const [index, part] of parts.entries()) {
    if (index === parts.length - 1 && part.includes(".")) {
      const v4 = parseIpv4(part);
      if (v4 === undefined) return undefined;
      groups.push(v4 >> 16n, v4 & 0xffffn);
    } else if (/^[0-9a-fA-F]{1,4}$/.test(part)) {
      groups.push(BigInt(`0x${part}`));
    } else {
      return undefined;
    }
  }
  return groups.length <= 8 ? groups : undefined;
}
