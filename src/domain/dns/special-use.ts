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
