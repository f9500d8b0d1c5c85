import { blockHas } from "../../domain/cidr.ts";
import type { NetworkWorld, WorldAclEntry, WorldInterface, WorldPacket, WorldRule } from "../../domain/network-world.ts";
import { connectionVerdict, interfaceAt, isPeer, matches, verdictOn, type Obstacle } from "../packet-filter/verdict.ts";
import { wayOut, type NoWay } from "../packet-filter/way.ts";

/** Something on a way. `internet` is whatever no VPC here has. */
export interface Component {
  readonly kind:
    | "network-interface"
    | "security-group"
    | "network-acl"
    | "subnet"
    | "route-table"
    | "internet-gateway"
    | "nat-gateway"
    | "egress-only-internet-gateway"
    | "vpc-endpoint"
    | "vpc-peering-connection"
    | "vpc"
    | "load-balancer"
    | "target-group"
    | "internet";
  readonly id: string;
}

/** One step of a way: a component, and by what of it the packet goes on. */
export interface Hop {
  readonly component: Component;
  /** Of a security group: the rule that lets it through. */
  readonly rule?: WorldRule;
  /** Of a network ACL. */
  readonly entry?: WorldAclEntry;
  /** Of a route table: the destination of the route that it takes, `local` blocks aside. */
  readonly route?: string;
  readonly direction?: Direction;
}

/** What the Reachability Analyzer says of what is in the way. Source: Reachability Analyzer guide, "explanation codes". */
export type ExplanationCode =
  | "BAD_STATE_ROUTE"
  | "DISCONNECTED_VPCS"
  | "ELBV2_LISTENER_HAS_NO_TG"
  | "ELBV2_LISTENERS_MISMATCH"
  | "ENI_SG_RULES_MISMATCH"
  | "IGW_PUBLIC_IP_ASSOCIATION_FOR_EGRESS"
  | "NO_POSSIBLE_DESTINATION"
  | "NO_ROUTE_TO_DESTINATION"
  | "NO_SOURCE_OR_DESTINATION"
  | "SG_HAS_NO_RULES"
  | "SUBNET_ACL_RESTRICTION"
  | "UNKNOWN_DESTINATION"
  | "UNSUPPORTED_COMPONENT";

/** The first thing in the way. */
export interface Explanation {
  readonly code: ExplanationCode;
  readonly component: Component;
  /** Of an interface's groups: all of them, of which no rule applies. */
  readonly groups?: readonly string[];
  readonly interfaceId?: string;
  readonly subnetId?: string;
  readonly vpcId?: string;
  readonly routeTableId?: string;
  /** Of a route that leads nowhere. */
  readonly gateway?: Component;
  readonly direction?: Direction;
  /** Number of the ACL's entry that denies it; absent where none allows it. */
  readonly entry?: number;
  /** Whether it is the answer that does not come back. */
  readonly isAnswer?: boolean;
  /** Of the packet that is stopped. */
  readonly from: string;
  readonly to: string;
  readonly protocol: number;
  readonly port?: number;
}

/** `hops` up to what is in the way, where something is. */
export interface Path {
  readonly hops: readonly Hop[];
  /** Absent where it goes all the way. */
  readonly explanation?: Explanation;
}

/** The way of a connection from one address to another, of which one at least is an interface's in the world. Costs a look at the whole world. */
export function pathOf(world: NetworkWorld, opening: WorldPacket): Path {
  const source = interfaceAt(world, opening.from);
  const destination = interfaceAt(world, opening.to);
  const there = verdictOn(world, opening);
  const verdict = there.kind === "stopped" ? there : connectionVerdict(world, opening);
  const hops = [
    ...(source ? departure(world, source, destination, opening) : [outside(opening.from)]),
    ...arrival(world, source, destination, opening),
  ];
  if (verdict.kind === "passes") return { hops };
  const isAnswer = there.kind === "passes";
  const explanation = explained(world, verdict.by, isAnswer ? { ...opening, from: opening.to, to: opening.from } : opening, isAnswer);
  return { hops: isAnswer ? hops : hopsBefore(hops, explanation), explanation };
}

function departure(
  world: NetworkWorld,
  source: WorldInterface,
  destination: WorldInterface | undefined,
  packet: WorldPacket,
): readonly Hop[] {
  const leaves = destination?.subnetId !== source.subnetId;
  return [
    { component: eni(source.id) },
    ...groupHop(world, source, packet, "egress"),
    ...(leaves ? aclHop(world, source, packet, "egress") : []),
    ...routeHops(world, source, packet.to),
  ];
}

function routeHops(world: NetworkWorld, source: WorldInterface, to: string): readonly Hop[] {
  const way = wayOut(world, source, to);
  const component: Component = { kind: "route-table", id: way.routeTableId };
  if (way.kind === "none") return [{ component }];
  if (way.by === "local") return [{ component, route: "local" }];
  const table = world.routeTables.find(({ id }) => id === way.routeTableId);
  const route = table?.routes.find(({ target }) => target.id === way.id)?.destination;
  return [{ component, ...(route !== undefined && { route }) }, { component: { kind: way.by, id: way.id } }];
}

function arrival(
  world: NetworkWorld,
  source: WorldInterface | undefined,
  destination: WorldInterface | undefined,
  packet: WorldPacket,
): readonly Hop[] {
  if (!destination) return [outside(packet.to)];
  const enters = source?.subnetId !== destination.subnetId;
  return [
    ...(enters ? aclHop(world, destination, packet, "ingress") : []),
    ...groupHop(world, destination, packet, "ingress"),
    { component: eni(destination.id) },
  ];
}

