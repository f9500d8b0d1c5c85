import type { ProxyAlias, ProxyBackend, ProxyClientSet, ProxyConfiguration, ProxyServer } from "../../ports/traffic-proxy.ts";
import { services, tasks, type ConnectEndpoint } from "../../state/ecs.ts";
import { aliasKey, connectAddresses, connectServers, endpointsOf, type ConnectServerRecord } from "../../state/ecs-connect.ts";
import type { WholeState } from "../../state/state.ts";
import type { HeldAddresses } from "../load-balancing/own-places.ts";
import { isChecked, isWell } from "./connect-servers.ts";
import { classesOf, type ServerDoors, type TaskClass } from "./server-doors.ts";

/** What the proxy is to have of Service Connect. */
export interface ConnectView {
  readonly configuration: ProxyConfiguration;
  /** The clients of each namespace, by its id. */
  readonly clients: ReadonlyMap<string, ReadonlySet<string>>;
  /** The addresses at which something is offered, and those of them that this host does not have yet. */
  readonly listening: ReadonlySet<string>;
  readonly awaited: ReadonlySet<string>;
}

/** What follows from what services offer, and from the addresses that there are. */
interface Layout extends Pick<ConnectView, "listening" | "awaited"> {
  readonly held: readonly HeldAddresses[];
  readonly aliases: readonly ProxyAlias[];
  readonly namespaceIds: readonly string[];
  /** One for each backend. */
  readonly offered: readonly ConnectEndpoint[];
}

/**
 * How a server that fails comes back: three checks, 15 s apart, after which it has been out for 30 to 45 s. On AWS it is out for 30 s, and for longer each time, up to
 * 300 s. Whether something listens is all that is looked at. Source: Amazon ECS Developer Guide, "Service Connect components": outlier detection.
 */
const CHECK: ProxyBackend["healthCheck"] = {
  ...{ kind: "tcp", path: "/", matcher: "200", interval: 15, timeout: 5, healthyThreshold: 3, unhealthyThreshold: 5 },
};

/** Not more than half of the servers are left out, as on AWS. */
const MINIMUM_HEALTHY: NonNullable<ProxyBackend["minimumHealthy"]> = { count: 1, percentage: 50 };

/** Makes the view, each from the one before: what was noted is looked at anew, and what was not is the same object again. */
export class ConnectViews {
  readonly #state: WholeState;
  /** What each service offers. */
  readonly #offers = new Map<string, readonly ConnectEndpoint[]>();
  /** By the ids of the Cloud Map services. */
  readonly #backends = new Map<string, ProxyBackend>();
  readonly #sets = new Map<string, ProxyClientSet>();
  readonly #clients = new Map<string, ReadonlySet<string>>();
  /** Whom the servers of an endpoint do not let in, by the ids of the Cloud Map services; and of whom that was told. */
  readonly #barred = new Map<string, ProxyClientSet>();
  readonly #barredFor = new Map<string, string>();
  readonly #classes = new Map<string, readonly TaskClass[]>();
  readonly #doors: ServerDoors | undefined;
  #layout: Layout | undefined;
  readonly #dirtyServices = new Set<string>();
  readonly #dirtyBackends = new Set<string>();
  readonly #dirtySets = new Set<string>();

  /** @param doors none where nothing enforces what security groups say */
  constructor(state: WholeState, doors: ServerDoors | undefined) {
    this.#state = state;
    this.#doors = doors;
    for (const { arn, status } of state.table(services).values()) if (status !== "INACTIVE") this.#dirtyServices.add(arn);
  }

  /** What a service offers may have changed. */
  noteService(arn: string): void {
    this.#dirtyServices.add(arn);
  }

  /** Which tasks serve an endpoint, or how they are, may have changed. */
  noteServers(discoveryServiceId: string): void {
    this.#dirtyBackends.add(discoveryServiceId);
  }

  /** Which tasks may connect may have changed. */
  noteClients(namespaceId: string): void {
    this.#dirtySets.add(namespaceId);
  }

  /** Whom servers let in may have changed. */
  noteDoors(): void {
    this.#barredFor.clear();
  }

  /** The addresses of names may be others. */
  noteAddresses(): void {
    this.#layout = undefined;
  }

