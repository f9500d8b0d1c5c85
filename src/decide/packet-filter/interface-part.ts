import { parseCidr, resolverOf, routerOf } from "../../domain/cidr.ts";
import { TCP, type WorldInterface, type WorldVpc } from "../../domain/network-world.ts";
import type { FilterContents, FilterSet, FilterSetKind } from "../../domain/packet-filter.ts";
import { subnetChain } from "./acl-part.ts";
import { addressesOf, rangeElement } from "./boxes.ts";
import { combinationChain, combinationOf, type LetsAll } from "./combination-part.ts";
import { membersSet, type Way } from "./group-part.ts";
import { accept, inBlock, mapOf, rule, setOf } from "./rules.ts";
import { wayChain, type WayKey } from "./way-part.ts";

/** What an interface's part looks up. */
export interface InterfacePlace {
  readonly way: WayKey;
  /** Whether its subnet's ACL is to be asked. */
  readonly hasAcl: boolean;
  /** What its groups let through for everybody. */
  readonly all: LetsAll;
}

/** AWS: what goes through a Network Load Balancer or an endpoint is tracked, also where every rule lets everybody through. */
const ALWAYS_TRACK: ReadonlySet<WorldInterface["kind"]> = new Set(["network-load-balancer", "vpc-endpoint", "nat-gateway"]);

/** The addresses of interfaces whose groups let all of a protocol through for everybody. */
export const allSet = (way: Way, protocol: number): string => `all-${way}.${protocol}`;

/** What the filter holds of one interface: its address in sets and maps that all share. */
export function interfacePart(
  { address, groups, kind, subnetId, vpcId }: WorldInterface,
  { way, hasAcl, all }: InterfacePlace,
): FilterContents {
  const sets = new Map<string, FilterSet>();
  const alone = (name: string, setKind: FilterSetKind = "addresses"): void => void sets.set(name, setOf(setKind, [address]));
  const isHeld = kind === "load-balancer" || kind === "network-load-balancer" || kind === "vpc-endpoint";
  alone("interfaces");
  if (!hasAcl) alone("plain", "addresses-of-all");
  if (kind === "task") alone("tasks", "addresses-of-all");
  if (isHeld) {
    alone("held", "addresses-of-all");
    if (!hasAcl) alone("plain-held");
    sets.set("self", setOf("address-pairs", [`${address} . ${address}`]));
  }
  if (kind === "network-load-balancer") alone("balancers");
  sets.set("ways", mapOf([address, `jump ${wayChain(way)}`]));
  if (hasAcl) {
    sets.set("acls-out", mapOf([address, `jump ${subnetChain(subnetId, "out")}`]));
    sets.set("acls-in", mapOf([address, `jump ${subnetChain(subnetId, "in")}`]));
  }
  const combination = combinationOf({ ...(groups && { groups }) });
  if (!combination) sets.set("ingress", mapOf([address, "accept"]));
  else {
    const isTracked = ALWAYS_TRACK.has(kind) || all.in.length === 0;
    const isOpen = all.isEverythingOut && isTracked;
    const egress = mapOf([address, isOpen ? "accept" : `goto ${combinationChain(combination, "out")}`]);
    sets.set("egress", egress);
    if (!hasAcl && (kind === "task" || isHeld)) {
      const who = kind === "task" ? "tasks" : "held";
      if (isOpen) sets.set(`open-${who}`, mapOf([address, `jump ${withinChain(vpcId)}`]));
      else sets.set(`plain-${who}-egress`, egress);
    }
    sets.set("ingress", mapOf([address, `goto ${combinationChain(combination, "in")}`]));
    for (const group of combination.groups) alone(membersSet(group));
    if (!ALWAYS_TRACK.has(kind)) for (const way of ["in", "out"] as const) for (const protocol of all[way]) alone(allSet(way, protocol));
  }
  return { chains: new Map(), sets };
}

/** The blocks of a VPC: no address in them is outside. */
export function vpcPart({ blocks }: WorldVpc): FilterContents {
  return {
    chains: new Map(),
    sets: new Map([["blocks", setOf("addresses-and-protocols", blocks.flatMap(addressesOf).map(rangeElement))]]),
  };
}

export const withinChain = (vpcId: string): string => `within.${vpcId}`;

/** Lets through what stays in a VPC, of who may send everything to everybody. */
export function withinPart(vpcId: string, vpc: WorldVpc | undefined): FilterContents {
  const blocks = (vpc?.blocks ?? []).filter((block) => parseCidr(block));
  return {
    chains: new Map([[withinChain(vpcId), { rules: blocks.map((block) => rule(accept, inBlock("destination", block))) }]]),
    sets: new Map(),
  };
}

/** The network that this host has for a VPC: what comes over its bridge is looked at. */
export function networkPart({ bridge, block }: { readonly bridge: string; readonly block: string }): FilterContents {
  const cidr = parseCidr(block);
  return {
    chains: new Map(),
    sets: new Map([
      ["bridges", setOf("interfaces", [bridge])],
      ["gateways", setOf("addresses", cidr ? [routerOf(cidr), resolverOf(cidr)] : [])],
    ]),
  };
}

/** A port of a task to which the proxy of Service Connect leads, from this host's own address in the VPC. */
export function connectedPart({ address, port }: { readonly address: string; readonly port: number }): FilterContents {
  return { chains: new Map(), sets: new Map([["connected", setOf("addresses-protocols-and-ports", [`${address} . ${TCP} . ${port}`])]]) };
}

/** A port of this host's link-local address at which there is something for tasks. */
export function doorPart({ id }: { readonly id: string }): FilterContents {
  return { chains: new Map(), sets: new Map([["doors", setOf("protocols-and-ports", [`${TCP} . ${id}`])]]) };
}

/** A name server of this host. */
export function resolverPart({ id }: { readonly id: string }): FilterContents {
  return { chains: new Map(), sets: new Map([["resolvers", setOf("addresses", [id])]]) };
}
