import type {
  NetworkWorld,
  WorldAcl,
  WorldGroup,
  WorldInterface,
  WorldRouteTable,
  WorldSubnet,
  WorldVpc,
} from "../../domain/network-world.ts";
import type { FilterChange, FilterContents } from "../../domain/packet-filter.ts";
import { aclPart, isOpenAcl, subnetPart } from "./acl-part.ts";
import { allOf, combinationOf, combinationPart, type Combination, type LetsAll } from "./combination-part.ts";
import { groupPart } from "./group-part.ts";
import { Holdings } from "./holdings.ts";
import { connectedPart, doorPart, interfacePart, networkPart, resolverPart, vpcPart, withinPart } from "./interface-part.ts";
import { SetsByKey } from "./sets-by-key.ts";
import { skeletonOf } from "./skeleton.ts";
import { wayChain, wayPart, type Surroundings, type WayKey } from "./way-part.ts";

/** The network that this host has for a VPC: the bridge's name on this host, and the block of the network. */
export interface HostNetwork {
  readonly id: string;
  readonly bridge: string;
  readonly block: string;
}

/** A port of a task to which the proxy of Service Connect leads. */
export interface ConnectedPort {
  readonly id: string;
  readonly address: string;
  readonly port: number;
}

/** What a compiler is told of, by sort; `networks` has the id of the network: a VPC has one for each of its blocks. */
export type Sorts = { [Sort in keyof NetworkWorld]: NetworkWorld[Sort][number] } & {
  readonly networks: HostNetwork;
  readonly connectedPorts: ConnectedPort;
  /** Name servers of this host, by their addresses. */
  readonly resolvers: { readonly id: string };
  /** Ports of this host's link-local address at which there is something for tasks. */
  readonly doors: { readonly id: string };
};
export type Sort = keyof Sorts;

/** A piece of the filter's contents, and the pieces without which it makes no sense. */
interface Part {
  readonly contents: FilterContents;
  readonly needs: readonly string[];
  /** What the pieces that need it look at: they are made anew where that is another one. */
  readonly outline?: string;
}

/**
 * What the filter is to hold, from what is in VPCs. It is told of one thing after the other, and says what changes; equal worlds give equal contents, in whatever
 * order they came about. A group, an ACL or a route table that no interface has is not in the filter, or no longer after two calls of `sweep`: no packet comes to it meanwhile,
 * and where the next interface has it again, that is some elements.
 *
 * What a change costs: of a group, its rules, and where it begins or ceases to let all of TCP or UDP through for everybody, the interfaces that have it; of an interface, its groups; of
 * an ACL that begins or ceases to let everything through, the interfaces in its subnets; of anything that routes lead to, the route tables of its VPC.
 */
