import type { Tag } from "@aws-sdk/client-ec2";
import type { Ids } from "../ports/ids.ts";
import { routeTables } from "./ec2-routing.ts";
import { securityGroups, subnets, type VpcRecord } from "./ec2.ts";
import { freeAddresses } from "./network-interfaces.ts";
import { putEndpoint } from "./new-endpoint.ts";
import type { State } from "./state.ts";
import { defineTable, ofAccount } from "./table.ts";

/** What a default VPC has endpoints for from its beginning on. */
const INTERFACES = ["ecr.api", "ecr.dkr", "logs", "secretsmanager", "ssm", "kms", "sts", "ecs"];
const GATEWAYS = ["s3"];

/**
 * The endpoints that a default VPC comes with here, and not on AWS: so a task there without a public address pulls its image, as people's first commands have it. Interface endpoints
 * have one interface each, in the first subnet that has room, and a group that lets the VPC in on 443. Whoever deletes them, or makes others in their place, has what AWS has. Source: decision 52.
 * Needs an open commit.
 * @param now milliseconds since the Unix epoch
 */
export function putDefaultEndpoints(state: State, ids: Ids, vpc: VpcRecord, now: number): void {
  const subnet = state
    .table(subnets)
    .by("vpc", vpc.id)
    .toSorted((a, b) => (a.availabilityZone < b.availabilityZone ? -1 : 1))
    .find((one) => freeAddresses(state, one) >= INTERFACES.length);
  if (!subnet) return;
  const [main] = state.table(routeTables).by("main", vpc.id);
  const group = putGroup(state, ids, vpc);
  const common = { vpc, state: "available" as const, now, cameWithVpc: true as const };
  const named = (service: string) => ({ serviceName: `com.amazonaws.${vpc.region}.${service}`, tags: nameTag(`default ${service}`) });
  for (const service of INTERFACES)
    putEndpoint(state, ids, {
      ...common,
      ...named(service),
      type: "Interface",
      privateDnsEnabled: true,
      places: [{ subnet }],
      groupIds: [group],
      routeTableIds: [],
    });
  for (const service of GATEWAYS)
    putEndpoint(state, ids, {
      ...common,
      ...named(service),
      type: "Gateway",
      privateDnsEnabled: false,
      places: [],
      groupIds: [],
      routeTableIds: main ? [main.id] : [],
    });
}

function putGroup(state: State, ids: Ids, { id: vpcId, account, region, cidrBlock }: VpcRecord): string {
  const rule = (): { readonly id: string; readonly tags: readonly Tag[] } => ({ id: `sgr-${ids.hex(17)}`, tags: [] });
  const id = `sg-${ids.hex(17)}`;
  state.table(securityGroups).put({
    id,
    name: "default-vpc-endpoints",
    description: "the endpoints that the default VPC comes with",
    account,
    region,
    vpcId,
    rules: [
      { ...rule(), isEgress: false, ipProtocol: "tcp", fromPort: 443, toPort: 443, cidrIpv4: cidrBlock },
      { ...rule(), isEgress: true, ipProtocol: "-1", fromPort: -1, toPort: -1, cidrIpv4: "0.0.0.0/0" },
    ],
    tags: [],
  });
  return id;
}

const nameTag = (Value: string): readonly Tag[] => [{ Key: "Name", Value }];

/** A default VPC of an earlier version, which is to get its endpoints at the next start. Written by a migration, which has neither ids nor the time. */
interface EndpointsDueRecord {
  readonly vpcId: string;
  readonly account: string;
}

export const defaultEndpointsDue = defineTable<EndpointsDueRecord>()("ec2.default-endpoints-due", ({ vpcId }) => vpcId, ofAccount);
