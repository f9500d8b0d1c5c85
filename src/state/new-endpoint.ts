import type { Tag } from "@aws-sdk/client-ec2";
import { awsPrefixLists } from "../domain/aws-prefix-lists.ts";
import type { Ids } from "../ports/ids.ts";
import { vpcEndpoints, type VpcEndpointRecord } from "./ec2-endpoints.ts";
import { routeTables } from "./ec2-routing.ts";
import type { SubnetRecord, VpcRecord } from "./ec2.ts";
import { networkInterfaces } from "./network-interfaces.ts";
import { newInterface } from "./new-interface.ts";
import type { State } from "./state.ts";

/** What a new endpoint is to be. What is asked for has been looked at: the service is there, subnets, groups and tables are of the VPC. */
export interface NewEndpoint extends Pick<
  VpcEndpointRecord,
  | "type"
  | "serviceName"
  | "policy"
  | "privateDnsEnabled"
  | "groupIds"
  | "routeTableIds"
  | "state"
  | "clientToken"
  | "cameWithVpc"
  | "privateDnsOnlyForInboundResolverEndpoint"
> {
  readonly vpc: VpcRecord;
  readonly places: readonly EndpointPlace[];
  readonly tags: readonly Tag[];
  /** Milliseconds since the Unix epoch. */
  readonly now: number;
}

/** A subnet in which an interface endpoint has an interface; with the address that was asked for, where one was. */
export interface EndpointPlace {
  readonly subnet: SubnetRecord;
  readonly address?: string;
}

/**
 * Makes an endpoint: one of the interface type with an interface in each of its subnets, one of the gateway type with a route in each of its tables.
 * Joins the open commit.
 * @throws SubnetFullError
 */
export function putEndpoint(state: State, ids: Ids, { vpc, places, now, ...wanted }: NewEndpoint): VpcEndpointRecord {
  const { id, account, region } = { ...vpc, id: `vpce-${ids.hex(17)}` };
  const record = state.table(vpcEndpoints).insert({
    ...wanted,
    id,
    account,
    region,
    vpcId: vpc.id,
    subnetIds: places.map(({ subnet }) => subnet.id),
    networkInterfaceIds: places.map((place) => placeEndpoint(state, ids, id, place, now)),
    createdAt: now,
  });
  for (const tableId of record.routeTableIds) putEndpointRoute(state, record, tableId);
  return record;
}

/** Gives an endpoint an interface in one more subnet, and returns the interface's id. Joins the open commit. @throws SubnetFullError */
export function placeEndpoint(state: State, ids: Ids, endpointId: string, { subnet, address }: EndpointPlace, now: number): string {
  const description = `VPC Endpoint Interface ${endpointId}`;
  return newInterface(state, ids, { subnet, ...(address !== undefined && { address }), vpcEndpointId: endpointId, description, now }).id;
}

/** The way to the service's public addresses leads to a gateway endpoint in this table. Joins the open commit. */
export function putEndpointRoute(state: State, { id, region, serviceName }: VpcEndpointRecord, tableId: string): void {
  const destination = prefixListOf(region, serviceName);
  if (destination === undefined) return;
  state.table(routeTables).update(tableId, (table) => ({
    ...table,
    routes: [...table.routes, { destination, target: { kind: "vpc-endpoint", id }, origin: "CreateRoute" }],
  }));
}

/** Takes a gateway endpoint's route out of a table. Joins the open commit. */
export function removeEndpointRoute(state: State, endpointId: string, tableId: string): void {
  state
    .table(routeTables)
    .update(tableId, (table) => ({ ...table, routes: table.routes.filter(({ target }) => target.id !== endpointId) }));
}

/** The list of AWS's own that a gateway endpoint's routes name: `pl-63a5400a`. */
export function prefixListOf(region: string, serviceName: string): string | undefined {
  return awsPrefixLists(region).find(({ name }) => name === serviceName)?.id;
}

/** Begins an endpoint's end: a gateway endpoint is gone, one of the interface type goes when this host has let go of its addresses. Joins the open commit. */
export function releaseEndpoint(state: State, endpoint: VpcEndpointRecord): void {
  if (endpoint.type === "Gateway") removeEndpoint(state, endpoint);
  else state.table(vpcEndpoints).put({ ...endpoint, state: "deleting", privateDnsEnabled: false });
}

/**
 * What a default VPC came with goes where somebody's own endpoint takes its place, as on AWS nothing would be in that one's way: the service's own names, or the
 * route in a table. Joins the open commit, before the other one takes its place.
 */
export function defaultGivesWay(
  state: State,
  taker: Pick<VpcEndpointRecord, "vpcId" | "serviceName" | "type" | "privateDnsEnabled" | "routeTableIds">,
): void {
  const takes = ({ cameWithVpc, type, routeTableIds }: VpcEndpointRecord): boolean =>
    cameWithVpc === true &&
    type === taker.type &&
    (taker.privateDnsEnabled || routeTableIds.some((id) => taker.routeTableIds.includes(id)));
  const table = state.table(vpcEndpoints);
  for (const one of table.by("service", `${taker.vpcId}/${taker.serviceName}`)) if (takes(one)) releaseEndpoint(state, one);
}

/** Takes an endpoint away, with its interfaces and routes. Joins the open commit. */
export function removeEndpoint(state: State, { id, routeTableIds }: VpcEndpointRecord): void {
  for (const tableId of routeTableIds) removeEndpointRoute(state, id, tableId);
  for (const own of state.table(networkInterfaces).by("vpcEndpoint", id)) state.table(networkInterfaces).delete(own.id);
  state.table(vpcEndpoints).delete(id);
}
