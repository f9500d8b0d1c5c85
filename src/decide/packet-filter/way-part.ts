import { parseCidr } from "../../domain/cidr.ts";
import type { NetworkWorld, WorldRoute, WorldRouteTable, WorldVpc } from "../../domain/network-world.ts";
import { BETWEEN_VPCS, type FilterContents } from "../../domain/packet-filter.ts";
import { addressesOf, rangeElement, union, without, type Range } from "./boxes.ts";
import { subnetChain } from "./acl-part.ts";
import { back, direction, drop, inBlock, inSet, jump, mark, rule, setOf, state } from "./rules.ts";

/** What `wayPart` looks up. */
export interface Surroundings {
  readonly vpc: (id: string) => WorldVpc | undefined;
  readonly routeTableOfSubnet: (subnetId: string) => WorldRouteTable | undefined;
  readonly vpcOfSubnet: (subnetId: string) => string | undefined;
  readonly gateway: (id: string) => NetworkWorld["internetGateways"][number] | undefined;
  readonly nat: (id: string) => NetworkWorld["natGateways"][number] | undefined;
  readonly peering: (id: string) => NetworkWorld["peerings"][number] | undefined;
  readonly blocksOf: (prefixListId: string) => readonly string[];
  /** Whether a subnet's ACL is to be asked. */
  readonly hasAcl: (subnetId: string) => boolean;
}

/** Who shares a way out: a VPC's interfaces with one route table, and with a public address or without one. */
export interface WayKey {
  readonly vpcId: string;
  readonly routeTableId: string;
  readonly isPublic: boolean;
}

export const wayChain = ({ vpcId, routeTableId, isPublic }: WayKey): string =>
  `way.${routeTableId === "" ? vpcId : routeTableId}.${isPublic ? "public" : "private"}`;

export interface WayPart {
  readonly contents: FilterContents;
  /** The subnets of NAT gateways on the way whose ACLs are asked. */
  readonly subnets: readonly string[];
}

/**
 * What the filter holds of a route table, for who has a public address or for who has none: a chain that returns for an address to which a route leads, and drops
 * what goes elsewhere; and that what comes back by a NAT gateway passes, which its subnet's ACL is asked about. No address of another VPC is reached but by a peering. Proportional to the routes, squared where they overlap.
 */
export function wayPart(key: WayKey, routes: readonly WorldRoute[], world: Surroundings): WayPart {
  const name = wayChain(key);
  const blocks = (world.vpc(key.vpcId)?.blocks ?? []).filter((block) => parseCidr(block));
  const own = union(blocks.flatMap(addressesOf));
  const peers: Range[] = [];
  const far: Range[] = [];
  /** By the subnets of NAT gateways: what goes there, where an ACL is asked. */
  const byNat = new Map<string, Range[]>();
  for (const { target, ranges } of resolved(routes, world)) {
    if (target.kind === "vpc-peering-connection") {
      peers.push(...intersection(ranges, peersBlocks(key.vpcId, target.id, world)));
      continue;
    }
    const by = carried(key, target, ranges, world);
    far.push(...by);
    const subnetId = target.kind === "nat-gateway" ? world.nat(target.id)?.subnetId : undefined;
    if (by.length > 0 && subnetId !== undefined && world.hasAcl(subnetId)) byNat.set(subnetId, [...(byNat.get(subnetId) ?? []), ...by]);
  }
  const set = (ranges: readonly Range[]) => setOf("addresses-and-protocols", union(ranges).map(rangeElement));
  const natSet = (subnetId: string): string => `${name}.${subnetId}`;
  const throughNat = (way: "original" | "reply", peer: "source" | "destination") =>
    [...byNat.keys()].flatMap((subnetId) =>
      (["in", "out"] as const).map((side) =>
        rule(jump(subnetChain(subnetId, side)), direction(way), inSet(natSet(subnetId), peer, "protocol")),
      ),
    );
  const contents: FilterContents = {
    sets: new Map([
      [`${name}.peers`, set(without(union(peers), own))],
      [`${name}.far`, set(far)],
      // Whoever is in the VPC itself does not come by a gateway.
      ...[...byNat].map(([subnetId, ranges]) => [natSet(subnetId), set(without(union(ranges), own))] as const),
    ]),
    chains: new Map([
      [
        name,
        {
          rules: [
            ...throughNat("reply", "source"),
            // Few, and each faster than a look into a set.
            ...blocks.map((block) => rule(back, inBlock("destination", block))),
            rule(mark(BETWEEN_VPCS), inSet(`${name}.peers`, "destination", "protocol"), state("new")),
            rule(back, inSet(`${name}.peers`, "destination", "protocol")),
            rule(drop, inSet("blocks", "destination", "protocol")),
            ...throughNat("original", "destination"),
            rule(back, inSet(`${name}.far`, "destination", "protocol")),
            rule(drop),
          ],
        },
      ],
    ]),
  };
  return { contents, subnets: [...byNat.keys()] };
}

export function carried(
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
export function resolved(
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
