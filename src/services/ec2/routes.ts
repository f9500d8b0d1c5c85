import { isIPv6 } from "node:net";
import { canonicalBlock, encloses, parseCidr } from "../../domain/cidr.ts";
import { awsPrefixLists } from "../../domain/aws-prefix-lists.ts";
import { subnets, vpcs } from "../../state/ec2.ts";
import { prefixLists } from "../../state/ec2-prefix-lists.ts";
import { localBlocks, routeTables, type RouteRecord, type RouteTableRecord, type RouteTarget } from "../../state/ec2-routing.ts";
import { AwsError } from "../aws-error.ts";
import type { OperationContext } from "../operation.ts";
import { requireRouteTable } from "./create-route-table.ts";
import { invalidValue, operation } from "./ec2-operation.ts";
import { onNamed } from "./resource-permissions.ts";
import { prefixListNotFound } from "./prefix-lists.ts";
import { targetIn } from "./route-targets.ts";

/** Source: Amazon VPC User Guide, "Amazon VPC quotas": routes per route table, local ones not counted; one to a prefix list counts as the list's most entries. */
const MOST_ROUTES = 50;

interface DestinationInput {
  readonly DestinationCidrBlock?: string | undefined;
  readonly DestinationIpv6CidrBlock?: string | undefined;
  readonly DestinationPrefixListId?: string | undefined;
}

const onTable = (action: string) =>
  onNamed<{ readonly RouteTableId?: string | undefined }>(action, ({ RouteTableId = "*" }) => [`route-table/${RouteTableId}`]);

export const createRoute = operation("CreateRoute", {
  authorize: onTable("CreateRoute"),
  run(input, context) {
    const table = requireRouteTable(context, input.RouteTableId ?? "");
    const destination = destinationIn(input, context);
    const target = targetIn(input, table, isIpv6(destination), context);
    const local = localBlocks(context.state.table(vpcs).get(table.vpcId));
    const known = table.routes.find((route) => route.destination === destination);
    // The same request again is no other one.
    if (known?.target.id === target.id) return { Return: true };
    if (known || local.includes(destination))
      throw new AwsError("RouteAlreadyExists", `The route identified by ${destination} already exists.`);
    refuseInsideVpc(table, { destination, target }, context);
    if (weightOf(table.routes, context) + weightOf([{ destination }], context) > MOST_ROUTES)
      throw new AwsError("RouteLimitExceeded", "The maximum number of routes has been reached.");
    change(table, context, (routes) => [...routes, { destination, target, origin: "CreateRoute" }]);
    return { Return: true };
  },
});

export const replaceRoute = operation("ReplaceRoute", {
  authorize: onTable("ReplaceRoute"),
  run(input, context) {
    const { LocalTarget: toLocal } = input;
    const table = requireRouteTable(context, input.RouteTableId ?? "");
    const destination = destinationIn(input, context);
    const known = table.routes.find((route) => route.destination === destination);
    const isLocal = localBlocks(context.state.table(vpcs).get(table.vpcId)).includes(destination);
    if (!known && !isLocal)
      throw invalidValue(`There is no route defined for '${destination}' in the route table. Use CreateRoute instead.`);
    refuseEndpointRoute(table, known);
    if (toLocal) {
      if (!isLocal) throw invalidValue(`The route identified by ${destination} is no local route.`);
      change(table, context, (routes) => routes.filter((route) => route.destination !== destination));
      return {};
    }
    const target = targetIn(input, table, isIpv6(destination), context);
    refuseInsideVpc(table, { destination, target }, context);
    const route: RouteRecord = { destination, target, origin: known?.origin ?? "CreateRouteTable" };
    change(table, context, (routes) =>
      known ? routes.map((other) => (other.destination === destination ? route : other)) : [...routes, route],
    );
    return {};
  },
});

export const deleteRoute = operation("DeleteRoute", {
  authorize: onTable("DeleteRoute"),
  run(input, context) {
    const table = requireRouteTable(context, input.RouteTableId ?? "");
    const destination = destinationIn(input, context);
    if (localBlocks(context.state.table(vpcs).get(table.vpcId)).includes(destination))
      throw invalidValue(`cannot remove local route ${destination} in route table ${table.id}`);
    const known = table.routes.find((route) => route.destination === destination);
    if (!known)
      throw new AwsError(
        "InvalidRoute.NotFound",
        `no route with ${destinationKind(destination)} ${destination} in route table ${table.id}`,
      );
    refuseEndpointRoute(table, known);
    change(table, context, (routes) => routes.filter((route) => route.destination !== destination));
    return {};
  },
});

