import type { ResourceType, Tag } from "@aws-sdk/client-ec2";
import { scopeKey, type Scope } from "../../domain/scope.ts";
import { subnetReservations } from "../../state/ec2-subnet-reservations.ts";
import { securityGroups, subnets, vpcs } from "../../state/ec2.ts";
import { dhcpOptions } from "../../state/ec2-dhcp-options.ts";
import { egressOnlyInternetGateways, elasticAddresses, internetGateways, natGateways } from "../../state/ec2-gateways.ts";
import { flowLogs } from "../../state/ec2-flow-logs.ts";
import { insightsAnalyses, insightsPaths } from "../../state/ec2-network-insights.ts";
import { vpcEndpoints } from "../../state/ec2-endpoints.ts";
import { networkAcls } from "../../state/ec2-network-acls.ts";
import { vpcPeerings } from "../../state/ec2-peering.ts";
import { prefixLists } from "../../state/ec2-prefix-lists.ts";
import { routeTables } from "../../state/ec2-routing.ts";
import { networkInterfaces } from "../../state/network-interfaces.ts";
import type { TableDefinition } from "../../state/table.ts";
import { AwsError } from "../aws-error.ts";
import type { OperationContext } from "../operation.ts";
import { allocationNotFound } from "./addresses.ts";
import { dhcpOptionsNotFound } from "./dhcp-options.ts";
import { egressOnlyGatewayNotFound } from "./egress-only-gateways.ts";
import { flowLogsNotFound } from "./flow-logs/describe-flow-logs.ts";
import { internetGatewayNotFound } from "./internet-gateways.ts";
import { analysisNotFound } from "./insights/analyses.ts";
import { pathNotFound } from "./insights/paths.ts";
import { endpointNotFound } from "./endpoints/describe-vpc-endpoints.ts";
import { interfaceNotFound } from "./interfaces/describe-network-interfaces.ts";
import { natGatewayNotFound } from "./nat-gateways.ts";
import { networkAclNotFound } from "./network-acls.ts";
import { peeringNotFound } from "./peerings.ts";
import { prefixListNotFound } from "./prefix-lists.ts";
import { routeTableNotFound } from "./route-tables.ts";
import { groupNotFound } from "./security-groups.ts";
import { reservationNotFound } from "./subnet-reservations.ts";
import { subnetNotFound } from "./subnets.ts";
import { vpcNotFound } from "./vpcs.ts";

/** A record that has tags: its kind as EC2 names it, and how to write it with others. Writing needs an open commit. */
export interface Taggable {
  readonly id: string;
  readonly kind: ResourceType;
  readonly tags: readonly Tag[];
  put(tags: readonly Tag[]): void;
}

/** A kind of resource that tags are put on, read and taken away by its id. */
interface TaggedKind {
  /** What its ids begin with, without the hyphen. */
  readonly prefix: string;
  /** As in `TagSpecifications`, and in ARNs. */
  readonly kind: ResourceType;
  find(id: string, context: OperationContext): Taggable | undefined;
  all(context: OperationContext): readonly Taggable[];
  missing(id: string): AwsError;
}

type Tagged = Scope & { readonly tags?: readonly Tag[] };

/** A kind that has a table of its own. */
function kept<R extends Tagged, I extends string>(
  prefix: string,
  kind: ResourceType,
  table: TableDefinition<R, I | "scope">,
  missing: (id: string) => AwsError,
): TaggedKind {
  const shown = (record: R, { state }: OperationContext): Taggable => {
    const id = table.key(record);
    return {
      id,
      kind,
      tags: record.tags ?? [],
      // Read again when it is written: others may have been tagged in the same request.
      put: (tags) => void state.table(table).update(id, (now) => ({ ...now, tags })),
    };
  };
  return {
    prefix,
    kind,
    missing,
    find(id, context) {
      const found = context.state.table(table).get(id);
      return found && scopeKey(found) === scopeKey(context) ? shown(found, context) : undefined;
    },
    all: (context) =>
      context.state
        .table(table)
        .by("scope", scopeKey(context))
        .map((record) => shown(record, context)),
  };
}

/** Rules are in the record of their group. */
const rules: TaggedKind = {
  prefix: "sgr",
  kind: "security-group-rule",
  missing: (id) => new AwsError("InvalidSecurityGroupRuleId.NotFound", `The security group rule ID '${id}' does not exist`),
  find: (wanted, context) => rules.all(context).find(({ id }) => id === wanted),
  all(context) {
    const groups = context.state.table(securityGroups);
    return groups.by("scope", scopeKey(context)).flatMap((group) =>
      group.rules.map(({ id, tags }) => ({
        id,
        kind: rules.kind,
        tags,
        put: (changed: readonly Tag[]): void =>
          void groups.update(group.id, (now) => ({
            ...now,
            rules: now.rules.map((rule) => (rule.id === id ? { ...rule, tags: changed } : rule)),
          })),
      })),
    );
  },
};

/** Each side of a peering connection has a copy with tags of its own. */
const peerings: TaggedKind = {
  prefix: "pcx",
  kind: "vpc-peering-connection",
  missing: peeringNotFound,
  find: (wanted, context) => peerings.all(context).find(({ id }) => id === wanted),
  all: ({ state, account, region }) =>
    state
      .table(vpcPeerings)
      .by("scope", scopeKey({ account, region }))
      .map((side) => ({
        id: side.id,
        kind: peerings.kind,
        tags: side.tags,
        put: (tags) => void state.table(vpcPeerings).update(vpcPeerings.key(side), (now) => ({ ...now, tags })),
      })),
};

const TAGGED: readonly TaggedKind[] = [
  kept("vpc", "vpc", vpcs, vpcNotFound),
  kept("subnet", "subnet", subnets, subnetNotFound),
  kept("sg", "security-group", securityGroups, groupNotFound),
  rules,
  kept("rtb", "route-table", routeTables, routeTableNotFound),
  kept("igw", "internet-gateway", internetGateways, internetGatewayNotFound),
  kept("eigw", "egress-only-internet-gateway", egressOnlyInternetGateways, egressOnlyGatewayNotFound),
  kept("nat", "natgateway", natGateways, natGatewayNotFound),
  kept("eipalloc", "elastic-ip", elasticAddresses, allocationNotFound),
  kept("eni", "network-interface", networkInterfaces, interfaceNotFound),
  kept("vpce", "vpc-endpoint", vpcEndpoints, endpointNotFound),
  kept("acl", "network-acl", networkAcls, networkAclNotFound),
  kept("dopt", "dhcp-options", dhcpOptions, dhcpOptionsNotFound),
  kept("pl", "prefix-list", prefixLists, prefixListNotFound),
  kept("scr", "subnet-cidr-reservation" as ResourceType, subnetReservations, reservationNotFound),
  peerings,
  kept("fl", "vpc-flow-log", flowLogs, flowLogsNotFound),
  kept("nip", "network-insights-path", insightsPaths, pathNotFound),
  kept("nia", "network-insights-analysis", insightsAnalyses, analysisNotFound),
];

const BY_PREFIX = new Map(TAGGED.map((one) => [one.prefix, one]));

/** The kind that an id is of; `undefined` for one that is not here. */
export function kindOfId(id: string): TaggedKind | undefined {
  return BY_PREFIX.get(id.slice(0, Math.max(id.indexOf("-"), 0)));
}

/** All that have tags in the caller's account and region. */
export function allTaggables(context: OperationContext): readonly Taggable[] {
  return TAGGED.flatMap((one) => one.all(context));
}
