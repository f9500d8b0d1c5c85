import type { Route, RouteTable } from "@aws-sdk/client-ec2";
import { scopeKey } from "../../domain/scope.ts";
import { vpcs } from "../../state/ec2.ts";
import { routesOf, routeTables, type RouteRecord, type RouteTableRecord, type RouteTargetKind } from "../../state/ec2-routing.ts";
import { routeState } from "../../state/route-state.ts";
import { AwsError } from "../aws-error.ts";
import type { OperationContext } from "../operation.ts";
import { defined } from "../../domain/defined.ts";
import { chosen, described, type FilterFields } from "./describe.ts";
import { onAny, operation } from "./ec2-operation.ts";

export function routeTableNotFound(id: string): AwsError {
  return new AwsError("InvalidRouteTableID.NotFound", `The routeTable ID '${id}' does not exist`);
}

export const describeRouteTables = operation("DescribeRouteTables", {
  authorize: onAny("DescribeRouteTables"),
  run(input, context) {
    const all = context.state.table(routeTables).by("scope", scopeKey(context));
    const wanted = chosen(all, input.RouteTableIds, ({ id }) => id, routeTableNotFound);
    const kind = { id: ({ id }: RouteTableRecord) => id, tags: ({ tags }: RouteTableRecord) => tags, fields: fieldsIn(context) };
    const { items, ...more } = described(wanted, input, kind, context);
    return { RouteTables: items.map((table) => shownTable(table, context)), ...more };
  },
});

function fieldsIn(context: OperationContext): FilterFields<RouteTableRecord> {
  const route = (pick: (route: Route) => string | undefined) => (table: RouteTableRecord) => shownRoutes(table, context).map(pick);
  return {
    "route-table-id": ({ id }) => id,
    "vpc-id": ({ vpcId }) => vpcId,
    "owner-id": ({ account }) => account,
    "association.main": ({ associations }) => associations.map(({ main }) => main),
    "association.route-table-id": ({ id, associations }) => associations.map(() => id),
    "association.route-table-association-id": ({ associations }) => associations.map(({ id }) => id),
    // Only explicit associations count here.
    "association.subnet-id": ({ associations }) => associations.map(({ subnetId }) => subnetId),
    "association.gateway-id": ({ associations }) => associations.map(({ gatewayId }) => gatewayId),
    "route.destination-cidr-block": route(({ DestinationCidrBlock }) => DestinationCidrBlock),
    "route.destination-ipv6-cidr-block": route(({ DestinationIpv6CidrBlock }) => DestinationIpv6CidrBlock),
    "route.destination-prefix-list-id": route(({ DestinationPrefixListId }) => DestinationPrefixListId),
    "route.egress-only-internet-gateway-id": route(({ EgressOnlyInternetGatewayId }) => EgressOnlyInternetGatewayId),
    "route.gateway-id": route(({ GatewayId }) => GatewayId),
    "route.instance-id": route(({ InstanceId }) => InstanceId),
    "route.nat-gateway-id": route(({ NatGatewayId }) => NatGatewayId),
    "route.transit-gateway-id": route(({ TransitGatewayId }) => TransitGatewayId),
    "route.vpc-peering-connection-id": route(({ VpcPeeringConnectionId }) => VpcPeeringConnectionId),
    "route.origin": route(({ Origin }) => Origin),
    "route.state": route(({ State }) => State),
  };
}

export function shownTable(table: RouteTableRecord, context: OperationContext): RouteTable {
  return {
    Associations: table.associations.map(({ id, main, subnetId, gatewayId }) => ({
      Main: main,
      RouteTableAssociationId: id,
      RouteTableId: table.id,
      ...defined({ SubnetId: subnetId, GatewayId: gatewayId }),
      AssociationState: { State: "associated" as const },
    })),
    PropagatingVgws: [],
    RouteTableId: table.id,
    Routes: shownRoutes(table, context),
    Tags: [...table.tags],
    VpcId: table.vpcId,
    OwnerId: table.account,
  };
}

function shownRoutes(table: RouteTableRecord, { state }: OperationContext): Route[] {
  return routesOf(table, state.table(vpcs).get(table.vpcId)).map((route) => ({
    ...destinationOf(route),
    [TARGET_MEMBER[route.target.kind]]: route.target.id,
    Origin: route.origin,
    State: routeState(state, table.vpcId, route.target),
  }));
}

function destinationOf({ destination }: RouteRecord): Route {
  if (destination.startsWith("pl-")) return { DestinationPrefixListId: destination };
  return destination.includes(":") ? { DestinationIpv6CidrBlock: destination } : { DestinationCidrBlock: destination };
}

/** By which member a route tells its target. An endpoint's is told as a gateway's. */
const TARGET_MEMBER = {
  local: "GatewayId",
  "internet-gateway": "GatewayId",
  "vpc-endpoint": "GatewayId",
  "egress-only-internet-gateway": "EgressOnlyInternetGatewayId",
  "nat-gateway": "NatGatewayId",
  "network-interface": "NetworkInterfaceId",
  "vpc-peering-connection": "VpcPeeringConnectionId",
} as const satisfies Record<RouteTargetKind, keyof Route>;
