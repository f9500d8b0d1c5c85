import { awsPrefixLists } from "../domain/aws-prefix-lists.ts";
import type {
  NetworkWorld,
  WorldAcl,
  WorldGroup,
  WorldInterface,
  WorldPeer,
  WorldPrefixList,
  WorldRouteTable,
  WorldRule,
  WorldSubnet,
  WorldVpc,
} from "../domain/network-world.ts";
import { ICMP, TCP, UDP } from "../domain/network-world.ts";
import { elasticAddresses, internetGateways, natGateways } from "./ec2-gateways.ts";
import { networkAclOf, type NetworkAclEntry, type NetworkAclRecord } from "./ec2-network-acls.ts";
import { vpcPeerings } from "./ec2-peering.ts";
import { prefixLists } from "./ec2-prefix-lists.ts";
import { routeTableOf, type RouteTableRecord } from "./ec2-routing.ts";
import {
  securityGroups,
  subnets,
  vpcBlocks,
  vpcs,
  type SecurityGroupRecord,
  type SecurityGroupRuleRecord,
  type SubnetRecord,
} from "./ec2.ts";
import type { TaskRecord } from "./ecs.ts";
import { loadBalancers } from "./elb.ts";
import { groupsOfInterface } from "./interface-groups.ts";
import type { NetworkInterfaceRecord } from "./network-interfaces.ts";
import { publicAddressOf } from "./public-addresses.ts";
import type { State } from "./state.ts";

/** A task's interface as the rules see it; `undefined` where it has none of its own. */
export function taskInWorld(state: State, task: TaskRecord): WorldInterface | undefined {
  const own = task.networkInterface;
  if (!own) return undefined;
  const publicAddress = elasticAddressOf(state, own.networkInterfaceId) ?? publicAddressOf(task);
  return {
    id: own.networkInterfaceId,
    vpcId: own.vpcId,
    subnetId: own.subnetId,
    address: own.privateIpv4Address,
    groups: own.securityGroups,
    ...(publicAddress !== undefined && { publicAddress }),
    kind: "task",
  };
}

/** An interface that is no task's. */
export function interfaceInWorld(state: State, record: NetworkInterfaceRecord): WorldInterface {
  const balancer = record.loadBalancerArn === undefined ? undefined : state.table(loadBalancers).get(record.loadBalancerArn);
  const groups = groupsOfInterface(state, record);
  const kind = kindOf(record, balancer?.type === "network");
  const isBare = kind === "nat-gateway" || (kind === "network-load-balancer" && groups.length === 0);
  const facing = balancer?.scheme === "internet-facing" ? record.privateIpv4Address : undefined;
  const publicAddress = elasticAddressOf(state, record.id) ?? facing;
  return {
    id: record.id,
    vpcId: record.vpcId,
    subnetId: record.subnetId,
    address: record.privateIpv4Address,
    ...(!isBare && { groups }),
    ...(publicAddress !== undefined && { publicAddress }),
    kind,
  };
}

function kindOf(record: NetworkInterfaceRecord, isNetwork: boolean): WorldInterface["kind"] {
  if (record.loadBalancerArn !== undefined) return isNetwork ? "network-load-balancer" : "load-balancer";
  if (record.vpcEndpointId !== undefined) return "vpc-endpoint";
  return record.natGatewayId === undefined ? "other" : "nat-gateway";
}

function elasticAddressOf(state: State, interfaceId: string): string | undefined {
  return state.table(elasticAddresses).by("interface", interfaceId)[0]?.publicIp;
}

/**
 * What decides about traffic among some interfaces, and between them and what is outside: their VPCs and those that these are peered with, their subnets with what these have, and
 * their groups. Costs what those are, however much else there is.
 */
export function worldAround(state: State, ends: readonly WorldInterface[]): NetworkWorld {
  const vpcIds = distinct(ends.map(({ vpcId }) => vpcId));
  const nats = vpcIds.flatMap((id) => state.table(natGateways).by("vpc", id));
  const subnetIds = distinct([...ends.map(({ subnetId }) => subnetId), ...nats.map(({ subnetId }) => subnetId)]);
  const around = subnetIds.flatMap((id) => state.table(subnets).get(id) ?? []);
  const groups = distinct(ends.flatMap((end) => end.groups ?? [])).flatMap((id) => state.table(securityGroups).get(id) ?? []);
  const tables = distinctBy(around.flatMap((subnet) => routeTableOf(state, subnet) ?? []));
  const acls = distinctBy(around.flatMap((subnet) => networkAclOf(state, subnet) ?? []));
  const peerings = peeringsOf(state, vpcIds);
  const region = around[0]?.region;
  return {
    vpcs: distinct([...vpcIds, ...peerings.flatMap((peering) => peering.vpcIds)]).flatMap((id) => vpcInWorld(state, id) ?? []),
    subnets: around.map((subnet) => subnetInWorld(state, subnet)),
    interfaces: ends,
    groups: groups.map(groupInWorld),
    acls: acls.map(aclInWorld),
    routeTables: tables.map(tableInWorld),
    internetGateways: vpcIds
      .flatMap((id) => state.table(internetGateways).by("vpc", id))
      .map(({ id, vpcId }) => ({ id, ...(vpcId !== undefined && { vpcId }) })),
    natGateways: nats.map(({ id, subnetId, connectivityType, state: is }) => ({
      ...{ id, subnetId },
      isPublic: connectivityType === "public",
      isAvailable: is === "available",
    })),
    peerings,
    prefixLists: [...(region === undefined ? [] : awsPrefixLists(region)), ...ownPrefixLists(state, groups, tables)],
  };
}

