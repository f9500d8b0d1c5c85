import { parseCidr } from "../../domain/cidr.ts";
import type { NetworkWorld, WorldRoute, WorldRouteTable, WorldVpc } from "../../domain/network-world.ts";
import { BETWEEN_VPCS, type FilterContents } from "../../domain/packet-filter.ts";
import { addressesOf, rangeElement, union, without, type Range } from "./boxes.ts";
import { back, drop, inSet, mark, rule, setOf, state } from "./rules.ts";

/** What `wayPart` looks up. */
export interface Surroundings {
  readonly vpc: (id: string) => WorldVpc | undefined;
  readonly routeTableOfSubnet: (subnetId: string) => WorldRouteTable | undefined;
  readonly vpcOfSubnet: (subnetId: string) => string | undefined;
  readonly gateway: (id: string) => NetworkWorld["internetGateways"][number] | undefined;
  readonly nat: (id: string) => NetworkWorld["natGateways"][number] | undefined;
  readonly peering: (id: string) => NetworkWorld["peerings"][number] | undefined;
  readonly blocksOf: (prefixListId: string) => readonly string[];
}

/** Who shares a way out: a VPC's interfaces with one route table, and with a public address or without one. */
export interface WayKey {
  readonly vpcId: string;
  readonly routeTableId: string;
  readonly isPublic: boolean;
}

export const wayChain = ({ vpcId, routeTableId, isPublic }: WayKey): string =>
  `way.${routeTableId === "" ? vpcId : routeTableId}.${isPublic ? "public" : "private"}`;

/**
 * What the filter holds of a route table, for who has a public address or for who has none: a chain that returns for an address to which a route leads, and drops
 * what goes elsewhere. No address of another VPC is reached but by a peering. Proportional to the routes, squared where they overlap.
 */
export function wayPart(key: WayKey, routes: readonly WorldRoute[], world: Surroundings): FilterContents {
  const name = wayChain(key);
  const own = union((world.vpc(key.vpcId)?.blocks ?? []).flatMap(addressesOf));
  const peers: Range[] = [];
  const far: Range[] = [];
  for (const { target, ranges } of resolved(routes, world)) {
    if (target.kind === "vpc-peering-connection") peers.push(...intersection(ranges, peersBlocks(key.vpcId, target.id, world)));
    else far.push(...carried(key, target, ranges, world));
  }
  const set = (ranges: readonly Range[]) => setOf("addresses-and-protocols", union(ranges).map(rangeElement));
  return {
    sets: new Map([
      [`${name}.near`, set(own)],
      [`${name}.peers`, set(without(union(peers), own))],
      [`${name}.far`, set(far)],
    ]),
    chains: new Map([
      [
        name,
        {
          rules: [
            rule(back, inSet(`${name}.near`, "destination", "protocol")),
            rule(mark(BETWEEN_VPCS), inSet(`${name}.peers`, "destination", "protocol"), state("new")),
            rule(back, inSet(`${name}.peers`, "destination", "protocol")),
            rule(drop, inSet("blocks", "destination", "protocol")),
            rule(back, inSet(`${name}.far`, "destination", "protocol")),
            rule(drop),
          ],
        },
      ],
    ]),
  };
}

function carried(
  { vpcId, isPublic }: WayKey,
  target: WorldRoute["target"],
  ranges: readonly Range[],
  world: Surroundings,
): readonly Range[] {
  switch (target.kind) {
    case "internet-gateway":
      return isPublic && world.gateway(target.id)?.vpcId === vpcId ? ranges : [];
    case "nat-gateway": {
      const nat = world.nat(target.id);
      if (!nat?.isAvailable || !nat.isPublic || world.vpcOfSubnet(nat.subnetId) !== vpcId) return [];
      const on = resolved(world.routeTableOfSubnet(nat.subnetId)?.routes ?? [], world).filter(
        (route) => route.target.kind === "internet-gateway" && world.gateway(route.target.id)?.vpcId === vpcId,
      );
      return intersection(ranges, union(on.flatMap((route) => route.ranges)));
    }
    case "vpc-endpoint":
      return ranges;
    case "local":
    case "vpc-peering-connection":
    case "network-interface":
    case "egress-only-internet-gateway":
      return [];
  }
}

function peersBlocks(vpcId: string, peeringId: string, world: Surroundings): readonly Range[] {
  const ids: readonly string[] = world.peering(peeringId)?.vpcIds ?? [];
  if (!ids.includes(vpcId)) return [];
  return union(ids.filter((id) => id !== vpcId).flatMap((id) => (world.vpc(id)?.blocks ?? []).flatMap(addressesOf)));
}

/** Each route with the addresses for which it is the most specific one; of equal ones the first. */
function resolved(
  routes: readonly WorldRoute[],
  { blocksOf }: Pick<Surroundings, "blocksOf">,
): readonly { readonly target: WorldRoute["target"]; readonly ranges: readonly Range[] }[] {
  const blocks = routes
    .flatMap(({ destination, target }) =>
      (destination.startsWith("pl-") ? blocksOf(destination) : [destination]).map((block) => ({
        block,
        target,
        prefix: parseCidr(block)?.prefix ?? 0,
      })),
    )
    .toSorted((a, b) => b.prefix - a.prefix);
  let taken: readonly Range[] = [];
  return blocks.map(({ block, target }) => {
    const own = addressesOf(block);
    const ranges = own.flatMap((range) => without([range], taken));
    taken = union([...taken, ...own]);
    return { target, ranges };
  });
}

function intersection(ranges: readonly Range[], others: readonly Range[]): readonly Range[] {
  return without(ranges, without([[0, 0xffff_ffff]], others));
}
