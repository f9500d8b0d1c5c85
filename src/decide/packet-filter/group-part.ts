import { HOST_ADDRESS, ICMP, TCP, UDP, type WorldGroup, type WorldRule } from "../../domain/network-world.ts";
import { blockHas } from "../../domain/cidr.ts";
import type {
  FilterAction,
  FilterChain,
  FilterContents,
  FilterKey,
  FilterRule,
  FilterSet,
  FilterSetKind,
} from "../../domain/packet-filter.ts";
import { addressesOf, addressText, disjoint, numbersText, union, type Box, type Range } from "./boxes.ts";
import { accept, back, goto, inSet, rule, setOf, translated } from "./rules.ts";

/** Which way traffic goes that a chain is about, seen from the interface. */
export type Way = "in" | "out";

const EVERY_PORT: Range = [0, 65535];
const EVERY_PROTOCOL: Range = [0, 255];

export const groupChain = (groupId: string, way: Way): string => `group.${groupId}.${way}`;
/** The same for this host as the other end, which no address tells. */
const groupHostChain = (groupId: string, way: Way): string => `group.${groupId}.${way}.host`;
/** What it lets through for everybody, of TCP and UDP; there where it is nothing, too. */
export const openSet = (groupId: string, way: Way): string => `group.${groupId}.${way}.open`;
/** The addresses of interfaces that have the group. */
export const membersSet = (groupId: string): string => `members.${groupId}`;

/** The blocks that a prefix list has. */
export type BlocksOf = (prefixListId: string) => readonly string[];

/**
 * What the filter holds of one security group: for each way a chain that lets packets through, or returns. Its rules are elements of sets; a rule in the chain is for a kind
 * of them, or for a group that is named. Proportional to the group's rules, and where their ports overlap to their number squared at most.
 */
export function groupPart(group: WorldGroup, blocksOf: BlocksOf): FilterContents {
  const chains = new Map<string, FilterChain>();
  const sets = new Map<string, FilterSet>([[membersSet(group.id), setOf("addresses")]]);
  for (const way of ["in", "out"] as const) {
    const name = groupChain(group.id, way);
    const rules = rulesOf(group, way);
    const peer = way === "in" ? "source" : "destination";
    const host = hostRules(group, way, blocksOf);
    if (host.length > 0) chains.set(groupHostChain(group.id, way), { rules: byTraffic(groupHostChain(group.id, way), host, sets) });
    const found = [...byAddress(name, rules, blocksOf, peer, sets), ...byGroup(name, rules, peer, sets)];
    chains.set(name, {
      rules: found.length === 0 ? [] : [...toHost(host.length > 0 ? goto(groupHostChain(group.id, way)) : back, peer), ...found],
    });
    sets.set(openSet(group.id, way), setOf("protocols-and-ports", openElements(openRules(group, way))));
  }
  return { chains, sets };
}

/** What this host's own programs send, or get: to and from its address in the VPC, or an address that it has there. */
const toHost = (then: FilterAction, peer: FilterKey): readonly FilterRule[] => [
  rule(then, inSet("gateways", peer)),
  rule(then, inSet("self", "source", "destination")),
];

const rulesOf = (group: WorldGroup, way: Way): readonly WorldRule[] => (way === "in" ? group.ingress : group.egress);

/** The rules by which it lets this host's own programs through. */
function hostRules(group: WorldGroup, way: Way, blocksOf: BlocksOf): readonly WorldRule[] {
  return rulesOf(group, way).filter((one) => blocksOfRule(one, blocksOf).some((block) => blockHas(block, HOST_ADDRESS)));
}

/** The rules by which it lets TCP or UDP through for everybody. */
function openRules(group: WorldGroup, way: Way): readonly WorldRule[] {
  return rulesOf(group, way).filter(
    ({ peer, protocol }) =>
      peer.kind === "cidr" && peer.block === "0.0.0.0/0" && (protocol === "all" || protocol === TCP || protocol === UDP),
  );
}

/** Whether one of the rules lets all of TCP, or of UDP, through for everybody: what answers is let through then, whatever its port. */
export function letsAll(group: WorldGroup, way: Way, protocol: number): boolean {
  return rulesOf(group, way).some(
    ({ peer, ports, protocol: one }) =>
      peer.kind === "cidr" &&
      peer.block === "0.0.0.0/0" &&
      (one === "all" || one === protocol) &&
      (ports === undefined || (ports.from === 0 && ports.to === 65535)),
  );
}

/** Whether one of the rules lets everything through for everybody, of whatever protocol. */
export function letsEverything(group: WorldGroup, way: Way): boolean {
  return rulesOf(group, way).some(({ peer, protocol }) => protocol === "all" && peer.kind === "cidr" && peer.block === "0.0.0.0/0");
}

function openElements(open: readonly WorldRule[]): readonly string[] {
  return [TCP, UDP].flatMap((protocol) => {
    const some = open.filter((one) => one.protocol === "all" || one.protocol === protocol);
    return union(some.flatMap(portsOf)).map((ports) => `${protocol} . ${numbersText(ports)}`);
  });
}

function blocksOfRule({ peer }: WorldRule, blocksOf: BlocksOf): readonly string[] {
  if (peer.kind === "group") return [];
  return peer.kind === "cidr" ? [peer.block] : blocksOf(peer.prefixListId);
}

