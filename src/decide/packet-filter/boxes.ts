import { formatAddress, parseCidr } from "../../domain/cidr.ts";

/** Whole numbers, both ends included. */
export type Range = readonly [from: number, to: number];

/** Addresses with ports. */
export interface Box {
  readonly addresses: Range;
  readonly ports: Range;
}

/** The numbers of all ranges, in ascending ranges of which no two overlap or touch. */
export function union(ranges: Iterable<Range>): readonly Range[] {
  const merged: [number, number][] = [];
  for (const [from, to] of [...ranges].toSorted((a, b) => a[0] - b[0])) {
    const last = merged.at(-1);
    if (last && from <= last[1] + 1) last[1] = Math.max(last[1], to);
    else merged.push([from, to]);
  }
  return merged;
}

/**
 * The same pairs of address and port in boxes of which no two overlap: the kernel's sets take no others, while rules overlap as they like. Equal pairs give equal boxes,
 * and a port that is alone in its rules stays a box of its own. Costs, for each port at which a rule begins or ends, a look at the boxes that have it.
 */
export function disjoint(boxes: readonly Box[]): readonly Box[] {
  const starts = boxes.toSorted((a, b) => a.ports[0] - b.ports[0]);
  const borders = [...new Set(boxes.flatMap(({ ports: [from, to] }) => [from, to + 1]))].toSorted((a, b) => a - b);
  const found: { ports: [number, number]; addresses: readonly Range[] }[] = [];
  let active: readonly Box[] = [];
  let at = 0;
  for (const [index, border] of borders.entries()) {
    const come: Box[] = [];
    for (let next = starts[at]; next?.ports[0] === border; next = starts[at]) {
      come.push(next);
      at += 1;
    }
    active = [...active.filter(({ ports }) => ports[1] >= border), ...come];
    const until = (borders[index + 1] ?? border) - 1;
    if (active.length === 0 || until < border) continue;
    const addresses = union(active.map((box) => box.addresses));
    const last = found.at(-1);
    if (last && last.ports[1] === border - 1 && same(last.addresses, addresses)) last.ports[1] = until;
    else found.push({ ports: [border, until], addresses });
  }
  return found.flatMap(({ ports, addresses }) => addresses.map((range) => ({ addresses: range, ports })));
}

function same(a: readonly Range[], b: readonly Range[]): boolean {
  return a.length === b.length && a.every(([from, to], at) => from === b[at]?.[0] && to === b[at]?.[1]);
}

/** What is in the ranges and not in the others. Both are as `union` gives them. */
export function without(ranges: readonly Range[], others: readonly Range[]): readonly Range[] {
  return ranges.flatMap(([from, to]) => {
    const left: Range[] = [];
    let at = from;
    for (const [start, end] of others) {
      if (end < at || start > to) continue;
      if (start > at) left.push([at, start - 1]);
      at = end + 1;
    }
    if (at <= to) left.push([at, to]);
    return left;
  });
}

/** The addresses of a block; none where it is not one of IPv4. */
export function addressesOf(block: string): readonly Range[] {
  const cidr = parseCidr(block);
  return cidr ? [[cidr.base, cidr.base + cidr.size - 1]] : [];
}

/** A range of addresses as an element's part: an address, a block, or else from one to another. */
export function addressText([from, to]: Range): string {
  const size = to - from + 1;
  if (size === 1) return formatAddress(from);
  const prefix = 32 - Math.log2(size);
  const isBlock = Number.isInteger(prefix) && from % size === 0;
  return isBlock ? `${formatAddress(from)}/${prefix}` : `${formatAddress(from)}-${formatAddress(to)}`;
}

export function numbersText([from, to]: Range): string {
  return from === to ? `${from}` : `${from}-${to}`;
}

/**
 * A range of addresses as an element of `addresses-and-protocols`, of every protocol: of sets of ranges alone, nft reads all that there are at each change, whatever
 * it is about.
 */
export function rangeElement(range: Range): string {
  return `${addressText(range)} . 0-255`;
}
