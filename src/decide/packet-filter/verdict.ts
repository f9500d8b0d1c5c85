import { blockHas } from "../../domain/cidr.ts";
import {
  HOST_ADDRESS,
  TCP,
  UDP,
  type NetworkWorld,
  type WorldConnection,
  type WorldInterface,
  type WorldPacket,
  type WorldPeer,
  type WorldRule,
  type WorldTraffic,
} from "../../domain/network-world.ts";
import { wayOut, type NoWay } from "./way.ts";

/** What is in a packet's way, the first thing on it. */
export type Obstacle =
  | { readonly kind: "no-way"; readonly interfaceId: string; readonly subnetId: string; readonly routeTableId: string; readonly why: NoWay }
  /** The address is of a VPC, and nobody's there. */
  | { readonly kind: "nobody"; readonly address: string }
  /** `entry` is the number of the entry that denies it; absent where none matches. */
  | { readonly kind: "acl"; readonly subnetId: string; readonly aclId: string; readonly egress: boolean; readonly entry?: number }
  | { readonly kind: "groups"; readonly interfaceId: string; readonly groups: readonly string[]; readonly egress: boolean };

export type Verdict = { readonly kind: "passes" } | { readonly kind: "stopped"; readonly by: Obstacle };

/**
 * Whether a packet may go where it goes, as AWS's rules have it: the groups of who sends it, the network ACL of the subnet that it leaves, that subnet's routes, the
 * ACL of the NAT gateway's subnet where it goes by one or comes back by it, the ACL of the subnet that it comes to, the groups of who gets it. An ACL is not asked within a subnet, and knows no connections. Groups are asked about the packet that opens
 * a connection, and about each one where it is not tracked (AWS: "Security group connection tracking").
 *
 * A direct reading of the rules, written apart from what the kernel is told, which is compared with it. Costs a look at the whole world.
 */
export function verdictOn(world: NetworkWorld, packet: WorldPacket): Verdict {
  const source = interfaceAt(world, packet.from);
  const destination = interfaceAt(world, packet.to);
  const obstacle =
    (source && groupObstacle(world, packet, source, true)) ??
    (source && aclObstacle(world, packet, source, destination, true)) ??
    wayObstacle(world, source, packet.to) ??
    natObstacle(world, packet, source, destination) ??
    (destination ? aclObstacle(world, packet, destination, source, false) : nobody(world, packet)) ??
    (destination && groupObstacle(world, packet, destination, false));
  return obstacle ? { kind: "stopped", by: obstacle } : { kind: "passes" };
}

/** Whether a connection comes about: its first packet, and what answers it to `replyPort`, where that is a port. */
export function connectionVerdict(world: NetworkWorld, opening: WorldPacket, replyPort = 49152): Verdict {
  const there = verdictOn(world, opening);
  if (there.kind === "stopped") return there;
  const { from, to, port, icmp, ...rest } = opening;
  const connection: WorldConnection = { direction: "reply", tracked: trackingOf(world, opening) };
  return verdictOn(world, {
    ...rest,
    ...(port === undefined ? {} : { port: replyPort }),
    // Echo is answered by type 0; what else is ICMP has no answer.
    ...(icmp && { icmp: { type: icmp.type === 8 ? 0 : icmp.type, code: icmp.code } }),
    ...{ from: to, to: from, connection },
  });
}

/** Which ends would track a connection that this packet opens. Who is no interface here tracks, since nothing is asked there. */
export function trackingOf(world: NetworkWorld, opening: WorldPacket): WorldConnection["tracked"] {
  const tracked = (at: WorldInterface | undefined, egress: boolean): boolean => !at || !isUntracked(world, opening, at, egress);
  return { originator: tracked(interfaceAt(world, opening.from), true), responder: tracked(interfaceAt(world, opening.to), false) };
}

/** AWS: TCP and UDP that a rule lets through for everybody, while another one lets all that answers through, to everybody and every port. */
function isUntracked(world: NetworkWorld, { protocol, port }: WorldPacket, { groups, kind }: WorldInterface, egress: boolean): boolean {
  if (protocol !== TCP && protocol !== UDP) return false;
  // Connections through these are tracked whatever the rules say.
  if (groups === undefined || (kind !== "task" && kind !== "load-balancer" && kind !== "other")) return false;
  const isOpen = ({ peer, ...traffic }: WorldRule): boolean =>
    peer.kind === "cidr" && peer.block === "0.0.0.0/0" && (traffic.protocol === "all" || traffic.protocol === protocol);
  const allPorts = ({ ports }: WorldTraffic): boolean => ports === undefined || (ports.from === 0 && ports.to === 65535);
  return (
    rulesOf(world, groups, egress).some((rule) => isOpen(rule) && matches(rule, { protocol, ...(port === undefined ? {} : { port }) })) &&
    rulesOf(world, groups, !egress).some((rule) => isOpen(rule) && allPorts(rule))
  );
}