/** Rules with addresses, by what of the packet they look at. */
function byAddress(
  name: string,
  rules: readonly WorldRule[],
  blocksOf: BlocksOf,
  peer: FilterKey,
  sets: Map<string, FilterSet>,
): readonly FilterRule[] {
  const { ported, icmp, plain } = kindsOf(rules);
  const found: FilterRule[] = [];
  const boxesOf = (some: readonly WorldRule[], of: (one: WorldRule) => readonly Range[]): readonly Box[] =>
    some.flatMap((one) =>
      blocksOfRule(one, blocksOf).flatMap((block) =>
        addressesOf(block).flatMap((addresses) => of(one).map((ports) => ({ addresses, ports }))),
      ),
    );
  const add = (suffix: string, kind: FilterSetKind, elements: readonly string[], ...keys: readonly FilterKey[]): void => {
    if (elements.length === 0) return;
    sets.set(`${name}.${suffix}`, setOf(kind, elements));
    found.push(rule(accept, inSet(`${name}.${suffix}`, peer, ...keys)));
  };
  const byProtocol = (some: readonly WorldRule[], of: (one: WorldRule) => readonly Range[]): readonly string[] =>
    protocolsOf(some).flatMap((protocol) => {
      const own = some.filter((one) => one.protocol === protocol);
      return disjoint(boxesOf(own, of)).map(({ addresses, ports }) => `${addressText(addresses)} . ${protocol} . ${numbersText(ports)}`);
    });
  const whole = disjoint(boxesOf(plain, ({ protocol }) => [protocol === "all" ? EVERY_PROTOCOL : [protocol, protocol]]));
  add(
    "any",
    "addresses-and-protocols",
    whole.map(({ addresses, ports: protocols }) => `${addressText(addresses)} . ${numbersText(protocols)}`),
    "protocol",
  );
  add("ports", "addresses-protocols-and-ports", byProtocol(ported, portsOf), "protocol", "port");
  add("icmp", "addresses-protocols-and-ports", byProtocol(icmp, icmpOf), "protocol", "type-and-code");
  return found;
}

/** Rules that name a group: whoever is among its members now. */
function byGroup(name: string, rules: readonly WorldRule[], peer: FilterKey, sets: Map<string, FilterSet>): readonly FilterRule[] {
  const named = [...new Set(rules.flatMap(({ peer: one }) => (one.kind === "group" ? one.groupId : [])))].toSorted();
  return named.flatMap((groupId) => {
    const members = membersSet(groupId);
    sets.set(members, setOf("addresses"));
    const own = rules.filter(({ peer: one }) => one.kind === "group" && one.groupId === groupId);
    const found = byTraffic(`${name}.${groupId}`, own, sets);
    const from = found.map(({ tests, action }) => ({ tests: [inSet(members, peer), ...tests], action }));
    if (peer !== "source") return from;
    // Network Load Balancers guide, "Security groups": who names the load balancer's gets what comes through it, whoever the client is that it is from.
    return [...from, ...found.map(({ tests, action }) => ({ tests: [translated, inSet(members, "called"), ...tests], action }))];
  });
}

/** Rules whose other end is known already. */
function byTraffic(name: string, rules: readonly WorldRule[], sets: Map<string, FilterSet>): readonly FilterRule[] {
  const { ported, icmp, plain } = kindsOf(rules);
  if (plain.some(({ protocol }) => protocol === "all")) return [rule(accept)];
  const found: FilterRule[] = [];
  const add = (suffix: string, some: readonly WorldRule[], of: (one: WorldRule) => readonly Range[], key: FilterKey): void => {
    if (some.length === 0) return;
    const elements = protocolsOf(some).flatMap((protocol) =>
      union(some.filter((one) => one.protocol === protocol).flatMap(of)).map((ports) => `${protocol} . ${numbersText(ports)}`),
    );
    sets.set(`${name}.${suffix}`, setOf("protocols-and-ports", elements));
    found.push(rule(accept, inSet(`${name}.${suffix}`, "protocol", key)));
  };
  add("ports", ported, portsOf, "port");
  add("icmp", icmp, icmpOf, "type-and-code");
  if (plain.length > 0) found.push(rule(accept, { kind: "protocol", is: protocolsOf(plain) }));
  return found;
}

/** Those that look at ports, those that look at ICMP's types, and those that look at the protocol at most. */
function kindsOf(rules: readonly WorldRule[]) {
  const sorted = { ported: [] as WorldRule[], icmp: [] as WorldRule[], plain: [] as WorldRule[] };
  for (const one of rules) {
    if (one.protocol === TCP || one.protocol === UDP) sorted.ported.push(one);
    else if (one.protocol === ICMP) sorted.icmp.push(one);
    else sorted.plain.push(one);
  }
  return sorted;
}

function protocolsOf(rules: readonly WorldRule[]): readonly number[] {
  return [...new Set(rules.flatMap(({ protocol }) => (protocol === "all" ? [] : protocol)))].toSorted((a, b) => a - b);
}

function portsOf({ ports }: WorldRule): readonly Range[] {
  return [ports ? [ports.from, ports.to] : EVERY_PORT];
}

function icmpOf({ icmp }: WorldRule): readonly Range[] {
  if (!icmp) return [EVERY_PORT];
  const first = icmp.type * 256;
  return [icmp.code === "all" ? [first, first + 255] : [first + icmp.code, first + icmp.code]];
}
