import type { NetworkWorld, WorldInterface, WorldRoute, WorldSubnet } from "../../domain/network-world.ts";
import type { PublicSender } from "../../domain/public-sender.ts";
import { addressesOf, addressText, union, without, type Range } from "./boxes.ts";
import { carried, resolved, type Surroundings } from "./way-part.ts";

/**
 * As whom a subnet's interfaces leave by NAT gateways: with the address of the gateway to which the most specific route leads. Costs the routes, squared where they overlap.
 * @param addressOf the public address of a NAT gateway
 */
export function sendersByNat(
  world: NetworkWorld,
  { vpcId, block, routeTableId }: WorldSubnet,
  addressOf: (natGatewayId: string) => string | undefined,
): readonly PublicSender[] {
  return routesOf(world, routeTableId, vpcId, false).flatMap(({ target, ranges }) => {
    const as = target.kind === "nat-gateway" ? addressOf(target.id) : undefined;
    return as === undefined ? [] : senders(block, ranges, as);
  });
}

/** As whom an interface with a public address leaves by an internet gateway: with that. */
export function sendersByInternetGateway(
  world: NetworkWorld,
  { vpcId, subnetId, address, publicAddress }: WorldInterface,
): readonly PublicSender[] {
  const subnet = world.subnets.find(({ id }) => id === subnetId);
  if (!subnet || publicAddress === undefined || publicAddress === address) return [];
  return routesOf(world, subnet.routeTableId, vpcId, true).flatMap(({ target, ranges }) =>
    target.kind === "internet-gateway" ? senders(address, ranges, publicAddress) : [],
  );
}

function senders(from: string, ranges: readonly Range[], as: string): readonly PublicSender[] {
  return ranges.map((range) => ({ from, to: addressText(range), as }));
}

/** The routes of a table, each with the addresses to which it leads out of the VPC. */
function routesOf(
  world: NetworkWorld,
  routeTableId: string,
  vpcId: string,
  isPublic: boolean,
): readonly { readonly target: WorldRoute["target"]; readonly ranges: readonly Range[] }[] {
  const around = surroundingsIn(world);
  const own = union(world.vpcs.filter(({ id }) => id === vpcId).flatMap(({ blocks }) => blocks.flatMap(addressesOf)));
  const routes = world.routeTables.find(({ id }) => id === routeTableId)?.routes ?? [];
  return resolved(routes, around).map(({ target, ranges }) => ({
    target,
    ranges: without(union(carried({ vpcId, routeTableId, isPublic }, target, ranges, around)), own),
  }));
}

function surroundingsIn(world: NetworkWorld): Surroundings {
  const subnet = (id: string) => world.subnets.find((one) => one.id === id);
  return {
    vpc: (id) => world.vpcs.find((one) => one.id === id),
    routeTableOfSubnet: (id) => world.routeTables.find((one) => one.id === subnet(id)?.routeTableId),
    vpcOfSubnet: (id) => subnet(id)?.vpcId,
    gateway: (id) => world.internetGateways.find((one) => one.id === id),
    nat: (id) => world.natGateways.find((one) => one.id === id),
    peering: (id) => world.peerings.find((one) => one.id === id),
    blocksOf: (id) => world.prefixLists.find((one) => one.id === id)?.blocks ?? [],
    hasAcl: () => false,
  };
}
