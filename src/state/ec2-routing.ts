import type { Tag } from "@aws-sdk/client-ec2";
import { keyInScope, scopeKey } from "../domain/scope.ts";
import { vpcBlocks, type SubnetRecord, type VpcRecord } from "./ec2.ts";
import type { State } from "./state.ts";
import { defineTable, ofAccount } from "./table.ts";

/** What traffic is handed to. The kinds that only AWS has (instances, transit gateways, virtual private gateways, …) are refused by their names. */
export type RouteTargetKind =
  | "local"
  | "internet-gateway"
  | "egress-only-internet-gateway"
  | "nat-gateway"
  | "network-interface"
  | "vpc-endpoint"
  | "vpc-peering-connection";

export interface RouteTarget {
  readonly kind: RouteTargetKind;
  /** `igw-…`, `nat-…`, `eni-…`, `vpce-…`, `pcx-…`; `local` for what stays in the VPC. */
  readonly id: string;
}

export interface RouteRecord {
  /**
   * An IPv4 block with its host bits cleared, the id of a prefix list (`pl-…`), which stands for the blocks in it, or an IPv6 block: that one is kept and told, and decides about
   * nothing, since nobody here has an IPv6 address.
   */
  readonly destination: string;
  readonly target: RouteTarget;
  /** Of which operation it is. */
  readonly origin: "CreateRouteTable" | "CreateRoute";
}

export interface RouteTableAssociation {
  /** `rtbassoc-…`. */
  readonly id: string;
  /** Whether it makes the table that of all subnets which have none of their own. */
  readonly main: boolean;
  readonly subnetId?: string;
  readonly gatewayId?: string;
}

export interface RouteTableRecord {
  /** `rtb-…`. */
  readonly id: string;
  readonly account: string;
  readonly region: string;
  readonly vpcId: string;
  /**
   * Those that somebody made. The local routes are not among them, unless they were given another target: they follow from the VPC's blocks, so that they are what
   * the VPC is at every time. `routesOf` gives all.
   */
  readonly routes: readonly RouteRecord[];
  readonly associations: readonly RouteTableAssociation[];
  readonly clientToken?: string;
  readonly tags: readonly Tag[];
}

export const routeTables = defineTable<RouteTableRecord>()("ec2.route-tables", ({ id }) => id, ofAccount, {
  scope: scopeKey,
  vpc: ({ vpcId }) => vpcId,
  /** The VPC whose main table it is. */
  main: ({ vpcId, associations }) => (associations.some(({ main }) => main) ? vpcId : undefined),
  subnet: ({ associations }) => associations.flatMap(({ subnetId }) => subnetId ?? []),
  association: ({ associations }) => associations.map(({ id }) => id),
  /** `igw-…`, `nat-…`: the tables in which something is a target. */
  target: ({ routes }) => routes.map(({ target }) => target.id),
  token: (record) => record.clientToken && keyInScope(record, record.clientToken),
});

/** The table by which a subnet's traffic goes: its own, or the VPC's main one. `undefined` only where the VPC is gone. */
export function routeTableOf(state: State, subnet: Pick<SubnetRecord, "id" | "vpcId">): RouteTableRecord | undefined {
  const tables = state.table(routeTables);
  return tables.by("subnet", subnet.id)[0] ?? tables.by("main", subnet.vpcId)[0];
}

/** All routes of a table: a local one for each block of its VPC that was not given another target, and those that were made. */
export function routesOf({ routes }: Pick<RouteTableRecord, "routes">, vpc: VpcRecord | undefined): readonly RouteRecord[] {
  const given = new Set(routes.map(({ destination }) => destination));
  return [
    ...localBlocks(vpc)
      .filter((block) => !given.has(block))
      .map(localRoute),
    ...routes,
  ];
}

/** The blocks that a VPC's tables have local routes for. */
export function localBlocks(vpc: VpcRecord | undefined): readonly string[] {
  return vpc ? vpcBlocks(vpc) : [];
}

function localRoute(destination: string): RouteRecord {
  return { destination, target: { kind: "local", id: "local" }, origin: "CreateRouteTable" };
}