type Direction = "ingress" | "egress";

/** The other end of a packet, as a rule of that direction sees it. */
const peerOf = ({ from, to }: WorldPacket, direction: Direction): string => (direction === "egress" ? to : from);

function groupHop(world: NetworkWorld, at: WorldInterface, packet: WorldPacket, direction: Direction): readonly Hop[] {
  const groups = world.groups.filter(({ id }) => at.groups?.includes(id));
  const lets = (rule: WorldRule): boolean => matches(rule, packet) && isPeer(world, rule.peer, peerOf(packet, direction));
  for (const group of groups) {
    const rule = group[direction].find(lets);
    if (rule) return [{ component: { kind: "security-group", id: group.id }, direction, rule }];
  }
  const [first] = groups;
  return first ? [{ component: { kind: "security-group", id: first.id }, direction }] : [];
}

function aclHop(world: NetworkWorld, { subnetId }: WorldInterface, packet: WorldPacket, direction: Direction): readonly Hop[] {
  const id = world.subnets.find((subnet) => subnet.id === subnetId)?.aclId;
  const acl = world.acls.find((one) => one.id === id);
  if (!acl) return [];
  const fits = (entry: WorldAclEntry): boolean => matches(entry, packet) && blockHas(entry.block, peerOf(packet, direction));
  const [entry] = acl[direction].filter(fits).toSorted((one, other) => one.number - other.number);
  return [{ component: { kind: "network-acl", id: acl.id }, direction, ...(entry && { entry }) }];
}

function explained(world: NetworkWorld, by: Obstacle, packet: WorldPacket, isAnswer: boolean): Explanation {
  const { from, to, protocol, port } = packet;
  const common = { from, to, protocol, ...(port !== undefined && !isAnswer && { port }), ...(isAnswer && { isAnswer }) };
  switch (by.kind) {
    case "no-way":
      return {
        ...common,
        ...wayExplained(world, by, to),
        interfaceId: by.interfaceId,
        subnetId: by.subnetId,
        routeTableId: by.routeTableId,
      };
    case "nobody":
      return { ...common, code: "NO_POSSIBLE_DESTINATION", component: { kind: "vpc", id: vpcWith(world, by.address) } };
    case "acl": {
      const direction = by.egress ? "egress" : "ingress";
      const entry = by.entry === undefined ? {} : { entry: by.entry };
      return {
        ...common,
        code: "SUBNET_ACL_RESTRICTION",
        component: { kind: "network-acl", id: by.aclId },
        ...{ subnetId: by.subnetId, direction, ...entry },
      };
    }
    case "groups": {
      const direction = by.egress ? "egress" : "ingress";
      const has = world.groups.some((group) => by.groups.includes(group.id) && group[direction].length > 0);
      return {
        ...common,
        code: has ? "ENI_SG_RULES_MISMATCH" : "SG_HAS_NO_RULES",
        component: { kind: "security-group", id: by.groups[0] ?? "" },
        ...{ groups: by.groups, interfaceId: by.interfaceId, direction },
      };
    }
  }
}

const CODES = {
  "no-route": "NO_ROUTE_TO_DESTINATION",
  blackhole: "BAD_STATE_ROUTE",
  "no-public-address": "IGW_PUBLIC_IP_ASSOCIATION_FOR_EGRESS",
  "nat-without-way": "NO_ROUTE_TO_DESTINATION",
  "not-carried": "UNSUPPORTED_COMPONENT",
} as const satisfies Record<NoWay, ExplanationCode>;

function wayExplained(
  world: NetworkWorld,
  { why, routeTableId, interfaceId }: Extract<Obstacle, { readonly kind: "no-way" }>,
  to: string,
): Pick<Explanation, "code" | "component" | "gateway"> {
  const code = CODES[why];
  const source = world.interfaces.find(({ id }) => id === interfaceId);
  const way = source && wayOut(world, source, to);
  const target = way?.kind === "none" ? way.route?.target : undefined;
  const gateway: Component | undefined = target && target.kind !== "local" ? { kind: target.kind, id: target.id } : undefined;
  if (why === "no-public-address" && gateway) return { code, component: gateway };
  if (why === "nat-without-way" && gateway) {
    const nat = world.natGateways.find(({ id }) => id === gateway.id);
    const subnet = world.subnets.find(({ id }) => id === nat?.subnetId);
    return { code, component: { kind: "route-table", id: subnet?.routeTableId ?? routeTableId }, gateway };
  }
  return { code, component: { kind: "route-table", id: routeTableId }, ...(gateway && { gateway }) };
}

/** A way that is cut shows what is before the cut. */
function hopsBefore(hops: readonly Hop[], { component, direction, code }: Explanation): readonly Hop[] {
  const at = hops.findIndex(
    (hop) =>
      hop.component.kind === component.kind && (direction === undefined || hop.direction === undefined || hop.direction === direction),
  );
  if (code === "NO_POSSIBLE_DESTINATION") return hops.slice(0, -1);
  // A gateway that does not take it is behind the route that leads there.
  return hops.slice(0, at < 0 ? hops.findIndex((hop) => hop.component.kind === "route-table") + 1 : at);
}

function eni(id: string): Component {
  return { kind: "network-interface", id };
}

function outside(address: string): Hop {
  return { component: { kind: "internet", id: address } };
}

function vpcWith(world: NetworkWorld, address: string): string {
  return world.vpcs.find(({ blocks }) => blocks.some((block) => blockHas(block, address)))?.id ?? "";
}