export class FilterCompiler {
  readonly #world: { readonly [S in Sort]: Map<string, Sorts[S]> } = {
    ...{ vpcs: new Map(), subnets: new Map(), interfaces: new Map(), groups: new Map(), acls: new Map(), routeTables: new Map() },
    ...{ internetGateways: new Map(), natGateways: new Map(), peerings: new Map(), prefixLists: new Map(), networks: new Map() },
    connectedPorts: new Map(),
    resolvers: new Map(),
    doors: new Map(),
  };
  readonly #holdings = new Holdings();
  readonly #parts = new Map<string, Part>();
  /** How often a part is needed, and by which. */
  readonly #neededBy = new SetsByKey();
  readonly #dirty = new Set<string>(["skeleton"]);
  /** Parts that nothing needs any more, and that are kept for who may need them again; those that the last sweep saw. */
  readonly #idle = new Set<string>();
  #idleBefore: ReadonlySet<string> = new Set();
  readonly #interfacesOfSubnet = new SetsByKey();
  readonly #subnetsOfAcl = new SetsByKey();
  readonly #groupsOfPrefixList = new SetsByKey();
  readonly #peeringsOfVpc = new SetsByKey();
  /** Interfaces of Network Load Balancers. */
  readonly #balancers = new Set<string>();
  /** The ways that are in use. */
  readonly #ways = new Map<string, WayKey>();
  readonly #waysOfVpc = new SetsByKey();
  readonly #combinations = new Map<string, Combination>();

  /** What is so from now on. */
  tell<S extends Sort>(sort: S, value: Sorts[S]): void {
    this.#replace(sort, value.id, value);
  }

  /** What is not any more. */
  forget(sort: Sort, id: string): void {
    this.#replace(sort, id, undefined);
  }

  /** What has changed about the contents since this was last called; at first, all. */
  change(): FilterChange {
    while (this.#dirty.size > 0) {
      for (const key of this.#dirty) {
        this.#dirty.delete(key);
        this.#compile(key);
      }
    }
    return this.#holdings.change();
  }

  /** Whether there is something that nothing needs any more. */
  get hasIdle(): boolean {
    return this.#idle.size > 0;
  }

  /** Has the next `change()` take out what nothing has needed since before the last call. Costs what is idle. */
  sweep(): void {
    for (const key of this.#idleBefore) if (this.#idle.delete(key)) this.#touch(key);
    this.#idleBefore = new Set(this.#idle);
  }

  /** All that the filter is to hold, as of the last `change()`. */
  contents(): FilterContents {
    return this.#holdings.contents();
  }

  #replace<S extends Sort>(sort: S, id: string, value: Sorts[S] | undefined): void {
    const table: Map<string, Sorts[S]> = this.#world[sort];
    const before = table.get(id);
    if (value) table.set(id, value);
    else table.delete(id);
    this.#changed[sort](before, value);
  }

  readonly #changed: { readonly [S in Sort]: (before: Sorts[S] | undefined, after: Sorts[S] | undefined) => void } = {
    interfaces: (before, after) => {
      this.#index(this.#interfacesOfSubnet, before?.subnetId, after?.subnetId, (before ?? after)?.id);
      this.#touch(`interface ${(before ?? after)?.id}`);
      const had = this.#balancers.size > 0;
      if (before?.kind === "network-load-balancer") this.#balancers.delete(before.id);
      if (after?.kind === "network-load-balancer") this.#balancers.add(after.id);
      if (had !== this.#balancers.size > 0) this.#touch("skeleton");
    },
    groups: (before, after) => {
      const id = (before ?? after)?.id ?? "";
      for (const list of listsOf(before)) this.#groupsOfPrefixList.remove(list, id);
      for (const list of listsOf(after)) this.#groupsOfPrefixList.add(list, id);
      this.#touch(`group ${id}`);
    },
    subnets: (before, after) => {
      const id = (before ?? after)?.id ?? "";
      this.#index(this.#subnetsOfAcl, before?.aclId, after?.aclId, id);
      this.#touch(`subnet ${id}`);
      this.#touchInterfaces(this.#interfacesOfSubnet.of(id));
      this.#touchWays((before ?? after)?.vpcId);
    },
    acls: (before, after) => {
      const id = (before ?? after)?.id ?? "";
      this.#touch(`acl ${id}`);
      if (isAsked(before) === isAsked(after)) return;
      for (const subnet of this.#subnetsOfAcl.of(id)) {
        this.#touchInterfaces(this.#interfacesOfSubnet.of(subnet));
        this.#touchWays(this.#subnet(subnet)?.vpcId);
      }
    },
    vpcs: (before, after) => {
      const id = (before ?? after)?.id ?? "";
      this.#touch(`vpc ${id}`);
      this.#touch(`within ${id}`);
      this.#touchWays(id);
      for (const peering of this.#peeringsOfVpc.of(id))
        for (const vpc of this.#world.peerings.get(peering)?.vpcIds ?? []) this.#touchWays(vpc);
    },
    resolvers: (before, after) => this.#touch(`resolver ${(before ?? after)?.id}`),
    doors: (before, after) => this.#touch(`door ${(before ?? after)?.id}`),
    connectedPorts: (before, after) => this.#touch(`connected ${(before ?? after)?.id}`),
    networks: (before, after) => this.#touch(`network ${(before ?? after)?.id}`),
    routeTables: (before, after) => this.#touchWays((before ?? after)?.vpcId),
    internetGateways: (before, after) => {
      this.#touchWays(before?.vpcId);
      this.#touchWays(after?.vpcId);
    },
    natGateways: (before, after) => {
      for (const nat of [before, after]) this.#touchWays(this.#world.subnets.get(nat?.subnetId ?? "")?.vpcId);
    },
    peerings: (before, after) => {
      const id = (before ?? after)?.id ?? "";
      for (const vpc of before?.vpcIds ?? []) this.#peeringsOfVpc.remove(vpc, id);
      for (const vpc of after?.vpcIds ?? []) this.#peeringsOfVpc.add(vpc, id);
      for (const vpc of new Set([...(before?.vpcIds ?? []), ...(after?.vpcIds ?? [])])) this.#touchWays(vpc);
    },
    prefixLists: (before, after) => {
      const id = (before ?? after)?.id ?? "";
      for (const group of this.#groupsOfPrefixList.of(id)) this.#touch(`group ${group}`);
      for (const [chain, { routeTableId }] of this.#ways)
        if (this.#world.routeTables.get(routeTableId)?.routes.some(({ destination }) => destination === id)) this.#touch(`way ${chain}`);
    },
  };

  #index(index: SetsByKey, before: string | undefined, after: string | undefined, id = ""): void {
    if (before === after) return;
    if (before !== undefined) index.remove(before, id);
    if (after !== undefined) index.add(after, id);
  }

  #touch(key: string): void {
    this.#dirty.add(key);
  }

  #touchInterfaces(ids: Iterable<string>): void {
    for (const id of ids) this.#touch(`interface ${id}`);
  }

  #touchWays(vpcId: string | undefined): void {
    for (const chain of this.#waysOfVpc.of(vpcId ?? "")) this.#touch(`way ${chain}`);
  }

  /** Makes a part anew, where it is still needed, and has those made that it needs. */
  #compile(key: string): void {
    const before = this.#parts.get(key);
    const at = key.indexOf(" ");
    const after = this.#isNeeded(key) ? this.#make(key.slice(0, at), key.slice(at + 1), key) : undefined;
    if (!before && !after) return;
    this.#holdings.replace(before?.contents, after?.contents);
    if (after) this.#parts.set(key, after);
    else this.#drop(key);
    if (before && after && before.outline !== after.outline) for (const user of this.#neededBy.of(key)) this.#touch(user);
    for (const need of after?.needs ?? [])
      if (!before?.needs.includes(need)) {
        this.#neededBy.add(need, key);
        this.#idle.delete(need);
        if (!this.#parts.has(need)) this.#touch(need);
      }
    for (const need of before?.needs ?? [])
      if (!after?.needs.includes(need)) {
        this.#neededBy.remove(need, key);
        if (!this.#neededBy.has(need)) this.#idle.add(need);
      }
  }

  #drop(key: string): void {
    this.#parts.delete(key);
    if (key.startsWith("combination ")) this.#combinations.delete(key.slice(12));
    const chain = key.startsWith("way ") ? key.slice(4) : "";
    const way = this.#ways.get(chain);
    if (way) this.#waysOfVpc.remove(way.vpcId, chain);
    this.#ways.delete(chain);
  }

  #isNeeded(key: string): boolean {
    return /^(skeleton|interface |vpc |network |connected |resolver |door )/.test(key) || this.#neededBy.has(key) || this.#idle.has(key);
  }

  #make(sort: string, id: string, key: string): Part | undefined {
    switch (sort) {
      case "interface":
        return this.#interface(this.#world.interfaces.get(id));
      case "combination":
        return this.#combination(id);
      case "group":
        return this.#groupPart(this.#group(id));
      case "subnet":
        return part(this.#world.subnets.get(id) ?? unknownSubnet(id), subnetPart, ({ aclId }) => [`acl ${aclId}`]);
      case "acl":
        return part(this.#acl(id), aclPart);
      case "way":
        return this.#way(id);
      case "vpc":
        return part(this.#world.vpcs.get(id), vpcPart);
      case "within":
        return { contents: withinPart(id, this.#world.vpcs.get(id)), needs: [] };
      case "resolver":
        return part(this.#world.resolvers.get(id), resolverPart);
      case "door":
        return part(this.#world.doors.get(id), doorPart);
      case "connected":
        return part(this.#world.connectedPorts.get(id), connectedPart);
      case "network":
        return part(this.#world.networks.get(id), networkPart);
      default:
        return key === "skeleton" ? { contents: skeletonOf({ hasBalancers: this.#balancers.size > 0 }), needs: [] } : undefined;
    }
  }

  #interface(one: WorldInterface | undefined): Part | undefined {
    if (!one) return undefined;
    const subnet = this.#world.subnets.get(one.subnetId);
    const way: WayKey = { vpcId: one.vpcId, routeTableId: subnet?.routeTableId ?? "", isPublic: one.publicAddress !== undefined };
    const hasAcl = this.#hasAcl(one.subnetId);
    const chain = wayChain(way);
    // Kept as long as something needs it: a part that is made anew looks here.
    this.#ways.set(chain, way);
    this.#waysOfVpc.add(one.vpcId, chain);
    const combination = combinationOf(one);
    if (combination) this.#combinations.set(combination.id, combination);
    return {
      contents: interfacePart(one, { way, hasAcl, all: this.#allOf(combination) }),
      needs: [
        ...(combination ? [`combination ${combination.id}`] : []),
        ...(hasAcl ? [`subnet ${one.subnetId}`] : []),
        ...[`way ${chain}`, `within ${one.vpcId}`],
      ],
    };
  }

  #combination(id: string): Part | undefined {
    const found = this.#combinations.get(id);
    if (!found) return undefined;
    const outline = JSON.stringify(this.#allOf(found));
    return { contents: combinationPart(found), needs: found.groups.map((group) => `group ${group}`), outline };
  }

  #allOf(combination: Combination | undefined): LetsAll {
    return allOf((combination?.groups ?? []).map((group) => this.#group(group)));
  }

  #groupPart(group: WorldGroup): Part {
    return { contents: groupPart(group, this.#surroundings.blocksOf), needs: [], outline: JSON.stringify(allOf([group])) };
  }

  /** One that is gone, or not told of yet, lets nothing through. */
  #group(id: string): WorldGroup {
    return this.#world.groups.get(id) ?? { id, vpcId: "", ingress: [], egress: [] };
  }

  #acl(id: string): WorldAcl {
    return this.#world.acls.get(id) ?? { id, ingress: [], egress: [] };
  }

  #way(chain: string): Part | undefined {
    const key = this.#ways.get(chain);
    if (!key) return undefined;
    const { contents, subnets } = wayPart(key, this.#world.routeTables.get(key.routeTableId)?.routes ?? [], this.#surroundings);
    return { contents, needs: subnets.map((subnet) => `subnet ${subnet}`) };
  }

  readonly #surroundings: Surroundings = {
    vpc: (id): WorldVpc | undefined => this.#world.vpcs.get(id),
    routeTableOfSubnet: (id): WorldRouteTable | undefined => this.#world.routeTables.get(this.#subnet(id)?.routeTableId ?? ""),
    vpcOfSubnet: (id) => this.#subnet(id)?.vpcId,
    gateway: (id) => this.#world.internetGateways.get(id),
    nat: (id) => this.#world.natGateways.get(id),
    peering: (id) => this.#world.peerings.get(id),
    blocksOf: (id) => this.#world.prefixLists.get(id)?.blocks ?? [],
    hasAcl: (id) => this.#hasAcl(id),
  };

  /** One that is not told of has one that lets nothing through. */
  #hasAcl(subnetId: string): boolean {
    const subnet = this.#subnet(subnetId);
    return subnet === undefined || isAsked(this.#world.acls.get(subnet.aclId));
  }

  #subnet(id: string): WorldSubnet | undefined {
    return this.#world.subnets.get(id);
  }
}

function part<T>(
  value: T | undefined,
  make: (value: T) => FilterContents,
  needs: (value: T) => readonly string[] = () => [],
): Part | undefined {
  return value === undefined ? undefined : { contents: make(value), needs: needs(value) };
}

/** Lets nothing through. */
function unknownSubnet(id: string): WorldSubnet {
  return { id, vpcId: "", block: "255.255.255.255/32", aclId: "", routeTableId: "" };
}

function isAsked(acl: WorldAcl | undefined): boolean {
  return !acl || !isOpenAcl(acl);
}

function listsOf(group: WorldGroup | undefined): readonly string[] {
  return [...(group?.ingress ?? []), ...(group?.egress ?? [])].flatMap(({ peer }) =>
    peer.kind === "prefix-list" ? peer.prefixListId : [],
  );
}
