import { isWithin } from "./name.ts";

/**
 * Domains that nobody has in the DNS of the world, so that a zone below one takes nobody's names from them.
 * Source: RFC 6761 and RFC 8375; ICANN's resolution of 2024-07-29 on `internal`.
 */
const SPECIAL_USE = [
  "test.",
  "example.",
  "example.com.",
  "example.net.",
  "example.org.",
  "internal.",
  "localhost.",
  "invalid.",
  "home.arpa.",
];

export function isSpecialUse(name: string): boolean {
  return SPECIAL_USE.some((domain) => isWithin(name, domain));
}

/**
 * Domains in which there are no public zones: the names there are this installation's own (load balancers, name servers, the endpoint), every machine's own
 * (RFC 6761, section 6.3), or Amazon's, some of which lead here, as do those of private addresses in VPCs, of every region. Who had a zone there would answer for them, and prove them to the authority.
 */
const RESERVED = ["localhost.", "amazonaws.com.", "amazonaws.com.cn.", "acm-validations.aws.", "ec2.internal.", "compute.internal."];

/** @param name as `readName` gives it */
export function isReserved(name: string): boolean {
  return RESERVED.some((domain) => isWithin(name, domain));
}