function wayObstacle(world: NetworkWorld, source: WorldInterface | undefined, to: string): Obstacle | undefined {
  // Who comes from outside is here already; this host is beside every VPC.
  if (!source || to === HOST_ADDRESS) return undefined;
  const way = wayOut(world, source, to);
  if (way.kind === "way") return undefined;
  const { id, subnetId } = source;
  return { kind: "no-way", interfaceId: id, subnetId, routeTableId: way.routeTableId, why: way.why };
}

/** What goes to the internet by a NAT gateway passes the gateway's own subnet, in and out again, and so does what answers it. */
function natObstacle(
  world: NetworkWorld,
  packet: WorldPacket,
  source: WorldInterface | undefined,
  destination: WorldInterface | undefined,
): Obstacle | undefined {
  const isReply = packet.connection?.direction === "reply";
  const opener = isReply ? destination : source;
  const far = isReply ? packet.from : packet.to;
  // Who is in a VPC here is not reached by one, and this host needs none.
  if (!opener || far === HOST_ADDRESS || (isReply && source)) return undefined;
  const way = wayOut(world, opener, far);
  const nat = way.kind === "way" && way.by === "nat-gateway" ? world.natGateways.find(({ id }) => id === way.id) : undefined;
  if (!nat) return undefined;
  return aclObstacle(world, packet, nat, source, false) ?? aclObstacle(world, packet, nat, destination, true);
}

function nobody(world: NetworkWorld, { to }: WorldPacket): Obstacle | undefined {
  const isOfVpc = world.vpcs.some(({ blocks }) => blocks.some((block) => blockHas(block, to)));
  return isOfVpc ? { kind: "nobody", address: to } : undefined;
}

function aclObstacle(
  world: NetworkWorld,
  packet: WorldPacket,
  at: Pick<WorldInterface, "subnetId">,
  other: WorldInterface | undefined,
  egress: boolean,
): Obstacle | undefined {
  if (other?.subnetId === at.subnetId) return undefined;
  const subnet = world.subnets.find(({ id }) => id === at.subnetId);
  const acl = world.acls.find(({ id }) => id === subnet?.aclId);
  const entries = (egress ? acl?.egress : acl?.ingress) ?? [];
  const peer = egress ? packet.to : packet.from;
  const [first] = entries
    .filter((entry) => blockHas(entry.block, peer) && matches(entry, packet))
    .toSorted((one, another) => one.number - another.number);
  if (first?.allows) return undefined;
  return { kind: "acl", subnetId: at.subnetId, aclId: subnet?.aclId ?? "", egress, ...(first && { entry: first.number }) };
}

function groupObstacle(world: NetworkWorld, packet: WorldPacket, at: WorldInterface, egress: boolean): Obstacle | undefined {
  const { groups } = at;
  const { connection } = packet;
  if (groups === undefined) return undefined;
  const isOriginator = (connection?.direction ?? "original") === "original" ? egress : !egress;
  if (connection?.tracked[isOriginator ? "originator" : "responder"]) return undefined;
  const peer = egress ? packet.to : packet.from;
  const lets = rulesOf(world, groups, egress).some((rule) => isPeer(world, rule.peer, peer) && matches(rule, packet));
  return lets ? undefined : { kind: "groups", interfaceId: at.id, groups, egress };
}

function rulesOf(world: NetworkWorld, groups: readonly string[], egress: boolean): readonly WorldRule[] {
  return world.groups.filter(({ id }) => groups.includes(id)).flatMap((group) => (egress ? group.egress : group.ingress));
}

export function isPeer(world: NetworkWorld, peer: WorldPeer, address: string): boolean {
  if (peer.kind === "cidr") return blockHas(peer.block, address);
  if (peer.kind === "group") return interfaceAt(world, address)?.groups?.includes(peer.groupId) ?? false;
  return world.prefixLists.some(({ id, blocks }) => id === peer.prefixListId && blocks.some((block) => blockHas(block, address)));
}

export function matches({ protocol, ports, icmp }: WorldTraffic, packet: Pick<WorldPacket, "protocol" | "port" | "icmp">): boolean {
  if (protocol === "all") return true;
  if (protocol !== packet.protocol) return false;
  if (ports) return packet.port !== undefined && packet.port >= ports.from && packet.port <= ports.to;
  if (icmp) return icmp.type === packet.icmp?.type && (icmp.code === "all" || icmp.code === packet.icmp.code);
  return true;
}

export function interfaceAt(world: NetworkWorld, address: string): WorldInterface | undefined {
  return world.interfaces.find((one) => one.address === address);
}
