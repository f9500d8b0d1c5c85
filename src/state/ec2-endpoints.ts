import type { Tag } from "@aws-sdk/client-ec2";
import { endpointService } from "../domain/endpoint-services.ts";
import { dnsSuffixOf } from "../domain/partition.ts";
import { scopeKey } from "../domain/scope.ts";
import { defineTable, ofAccount } from "./table.ts";

/** A way from a VPC to a service of AWS without the internet. Its interfaces are those that `networkInterfaces` files under it. */
export interface VpcEndpointRecord {
  /** `vpce-…`. */
  readonly id: string;
  readonly account: string;
  readonly region: string;
  readonly vpcId: string;
  readonly type: "Interface" | "Gateway";
  /** `com.amazonaws.us-east-1.ecr.api`. */
  readonly serviceName: string;
  /** The JSON text as it was given; where absent everything may be done through the endpoint. */
  readonly policy?: string;
  /** Whether the service's own names lead to the endpoint in the VPC. Never of gateway endpoints. */
  readonly privateDnsEnabled: boolean;
  /** Where its interfaces are, at most one of each zone; empty for gateway endpoints. */
  readonly subnetIds: readonly string[];
  /** The groups of its interfaces; empty for gateway endpoints. */
  readonly groupIds: readonly string[];
  readonly networkInterfaceIds: readonly string[];
  /** The tables in which a gateway endpoint has its route. */
  readonly routeTableIds: readonly string[];
  /** `pending` until this host answers at its addresses; `deleting` until it does not any more. */
  readonly state: "pending" | "available" | "deleting";
  readonly privateDnsOnlyForInboundResolverEndpoint?: boolean;
  readonly clientToken?: string;
  /** It came with the default VPC, and gives way to one that somebody makes. */
  readonly cameWithVpc?: true;
  readonly tags: readonly Tag[];
  /** Milliseconds since the Unix epoch. */
  readonly createdAt: number;
}

export const vpcEndpoints = defineTable<VpcEndpointRecord>()("ec2.vpc-endpoints", ({ id }) => id, ofAccount, {
  scope: scopeKey,
  vpc: ({ vpcId }) => vpcId,
  subnet: ({ subnetIds }) => subnetIds,
  group: ({ groupIds }) => groupIds,
  routeTable: ({ routeTableIds }) => routeTableIds,
  /** `<vpc>/<service name>`. */
  service: ({ vpcId, serviceName }) => `${vpcId}/${serviceName}`,
});

/**
 * The names that an interface endpoint has for itself, whatever its private DNS: one for all of it, then one for each zone.
 * `vpce-0abc…-1a2b3c4d.logs.us-east-1.vpce.amazonaws.com`, `vpce-0abc…-1a2b3c4d-us-east-1a.logs.us-east-1.vpce.amazonaws.com`.
 */
export function endpointNames({ id, region, serviceName }: VpcEndpointRecord, zones: readonly string[]): readonly string[] {
  const host = endpointService(region, serviceName)?.host;
  // The label after the id is drawn on AWS; here it follows from the id.
  const label = `${id}-${id.slice(-8)}`;
  return host === undefined
    ? []
    : [label, ...zones.map((zone) => `${label}-${zone}`)].map((first) => `${first}.${host}.vpce.${dnsSuffixOf(region)}`);
}