export function vpcInWorld(state: State, id: string): WorldVpc | undefined {
  const vpc = state.table(vpcs).get(id);
  return vpc && { id, blocks: vpcBlocks(vpc) };
}

export function subnetInWorld(state: State, subnet: SubnetRecord): WorldSubnet {
  return {
    id: subnet.id,
    vpcId: subnet.vpcId,
    block: subnet.cidrBlock,
    aclId: networkAclOf(state, subnet)?.id ?? "",
    routeTableId: routeTableOf(state, subnet)?.id ?? "",
  };
}

export function groupInWorld({ id, vpcId, rules }: SecurityGroupRecord): WorldGroup {
  const side = (egress: boolean): readonly WorldRule[] => rules.filter(({ isEgress }) => isEgress === egress).flatMap(ruleInWorld);
  return { id, vpcId, ingress: side(false), egress: side(true) };
}

/** The most that a type or a code of ICMP is. */
const MOST_OF_ICMP = 255;

/**
 * None where the rule is about IPv6, as ICMPv6 always is, or about a type of ICMP that no packet has: records of earlier versions may say so, and the kernel takes no such thing, nor
 * then anybody else's rules in the same transaction.
 */
function ruleInWorld(rule: SecurityGroupRuleRecord): readonly WorldRule[] {
  const peer = peerInWorld(rule);
  if (!peer || rule.ipProtocol === "icmpv6") return [];
  const protocol = protocolNumber(rule.ipProtocol);
  const { fromPort, toPort } = rule;
  if (protocol === ICMP && Math.max(fromPort, toPort) > MOST_OF_ICMP) return [];
  if ((protocol === TCP || protocol === UDP) && fromPort >= 0)
    return [{ id: rule.id, peer, protocol, ports: { from: fromPort, to: toPort } }];
  if (protocol === ICMP && fromPort >= 0)
    return [{ id: rule.id, peer, protocol, icmp: { type: fromPort, code: toPort < 0 ? "all" : toPort } }];
  return [{ id: rule.id, peer, protocol }];
}

function peerInWorld({ cidrIpv4, referencedGroupId, prefixListId }: SecurityGroupRuleRecord): WorldPeer | undefined {
  if (cidrIpv4 !== undefined) return { kind: "cidr", block: cidrIpv4 };
  if (referencedGroupId !== undefined) return { kind: "group", groupId: referencedGroupId };
  return prefixListId === undefined ? undefined : { kind: "prefix-list", prefixListId };
}

const PROTOCOLS: Readonly<Record<string, number>> = { icmp: ICMP, tcp: TCP, udp: UDP };

function protocolNumber(text: string): number | "all" {
  return text === "-1" ? "all" : (PROTOCOLS[text] ?? Number(text));
}

export function aclInWorld({ id, entries }: NetworkAclRecord): WorldAcl {
  const side = (egress: boolean) =>
    entries
      .filter((entry) => entry.egress === egress && !entry.cidr.includes(":"))
      .map((entry) => ({ number: entry.number, allows: entry.action === "allow", block: entry.cidr, ...trafficOf(entry) }));
  return { id, ingress: side(false), egress: side(true) };
}

function trafficOf({ protocol, ports, icmp }: NetworkAclEntry) {
  return {
    protocol: protocolNumber(protocol),
    ...(ports && { ports }),
    ...(icmp && icmp.type >= 0 && { icmp: { type: icmp.type, code: icmp.code < 0 ? ("all" as const) : icmp.code } }),
  };
}

export function tableInWorld({ id, vpcId, routes }: RouteTableRecord): WorldRouteTable {
  return { id, vpcId, routes: routes.map(({ destination, target }) => ({ destination, target })) };
}

function peeringsOf(state: State, vpcIds: readonly string[]): NetworkWorld["peerings"] {
  const active = vpcIds.flatMap((id) => state.table(vpcPeerings).by("vpc", id)).filter(({ status }) => status === "active");
  // There is a copy for each side.
  return distinctBy(active).map(({ id, requester, accepter }) => ({ id, vpcIds: [requester.vpcId, accepter.vpcId] }));
}

function ownPrefixLists(
  state: State,
  groups: readonly SecurityGroupRecord[],
  tables: readonly RouteTableRecord[],
): readonly WorldPrefixList[] {
  const named = [
    ...groups.flatMap(({ rules }) => rules.flatMap(({ prefixListId }) => prefixListId ?? [])),
    ...tables.flatMap(({ routes }) => routes.map(({ destination }) => destination)),
  ];
  return distinct(named).flatMap((id) => {
    const list = state.table(prefixLists).get(id);
    return list ? [{ id, blocks: list.entries.map(({ cidr }) => cidr) }] : [];
  });
}

function distinct(all: readonly string[]): readonly string[] {
  return [...new Set(all)];
}

function distinctBy<R extends { readonly id: string }>(all: readonly R[]): readonly R[] {
  return [...new Map(all.map((one) => [one.id, one])).values()];
}
