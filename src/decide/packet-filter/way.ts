import { blockHas, parseCidr } from "../../domain/cidr.ts";
import type { NetworkWorld, WorldInterface, WorldRoute } from "../../domain/network-world.ts";

/** Why no route of a subnet leads to an address. */
export type NoWay =
  /** No route has the address. */
  | "no-route"
  /** The route's target is not there, or not attached, or not available: AWS's `blackhole`. */
  | "blackhole"
  /** The route leads to an internet gateway, which carries only what has a public address. */
  | "no-public-address"
  /** A NAT gateway whose own subnet has no way on. */
  | "nat-without-way"
  /** The route's target carries nothing here: an instance's interface, an egress-only gateway with IPv4. */
  | "not-carried";

export type Way =
  | { readonly kind: "way"; readonly by: WorldRoute["target"]["kind"]; readonly id: string; readonly routeTableId: string }
  | { readonly kind: "none"; readonly why: NoWay; readonly route?: WorldRoute; readonly routeTableId: string };

/** By which route of its subnet an interface reaches an address, or why by none. */
export function wayOut(world: NetworkWorld, from: Pick<WorldInterface, "subnetId" | "vpcId" | "publicAddress">, to: string): Way {
  const subnet = world.subnets.find(({ id }) => id === from.subnetId);
  const routeTableId = subnet?.routeTableId ?? "";
  const vpc = world.vpcs.find(({ id }) => id === from.vpcId);
  if (vpc?.blocks.some((block) => blockHas(block, to))) return { kind: "way", by: "local", id: "local", routeTableId };
  const route = mostSpecific(world, world.routeTables.find(({ id }) => id === routeTableId)?.routes ?? [], to);
  if (!route) return { kind: "none", why: "no-route", routeTableId };
  const why = obstacle(world, from, route, to);
  if (why) return { kind: "none", why, route, routeTableId };
  return { kind: "way", by: route.target.kind, id: route.target.id, routeTableId };
}

function obstacle(
  world: NetworkWorld,
  from: Pick<WorldInterface, "vpcId" | "publicAddress">,
  { target }: WorldRoute,
  to: string,
): NoWay | undefined {
  switch (target.kind) {
    case "internet-gateway":
      if (!world.internetGateways.some(({ id, vpcId }) => id === target.id && vpcId === from.vpcId)) return "blackhole";
      // A private address of another VPC is nobody's on the internet.
      if (isOfAnyVpc(world, to)) return "no-route";
      return from.publicAddress === undefined ? "no-public-address" : undefined;
    case "nat-gateway": {
      const nat = world.natGateways.find(({ id }) => id === target.id);
      const subnet = world.subnets.find(({ id }) => id === nat?.subnetId);
      if (!nat?.isAvailable || subnet?.vpcId !== from.vpcId) return "blackhole";
      if (!nat.isPublic || isOfAnyVpc(world, to)) return "nat-without-way";
      const on = mostSpecific(world, world.routeTables.find(({ id }) => id === subnet.routeTableId)?.routes ?? [], to);
      const isAttached = world.internetGateways.some(({ id, vpcId }) => id === on?.target.id && vpcId === from.vpcId);
      return on?.target.kind === "internet-gateway" && isAttached ? undefined : "nat-without-way";
    }
    case "vpc-peering-connection": {
      const peering = world.peerings.find(({ id, vpcIds }) => id === target.id && vpcIds.includes(from.vpcId));
      const other = world.vpcs.find(({ id }) => id !== from.vpcId && peering?.vpcIds.includes(id));
      if (!other) return "blackhole";
      return other.blocks.some((block) => blockHas(block, to)) ? undefined : "no-route";
    }
    case "vpc-endpoint":
      return isOfAnyVpc(world, to) ? "no-route" : undefined;
    case "local":
      return "no-route";
    case "network-interface":
    case "egress-only-internet-gateway":
      return "not-carried";
  }
}

function mostSpecific(world: NetworkWorld, routes: readonly WorldRoute[], to: string): WorldRoute | undefined {
  let best: { readonly route: WorldRoute; readonly prefix: number } | undefined;
  for (const route of routes) {
    const blocks = world.prefixLists.find(({ id }) => id === route.destination)?.blocks ?? [route.destination];
    for (const block of blocks) {
      const prefix = parseCidr(block)?.prefix ?? -1;
      if (blockHas(block, to) && prefix > (best?.prefix ?? -1)) best = { route, prefix };
    }
  }
  return best?.route;
}

function isOfAnyVpc(world: NetworkWorld, address: string): boolean {
  return world.vpcs.some(({ blocks }) => blocks.some((block) => blockHas(block, address)));
}