/** How many routes these count as. */
function weightOf(routes: readonly Pick<RouteRecord, "destination">[], { state }: OperationContext): number {
  return routes.reduce((sum, { destination }) => sum + (state.table(prefixLists).get(destination)?.maxEntries ?? 1), 0);
}

/** The one destination that a request names, as it is stored. */
function destinationIn(input: DestinationInput, { state, account, region }: OperationContext): string {
  const given = [input.DestinationCidrBlock, input.DestinationIpv6CidrBlock, input.DestinationPrefixListId].filter(
    (one) => one !== undefined,
  );
  const names = "destinationCidrBlock, destinationIpv6CidrBlock, destinationPrefixListId";
  if (given.length === 0) throw new AwsError("MissingParameter", `The request must contain exactly one of ${names}`);
  if (given.length > 1) throw new AwsError("InvalidParameterCombination", `The request must contain exactly one of ${names}`);
  if (input.DestinationCidrBlock !== undefined)
    return canonicalBlock(input.DestinationCidrBlock) ?? refuseBlock("destinationCidrBlock", input.DestinationCidrBlock);
  if (input.DestinationIpv6CidrBlock !== undefined) return ipv6Destination(input.DestinationIpv6CidrBlock);
  const id = input.DestinationPrefixListId ?? "";
  const list = state.table(prefixLists).get(id);
  const isOwn = list?.account === account && list.region === region;
  if (!isOwn && !awsPrefixLists(region).some((one) => one.id === id)) throw prefixListNotFound(id);
  return id;
}

function refuseBlock(parameter: string, text: string): never {
  throw invalidValue(`Value (${text}) for parameter ${parameter} is invalid. This is not a valid CIDR block.`);
}

function ipv6Destination(text: string): string {
  const [address = "", length = "", ...more] = text.split("/");
  if (!isIPv6(address) || address.includes("%") || !/^\d{1,3}$/.test(length) || Number(length) > 128 || more.length > 0)
    refuseBlock("destinationIpv6CidrBlock", text);
  return text.toLowerCase();
}

function isIpv6(destination: string): boolean {
  return destination.includes(":");
}

function destinationKind(destination: string): string {
  if (destination.startsWith("pl-")) return "destination-prefix-list-id";
  return isIpv6(destination) ? "destination-ipv6-cidr-block" : "destination-cidr-block";
}

/**
 * What lies in the VPC's own blocks may be led only to an appliance, and then for a whole subnet at a time, or for a whole block of the VPC's.
 * Source: Amazon VPC User Guide, "Route tables": more specific routes than the local one.
 */
function refuseInsideVpc(
  table: RouteTableRecord,
  { destination, target }: { destination: string; target: RouteTarget },
  context: OperationContext,
): void {
  const { state } = context;
  const blocks = localBlocks(state.table(vpcs).get(table.vpcId));
  const wanted = parseCidr(destination);
  if (!wanted || !blocks.some((block) => encloses(parseCidr(block), wanted))) return;
  if (target.kind !== "nat-gateway" && target.kind !== "network-interface")
    throw invalidValue(
      `The destination CIDR block ${destination} is equal to or more specific than one of this VPC's CIDR blocks. This route can target only an interface or an instance.`,
    );
  const ofSubnets = state.table(subnets).by("vpc", table.vpcId);
  if (!blocks.includes(destination) && !ofSubnets.some(({ cidrBlock }) => cidrBlock === destination))
    throw invalidValue(
      `The destination CIDR block ${destination} is more specific than one of this VPC's CIDR blocks, and is not the whole block of a subnet.`,
    );
}

/** The route to a gateway endpoint comes and goes with the endpoint's association. */
function refuseEndpointRoute({ id }: RouteTableRecord, route: RouteRecord | undefined): void {
  if (route?.target.kind === "vpc-endpoint")
    throw invalidValue(`cannot remove VPC endpoint route ${route.destination} in route table ${id}`);
}

function change(
  { id }: RouteTableRecord,
  { state }: OperationContext,
  next: (routes: readonly RouteRecord[]) => readonly RouteRecord[],
): void {
  state.commit(() => state.table(routeTables).update(id, (now) => ({ ...now, routes: next(now.routes) })));
}
