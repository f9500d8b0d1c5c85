import { BlockList, isIP } from "node:net";

/**
 * Addresses that no registry has, and that give away secrets to whoever makes this machine ask them: those of the link (the metadata services
 * of clouds are there), of clouds' metadata elsewhere, of nobody and of groups. Loopback and private networks are allowed: registries of one's
 * own are there.
 * Source: RFC 3927, RFC 4291; the clouds' documentation of their instance metadata.
 */
const FORBIDDEN = new BlockList();
FORBIDDEN.addSubnet("169.254.0.0", 16, "ipv4");
FORBIDDEN.addSubnet("0.0.0.0", 8, "ipv4");
FORBIDDEN.addSubnet("224.0.0.0", 3, "ipv4");
FORBIDDEN.addAddress("100.100.100.200", "ipv4");
FORBIDDEN.addAddress("192.0.0.192", "ipv4");
FORBIDDEN.addAddress("168.63.129.16", "ipv4");
FORBIDDEN.addSubnet("fe80::", 10, "ipv6");
FORBIDDEN.addSubnet("ff00::", 8, "ipv6");
FORBIDDEN.addAddress("::", "ipv6");
FORBIDDEN.addSubnet("fd00:ec2::", 32, "ipv6");
FORBIDDEN.addAddress("fd20:ce::254", "ipv6");

/** @param address an IPv4 or IPv6 address; an IPv4 address inside of an IPv6 address counts as itself */
export function isForbiddenAddress(address: string): boolean {
  const plain = address.split("%")[0] ?? address;
  const family = isIP(plain);
  if (family === 4) return FORBIDDEN.check(plain, "ipv4");
  if (family !== 6) return true;
  const embedded = embeddedIpv4(plain);
  return FORBIDDEN.check(plain, "ipv6") || (embedded !== undefined && FORBIDDEN.check(embedded, "ipv4"));
}

/** `::ffff:a.b.c.d`, `64:ff9b::a.b.c.d` and the like, also written in hexadecimal. */
function embeddedIpv4(address: string): string | undefined {
  // URL writes every form of an address the same way.
  const text = new URL(`http://[${address}]`).hostname.slice(1, -1);
  const groups = /^(?:::ffff:|::|64:ff9b::)([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(text);
  if (!groups) return undefined;
  const [high = 0, low = 0] = groups.slice(1).map((group) => Number.parseInt(group, 16));
  return [high >> 8, high & 255, low >> 8, low & 255].join(".");
}
