import { formatAddress, overlap, parseCidr, type Cidr } from "../../domain/cidr.ts";

/** AWS's own for every default VPC. */
const FIRST = "172.31.0.0/16";
const TEN = 10 * 2 ** 24;
/** As large as AWS's: 10.200.0.0/16 to 10.255.0.0/16, which few networks of hosts and few VPCs made by hand use. */
const LARGE = { prefix: 16, from: 200, to: 256 };
/** Then smaller ones, from 10.16.0.0/20 on: below lie what people choose for VPCs of their own. */
const SMALL = { prefix: 20, from: 16, to: 200 };

/**
 * A block for another default VPC, which overlaps with none that is taken; `undefined` where none is left. There are 57 as large as AWS's, and
 * 2,944 with a sixteenth of the addresses. Costs a look at each taken block, and at each candidate.
 */
export function freeBlock(taken: Iterable<string>): string | undefined {
  const blocks = [...taken].flatMap((text) => parseCidr(text) ?? []);
  const first = parseCidr(FIRST);
  if (first && !blocks.some((block) => overlap(block, first))) return FIRST;
  return freeOfTen(blocks, LARGE) ?? freeOfTen(blocks, SMALL);
}

/** @param room the prefix of what is wanted, and the second octets between which it may lie */
function freeOfTen(
  blocks: readonly Cidr[],
  room: { readonly prefix: number; readonly from: number; readonly to: number },
): string | undefined {
  const size = 2 ** (32 - room.prefix);
  const begin = TEN + room.from * 2 ** 16;
  const count = ((room.to - room.from) * 2 ** 16) / size;
  const used = new Set<number>();
  for (const { base, size: length } of blocks) {
    const last = Math.min(Math.floor((base + length - 1 - begin) / size), count - 1);
    for (let at = Math.max(Math.floor((base - begin) / size), 0); at <= last; at += 1) used.add(at);
  }
  for (let at = 0; at < count; at += 1) if (!used.has(at)) return `${formatAddress(begin + at * size)}/${room.prefix}`;
  return undefined;
}

/** The blocks of a default VPC's subnets, in the order of the zones: as AWS a sixteenth of a /16 each, and an eighth of what is smaller. @param count all where absent */
export function subnetBlocks(vpcCidr: string, count?: number): readonly string[] {
  const block = parseCidr(vpcCidr);
  if (!block) return [];
  const bits = block.prefix > 16 ? 3 : 4;
  const prefix = block.prefix + bits;
  return Array.from({ length: count ?? 2 ** bits }, (_, at) => `${formatAddress(block.base + at * 2 ** (32 - prefix))}/${prefix}`);
}
