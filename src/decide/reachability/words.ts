import type { Component, Explanation } from "./path.ts";

/** What stands between, in a sentence that names it. */
export function obstacleText(explanation: Explanation): string {
  const { code, component, direction, entry, groups = [], isAnswer, gateway } = explanation;
  const packet = packetText(explanation);
  switch (code) {
    case "ENI_SG_RULES_MISMATCH":
      return `no ${side(direction)} rule of ${listed("the security group", groups)} lets ${packet} through`;
    case "SG_HAS_NO_RULES":
      return `${listed("the security group", groups)} ${groups.length > 1 ? "have" : "has"} no ${side(direction)} rules, so that ${packet} is not let through`;
    case "SUBNET_ACL_RESTRICTION": {
      const by = entry === undefined ? "has no rule that allows" : `denies by its rule ${entry}`;
      return `the network ACL ${component.id} of the subnet ${explanation.subnetId ?? ""} ${by} ${isAnswer ? "the answer, " : ""}${side(direction)}: ${packet}`;
    }
    case "NO_ROUTE_TO_DESTINATION":
      return gateway
        ? `the route table ${component.id}${gateway.kind === "nat-gateway" ? `, of the subnet of the NAT gateway ${gateway.id},` : ""} has no route on to ${explanation.to}`
        : `the route table ${component.id} of the subnet ${explanation.subnetId ?? ""} has no route to ${explanation.to}`;
    case "BAD_STATE_ROUTE":
      return `the route to ${explanation.to} in the route table ${component.id} is a blackhole: ${gateway ? named(gateway) : "its target"} is not there, or not attached`;
    case "IGW_PUBLIC_IP_ASSOCIATION_FOR_EGRESS":
      return `the route to ${explanation.to} leads to the internet gateway ${component.id}, which carries only what has a public address, and ${explanation.interfaceId ?? explanation.from} has none`;
    case "NO_POSSIBLE_DESTINATION":
      return `nobody has the address ${explanation.to} in ${component.id}`;
    case "UNKNOWN_DESTINATION":
      return `names are not resolved in ${component.id}, whose DNS support is off, so that ${explanation.to} is not found`;
    case "DISCONNECTED_VPCS":
      return `${explanation.from} and ${explanation.to} are in VPCs that nothing connects`;
    case "ELBV2_LISTENERS_MISMATCH":
      return `${named(component)} has no listener that accepts the traffic`;
    case "ELBV2_LISTENER_HAS_NO_TG":
      return `no target is registered in ${named(component)}`;
    case "NO_SOURCE_OR_DESTINATION":
      return `${named(component)} is not there`;
    case "UNSUPPORTED_COMPONENT":
      return `${gateway ? named(gateway) : named(component)} carries no traffic here`;
  }
}

/** What would let it through. @param service what is to be reached, such as `com.amazonaws.us-east-1.ecr.api`, where it is a service of AWS's */
export function remedyText(explanation: Explanation, service?: string): string {
  const { code, component, direction, groups = [] } = explanation;
  const other = direction === "egress" ? `to ${explanation.to}/32` : `from ${explanation.from}/32`;
  switch (code) {
    case "ENI_SG_RULES_MISMATCH":
    case "SG_HAS_NO_RULES":
      if (direction === "egress" && hasPrefixList(service))
        return `authorize ${portText(explanation)} out to the prefix list ${service} (aws ec2 describe-prefix-lists) in ${groups[0] ?? component.id}`;
      return `authorize ${portText(explanation)} ${direction === "egress" ? "out" : "in"} ${other}, or ${direction === "egress" ? "to" : "from"} a group that it is in, in ${groups[0] ?? component.id}`;
    case "SUBNET_ACL_RESTRICTION":
      return explanation.isAnswer
        ? `allow the ports 1024-65535 ${side(direction)} in ${component.id}: network ACLs know no connections, and answers go to those ports`
        : `allow ${portText(explanation)} ${side(direction)} ${other} in ${component.id}`;
    case "IGW_PUBLIC_IP_ASSOCIATION_FOR_EGRESS":
      return `${endpointOr(service)}give the task a public address (assignPublicIp=ENABLED), or run it in a subnet whose route leads to a NAT gateway`;
    case "NO_ROUTE_TO_DESTINATION":
    case "BAD_STATE_ROUTE":
      return `${endpointOr(service)}make a route in ${component.id} to a NAT gateway, or to an attached internet gateway for what has a public address`;
    case "UNKNOWN_DESTINATION":
      return `turn enableDnsSupport of ${component.id} on`;
    case "DISCONNECTED_VPCS":
      return "peer the VPCs, and give both sides a route";
    case "ELBV2_LISTENERS_MISMATCH":
      return "make a listener on that port";
    case "ELBV2_LISTENER_HAS_NO_TG":
      return "register a target there, by a service's loadBalancers or by RegisterTargets";
    case "NO_POSSIBLE_DESTINATION":
    case "NO_SOURCE_OR_DESTINATION":
      return "look whether what should be there runs";
    case "UNSUPPORTED_COMPONENT":
      return "use a route to an internet gateway, a NAT gateway or a peering connection";
  }
}

/** Of services with gateway endpoints, which have many public addresses, and a prefix list that names them. */
function hasPrefixList(service: string | undefined): boolean {
  return service !== undefined && /\.(s3|dynamodb)$/.test(service);
}

function endpointOr(service: string | undefined): string {
  return service === undefined ? "" : `make a VPC endpoint of ${service} that the subnet has a way to; or `;
}

function packetText(explanation: Explanation): string {
  return `${portText(explanation)} from ${explanation.from} to ${explanation.to}`;
}

function portText({ protocol, port, isAnswer }: Explanation): string {
  const name = protocol === 6 ? "TCP" : protocol === 17 ? "UDP" : protocol === 1 ? "ICMP" : `protocol ${protocol}`;
  return port === undefined || isAnswer ? name : `${name} ${port}`;
}

const side = (direction: Explanation["direction"]): string => (direction === "egress" ? "outbound" : "inbound");

const NAMES: Readonly<Record<Component["kind"], string>> = {
  "network-interface": "the network interface",
  "security-group": "the security group",
  "network-acl": "the network ACL",
  subnet: "the subnet",
  "route-table": "the route table",
  "internet-gateway": "the internet gateway",
  "nat-gateway": "the NAT gateway",
  "egress-only-internet-gateway": "the egress-only internet gateway",
  "vpc-endpoint": "the VPC endpoint",
  "vpc-peering-connection": "the peering connection",
  vpc: "the VPC",
  "load-balancer": "the load balancer",
  "target-group": "the target group",
  internet: "the address",
};

export function named({ kind, id }: Component): string {
  return `${NAMES[kind]} ${id}`;
}

function listed(what: string, ids: readonly string[]): string {
  return ids.length > 1 ? `${what}s ${ids.slice(0, -1).join(", ")} and ${ids.at(-1)}` : `${what} ${ids[0] ?? ""}`;
}
