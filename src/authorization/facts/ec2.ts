import type { Tag } from "@aws-sdk/client-ec2";
import { arn } from "../../domain/arn.ts";
import { keyInScope, type Scope, scopeKey } from "../../domain/scope.ts";
import { dhcpOptions } from "../../state/ec2-dhcp-options.ts";
import { vpcPeerings } from "../../state/ec2-peering.ts";
import { prefixLists } from "../../state/ec2-prefix-lists.ts";
import { subnetReservations } from "../../state/ec2-subnet-reservations.ts";
import { securityGroups, subnets, vpcs } from "../../state/ec2.ts";
import { egressOnlyInternetGateways, elasticAddresses, internetGateways, natGateways } from "../../state/ec2-gateways.ts";
import { flowLogs } from "../../state/ec2-flow-logs.ts";
import { insightsAnalyses, insightsPaths } from "../../state/ec2-network-insights.ts";
import { vpcEndpoints } from "../../state/ec2-endpoints.ts";
import { networkAcls } from "../../state/ec2-network-acls.ts";
import { routeTables } from "../../state/ec2-routing.ts";
import { networkInterfaces } from "../../state/network-interfaces.ts";
import type { WholeState } from "../../state/state.ts";
import type { TableDefinition } from "../../state/table.ts";
import { tagFacts, type FactsOf, type ResourceFacts } from "./resource-facts.ts";

/** Source: Service Authorization Reference, "Actions, resources, and condition keys for Amazon EC2". */
export const ec2Facts: FactsOf = (state, { account, region, resource }) => {
  const [kind = "", id = ""] = resource.split("/");
  const found = Object.hasOwn(KINDS, kind) ? KINDS[kind]?.(state, id, { account, region }) : undefined;
  // Ids are unique among accounts, but an ARN tells whose it is.
  return found?.owner.account === account && found.owner.region === region ? found.facts : undefined;
};

interface Found {
  readonly owner: Scope;
  readonly facts: ResourceFacts;
}

type Kind = (state: WholeState, id: string, scope: Scope) => Found | undefined;
type Context = NonNullable<ResourceFacts["context"]>;

/** A kind of resource that has a table of its own, with the condition keys that it has beside its tags. */
function kept<R extends Scope & { readonly tags?: readonly Tag[] }, I extends string>(
  table: TableDefinition<R, I>,
  contextOf: (record: R) => Context = () => ({}),
): Kind {
  return (state, id) => {
    const record = state.table(table).get(id);
    return record && { owner: record, facts: { tags: tagFacts(record.tags ?? []), context: contextOf(record) } };
  };
}

const KINDS: Readonly<Record<string, Kind>> = {
  vpc: kept(vpcs, (vpc) => ({ "ec2:VpcID": vpc.id, ...inVpc({ ...vpc, vpcId: vpc.id }) })),
  subnet: kept(subnets, (subnet) => ({
    "ec2:SubnetID": subnet.id,
    "ec2:AvailabilityZone": subnet.availabilityZone,
    ...inVpc(subnet),
  })),
  "security-group": kept(securityGroups, (group) => ({ "ec2:SecurityGroupID": group.id, ...inVpc(group) })),
  "security-group-rule": (state, id, scope) => {
    const group = state
      .table(securityGroups)
      .by("scope", scopeKey(scope))
      .find(({ rules }) => rules.some((rule) => rule.id === id));
    const rule = group?.rules.find((candidate) => candidate.id === id);
    return group && rule && { owner: group, facts: { tags: tagFacts(rule.tags) } };
  },
  "route-table": kept(routeTables, (table) => ({ "ec2:RouteTableID": table.id, ...inVpc(table) })),
  "internet-gateway": kept(internetGateways, ({ id }) => ({ "ec2:InternetGatewayID": id })),
  "egress-only-internet-gateway": kept(egressOnlyInternetGateways),
  natgateway: kept(natGateways),
  "elastic-ip": kept(elasticAddresses, ({ allocationId, publicIp }) => ({
    "ec2:AllocationId": allocationId,
    "ec2:PublicIpAddress": publicIp,
    "ec2:Domain": "vpc",
  })),
  "dhcp-options": kept(dhcpOptions, ({ id }) => ({ "ec2:DhcpOptionsID": id })),
  "prefix-list": kept(prefixLists),
  "network-interface": kept(networkInterfaces, (own) => ({
    "ec2:NetworkInterfaceID": own.id,
    "ec2:Subnet": arn("ec2", { account: own.account, region: own.region }, `subnet/${own.subnetId}`),
    "ec2:AvailabilityZone": own.availabilityZone,
    ...inVpc(own),
  })),
  "vpc-endpoint": kept(vpcEndpoints, ({ serviceName }) => ({
    "ec2:VpceServiceName": serviceName,
    "ec2:VpceServiceOwner": "amazon",
  })),
  "subnet-cidr-reservation": kept(subnetReservations),
  "vpc-peering-connection": (state, id, scope) => {
    const side = state.table(vpcPeerings).get(keyInScope(scope, id));
    if (!side) return undefined;
    const { requester, accepter } = side;
    const context = {
      "ec2:VpcPeeringConnectionID": id,
      "ec2:RequesterVpc": inVpc(requester)["ec2:Vpc"],
      "ec2:AccepterVpc": inVpc(accepter)["ec2:Vpc"],
    };
    return { owner: side, facts: { tags: tagFacts(side.tags), context } };
  },
  "vpc-flow-log": kept(flowLogs),
  "network-insights-path": kept(insightsPaths),
  "network-insights-analysis": kept(insightsAnalyses),
  "network-acl": kept(networkAcls, (acl) => ({ "ec2:NetworkAclID": acl.id, ...inVpc(acl) })),
};

function inVpc({ account, region, vpcId }: Scope & { readonly vpcId: string }): Context {
  return { "ec2:Vpc": arn("ec2", { account, region }, `vpc/${vpcId}`) };
}
