import type {
  AnalysisAclRule,
  AnalysisComponent,
  AnalysisRouteTableRoute,
  AnalysisSecurityGroupRule,
  Explanation as ShownExplanation,
  NetworkInsightsAnalysis,
  PathComponent,
} from "@aws-sdk/client-ec2";
import type { Component, Explanation, Hop } from "../../../decide/reachability/path.ts";
import { defined } from "../../../domain/defined.ts";
import { TCP, UDP, type WorldTraffic } from "../../../domain/network-world.ts";
import type { InsightsAnalysisRecord } from "../../../state/ec2-network-insights.ts";
import type { OperationContext } from "../../operation.ts";

/** An analysis as EC2 tells it: the way there, and what is in it. */
export function shownAnalysis(analysis: InsightsAnalysisRecord, context: OperationContext): NetworkInsightsAnalysis {
  const { hops, explanation } = analysis.path;
  return {
    NetworkInsightsAnalysisId: analysis.id,
    NetworkInsightsAnalysisArn: context.arn("ec2", `network-insights-analysis/${analysis.id}`),
    NetworkInsightsPathId: analysis.pathId,
    StartDate: new Date(analysis.startedAt),
    Status: "succeeded",
    NetworkPathFound: explanation === undefined,
    // Where no path is found there is none to tell: the first hops of it are in no answer of AWS's either.
    ...(explanation
      ? { Explanations: [shownExplanation(explanation, context)] }
      : { ForwardPathComponents: hops.map((hop, at) => shownHop(hop, at + 1, hops[at + 1], context)) }),
    Tags: [...analysis.tags],
  };
}

function shownHop(hop: Hop, number: number, next: Hop | undefined, context: OperationContext): PathComponent {
  return {
    SequenceNumber: number,
    Component: shownComponent(hop.component, context),
    ...defined({ SecurityGroupRule: shownRule(hop), AclRule: shownEntry(hop), RouteTableRoute: shownRoute(hop, next) }),
  };
}

const ARNS: Readonly<Partial<Record<Component["kind"], string>>> = {
  "egress-only-internet-gateway": "egress-only-internet-gateway",
  "nat-gateway": "natgateway",
};

function shownComponent({ kind, id }: Component, context: OperationContext): AnalysisComponent {
  return kind === "internet" ? { Id: id } : { Id: id, Arn: context.arn("ec2", `${ARNS[kind] ?? kind}/${id}`) };
}

function shownRule({ rule, direction }: Hop): AnalysisSecurityGroupRule | undefined {
  if (!rule) return undefined;
  const { peer } = rule;
  return {
    ...defined({ Direction: direction }),
    ...(peer.kind === "cidr" && { Cidr: peer.block }),
    ...(peer.kind === "prefix-list" && { PrefixListId: peer.prefixListId }),
    ...(peer.kind === "group" && { SecurityGroupId: peer.groupId }),
    ...shownTraffic(rule),
  };
}

function shownEntry({ entry, direction }: Hop): AnalysisAclRule | undefined {
  if (!entry) return undefined;
  return {
    Cidr: entry.block,
    Egress: direction === "egress",
    RuleAction: entry.allows ? "allow" : "deny",
    RuleNumber: entry.number,
    ...shownTraffic(entry),
  };
}

function shownTraffic({ protocol, ports }: WorldTraffic) {
  return {
    Protocol: protocol === "all" ? "all" : protocol === TCP ? "tcp" : protocol === UDP ? "udp" : String(protocol),
    ...(ports && { PortRange: { From: ports.from, To: ports.to } }),
  };
}

/** By its target the gateway that comes next is named. */
function shownRoute({ component, route }: Hop, next: Hop | undefined): AnalysisRouteTableRoute | undefined {
  if (component.kind !== "route-table" || route === undefined) return undefined;
  const to = route === "local" ? { GatewayId: "local" } : targetOf(next?.component);
  return {
    ...(route.startsWith("pl-") ? { DestinationPrefixListId: route } : route === "local" ? {} : { DestinationCidr: route }),
    ...to,
    State: "active",
  };
}

function targetOf(target: Component | undefined): AnalysisRouteTableRoute {
  if (!target) return {};
  const { kind, id } = target;
  if (kind === "nat-gateway") return { NatGatewayId: id };
  if (kind === "vpc-peering-connection") return { VpcPeeringConnectionId: id };
  if (kind === "network-interface") return { NetworkInterfaceId: id };
  return kind === "egress-only-internet-gateway" ? { EgressOnlyInternetGatewayId: id } : { GatewayId: id };
}

function shownExplanation(explanation: Explanation, context: OperationContext): ShownExplanation {
  const of = (kind: Component["kind"], id: string | undefined): AnalysisComponent | undefined =>
    id === undefined ? undefined : shownComponent({ kind, id }, context);
  const { code, component, direction, gateway, groups, port } = explanation;
  const isAcl = component.kind === "network-acl";
  return {
    ExplanationCode: code,
    ...defined({
      Direction: direction,
      NetworkInterface: of("network-interface", explanation.interfaceId),
      Subnet: of("subnet", explanation.subnetId),
      RouteTable: of("route-table", component.kind === "route-table" ? component.id : explanation.routeTableId),
      Vpc: component.kind === "vpc" ? of("vpc", component.id) : undefined,
      Acl: isAcl ? of("network-acl", component.id) : undefined,
      AclRule:
        isAcl && explanation.entry !== undefined
          ? { RuleNumber: explanation.entry, Egress: direction === "egress", RuleAction: "deny" }
          : undefined,
      InternetGateway:
        component.kind === "internet-gateway"
          ? of("internet-gateway", component.id)
          : of("internet-gateway", idIf(gateway, "internet-gateway")),
      NatGateway: of("nat-gateway", idIf(gateway, "nat-gateway")),
      VpcPeeringConnection: of("vpc-peering-connection", idIf(gateway, "vpc-peering-connection")),
      SecurityGroup: groups?.length === 1 ? of("security-group", groups[0]) : undefined,
      SecurityGroups: groups?.map((id) => shownComponent({ kind: "security-group", id }, context)),
      Port: port,
    }),
    Component: shownComponent(component, context),
    Address: explanation.to,
    Protocols: [explanation.protocol === TCP ? "tcp" : explanation.protocol === UDP ? "udp" : String(explanation.protocol)],
  };
}

function idIf(component: Component | undefined, kind: Component["kind"]): string | undefined {
  return component?.kind === kind ? component.id : undefined;
}