  /**
   * Costs a look at all servers and clients of those that were noted; where a service, an address, or what this host has was, a look at each endpoint, too.
   */
  make(held: readonly HeldAddresses[]): ConnectView {
    for (const arn of this.#dirtyServices) this.#offer(arn);
    if (this.#dirtyServices.size > 0 || this.#layout?.held !== held) this.#layout = undefined;
    this.#dirtyServices.clear();
    const layout = (this.#layout ??= this.#laidOut(held));
    const sets = layout.namespaceIds.map((id) => this.#set(id));
    // Who is not let in is told of before it comes to be a client.
    const barred = layout.offered.map((endpoint) => this.#barredBy(endpoint));
    this.#dirtySets.clear();
    const backends = layout.offered.map((endpoint) => this.#backend(endpoint));
    this.#dirtyBackends.clear();
    const { aliases, listening, awaited } = layout;
    return {
      configuration: { listeners: [], aliases, clientSets: [...barred, ...sets], backends },
      clients: this.#clients,
      listening,
      awaited,
    };
  }

  #laidOut(held: readonly HeldAddresses[]): Layout {
    const endpoints = new Map<string, ConnectEndpoint>();
    const offered = new Map<string, ConnectEndpoint>();
    for (const endpoint of [...this.#offers.values()].flat()) {
      if (!endpoints.has(aliasKey(endpoint))) endpoints.set(aliasKey(endpoint), endpoint);
      if (!offered.has(endpoint.discoveryServiceId)) offered.set(endpoint.discoveryServiceId, endpoint);
    }
    const at = new Map(held.map(({ vpcId, addresses }) => [vpcId, addresses]));
    const awaited = new Set<string>();
    const aliases = [...endpoints.values()].map((endpoint) => this.#alias(endpoint, at, awaited)).toSorted(byId);
    const namespaceIds = [...new Set(aliases.map(({ clientSet }) => clientSet))].toSorted();
    for (const id of this.#sets.keys()) if (!namespaceIds.includes(id)) this.#forget(id);
    for (const id of this.#backends.keys()) if (!offered.has(id)) this.#forgetBackend(id);
    return {
      ...{ held, aliases, awaited, namespaceIds },
      offered: [...offered.values()].toSorted((a, b) => (a.discoveryServiceId < b.discoveryServiceId ? -1 : 1)),
      listening: new Set(aliases.flatMap(({ addresses }) => addresses)),
    };
  }

  #offer(arn: string): void {
    const service = this.#state.table(services).get(arn);
    // A service offers what is its account's own, whatever its record says.
    const offered = service ? endpointsOf(service) : [];
    if (offered.length > 0) this.#offers.set(arn, offered);
    else this.#offers.delete(arn);
    for (const { discoveryServiceId } of offered) this.#dirtyBackends.add(discoveryServiceId);
  }

  #alias(endpoint: ConnectEndpoint, at: ReadonlyMap<string, ReadonlySet<string>>, awaited: Set<string>): ProxyAlias {
    const { alias, namespaceId, discoveryServiceId } = endpoint;
    const addresses = this.#state.table(connectAddresses).by("name", `${namespaceId}/${alias.dnsName}`);
    const present = addresses.filter(({ vpcId, address }) => at.get(vpcId)?.has(address)).map(({ address }) => address);
    for (const { address } of addresses) if (!present.includes(address)) awaited.add(address);
    const name = alias.dnsName.replaceAll("_", "_u").replaceAll(".", "_d");
    return {
      id: `${discoveryServiceId}-${name}-${alias.port}`,
      addresses: present.toSorted(),
      port: alias.port,
      clientSet: namespaceId,
      barredSet: barredSet(discoveryServiceId),
      backend: discoveryServiceId,
    };
  }

  #set(namespaceId: string): ProxyClientSet {
    const known = this.#sets.get(namespaceId);
    if (known && !this.#dirtySets.has(namespaceId)) return known;
    const members = this.#state.table(tasks).by("connect", namespaceId);
    const addresses = members.flatMap(({ networkInterface }) => networkInterface?.privateIpv4Address ?? []);
    if (this.#doors) this.#classes.set(namespaceId, classesOf(this.#state, members));
    const made = { id: namespaceId, addresses };
    this.#sets.set(namespaceId, made);
    this.#clients.set(namespaceId, new Set(addresses));
    return made;
  }

  #forget(namespaceId: string): void {
    this.#sets.delete(namespaceId);
    this.#clients.delete(namespaceId);
    this.#classes.delete(namespaceId);
  }

  #forgetBackend(id: string): void {
    this.#backends.delete(id);
    this.#barred.delete(id);
    this.#barredFor.delete(id);
  }

  /** The clients that are turned away, though they are of the namespace. Costs a look at each server of a noted endpoint, and at each class of clients where either is others. */
  #barredBy({ namespaceId, discoveryServiceId: id, containerPort, ingressPort = containerPort }: ConnectEndpoint): ProxyClientSet {
    const known = this.#barred.get(id) ?? { id: barredSet(id), addresses: [] };
    this.#barred.set(id, known);
    const isDirty = this.#dirtyBackends.has(id) || this.#dirtySets.has(namespaceId) || !this.#barredFor.has(id);
    if (!this.#doors || !isDirty) return known;
    const serving = this.#state.table(connectServers).by("endpoint", id);
    const staying = serving.filter(({ drainingUntil }) => drainingUntil === undefined);
    const servers = classesOf(
      this.#state,
      staying.flatMap(({ taskArn }) => this.#state.table(tasks).get(taskArn) ?? []),
    );
    const asked = JSON.stringify([ingressPort, servers]);
    if (this.#barredFor.get(id) === asked && !this.#dirtySets.has(namespaceId)) return known;
    this.#barredFor.set(id, asked);
    const addresses = this.#doors.barred(this.#classes.get(namespaceId) ?? [], servers, ingressPort).toSorted();
    if (addresses.join() === known.addresses.join()) return known;
    const made = { ...known, addresses };
    this.#barred.set(id, made);
    return made;
  }

  #backend(endpoint: ConnectEndpoint): ProxyBackend {
    const { discoveryServiceId: id, protocol, idleTimeout, requestTimeout } = endpoint;
    const known = this.#backends.get(id);
    if (known && !this.#dirtyBackends.has(id)) return known;
    const made: ProxyBackend = {
      ...{ id, algorithm: "round_robin", healthCheck: CHECK, minimumHealthy: MINIMUM_HEALTHY },
      ...(protocol === "http2" || protocol === "grpc" ? { version: protocol } : {}),
      connect: { kind: protocol === "tcp" ? "connections" : "requests", idleTimeout, requestTimeout },
      servers: this.#servers(id),
    };
    this.#backends.set(id, made);
    return made;
  }

  /** A task whose own health check has not passed yet gets nothing; one that fails it gets something only where there is no other. */
  #servers(discoveryServiceId: string): readonly ProxyServer[] {
    const all = this.#state.table(connectServers).by("endpoint", discoveryServiceId);
    const staying = all.filter(({ drainingUntil }) => drainingUntil === undefined);
    const well = staying.filter((server) => this.#isWell(server));
    const offered = well.length > 0 ? well : staying.filter(({ passed }) => passed);
    const left = all.filter(({ drainingUntil }) => drainingUntil !== undefined);
    return [...offered, ...left].map((server) => this.#server(server)).toSorted(byId);
  }

  #isWell({ taskArn }: ConnectServerRecord): boolean {
    const task = this.#state.table(tasks).get(taskArn);
    return task !== undefined && isWell(task);
  }

  #server({ taskArn, taskId, address, port, passed, drainingUntil }: ConnectServerRecord): ProxyServer {
    const task = this.#state.table(tasks).get(taskArn);
    // What a task says of itself counts more than whether something listens, and so it need not be waited for.
    const isKnown = passed || (task !== undefined && isChecked(task) && isWell(task));
    return { id: taskId, address, port, draining: drainingUntil !== undefined, health: isKnown ? "healthy" : "initial" };
  }
}

function barredSet(discoveryServiceId: string): string {
  return `barred-${discoveryServiceId}`;
}

function byId(a: { readonly id: string }, b: { readonly id: string }): number {
  return a.id < b.id ? -1 : a.id > b.id ? 1 : 0;
}
