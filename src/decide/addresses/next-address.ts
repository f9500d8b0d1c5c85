import { contains, formatAddress, parseAddress, parseCidr, type Cidr } from "../../domain/cidr.ts";

export interface AddressView {
  /** The subnet's block, such as `10.0.1.0/24`. */
  readonly cidr: string;
  /** Tells which addresses are in use. */
  readonly taken: Pick<ReadonlySet<string>, "has">;
  /** The address given last in this subnet; absent at first. */
  readonly last?: string;
}

export type AddressChoice =
  | { readonly kind: "address"; readonly address: string }
  /** Every address that the subnet may give is taken. */
  | { readonly kind: "exhausted" }
  | { readonly kind: "invalid-cidr" };

/**
 * The next address of a subnet: round robin, so that a released address is used again as late as can be, and nobody who still
 * remembers it reaches a stranger.
 */
export function nextAddress(view: AddressView): AddressChoice {
  const block = parseCidr(view.cidr);
  if (!block) return { kind: "invalid-cidr" };
  const { first, count } = assignable(block);
  const last = view.last === undefined ? undefined : parseAddress(view.last);
  const from = last !== undefined && contains(block, last) ? last + 1 - first : 0;
  for (let step = 0; step < count; step += 1) {
    const address = formatAddress(first + modulo(from + step, count));
    if (!view.taken.has(address)) return { kind: "address", address };
  }
  return { kind: "exhausted" };
}

/** `AvailableIpAddressCount` of a subnet of which `taken` addresses are in use; 0 for what is not a block. */
export function availableCount(cidr: string, taken: ReadonlySet<string>): number {
  const block = parseCidr(cidr);
  if (!block) return 0;
  const { first, count } = assignable(block);
  const inUse = [...taken].filter((text) => {
    const address = parseAddress(text);
    return address !== undefined && address >= first && address < first + count;
  });
  return count - inUse.length;
}

/**
 * The addresses that a subnet may give: AWS keeps its first four (network, router, DNS, future use) and its last (broadcast).
 * Source: Amazon VPC User Guide, "Subnet CIDR blocks".
 */
export function assignable(block: Cidr): { readonly first: number; readonly count: number } {
  return { first: block.base + 4, count: Math.max(0, block.size - 5) };
}

const modulo = (value: number, by: number): number => ((value % by) + by) % by;
