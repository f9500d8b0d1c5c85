import type { ProxyBackend, ProxyConfiguration, ProxyServer, ServerHealthReport } from "../../ports/traffic-proxy.ts";
import { observeHealth, type Health, type ObservedHealth } from "./server-health.ts";
import { backendName } from "./server-names.ts";
import { rowsByBackend, type ServerRow } from "./stat-table.ts";

interface Known {
  /** The id of its backend. */
  readonly backend: string;
  observed: ObservedHealth;
  /** What was told of it last. */
  told?: string;
}

/** What is known of each server's health, and what of it was told already. */
export class HealthBook {
  /** By the ids of backend and server, with the backend that was expected last. */
  readonly #known = new Map<string, { expected: ProxyBackend; readonly servers: Map<string, Known> }>();
  /** Those that are not healthy or unhealthy yet. */
  readonly #initial = new Set<Known>();
  /** Those that will be unhealthy by time alone. */
  readonly #failing = new Set<Known>();

  /**
   * Takes up servers that are new with the health that the caller knows, and forgets those that are gone. A backend that is the object that was expected last
   * is not looked into: time is proportional to the backends, and to the servers of those that changed.
   */
  expect({ backends }: ProxyConfiguration): void {
    for (const backend of backends) if (this.#known.get(backend.id)?.expected !== backend) this.#expectServers(backend);
    if (this.#known.size === backends.length) return;
    const present = new Set(backends.map(({ id }) => id));
    for (const [id, { servers }] of this.#known) {
      if (present.has(id)) continue;
      this.#known.delete(id);
      for (const gone of servers.values()) this.#forget(gone);
    }
  }

  #expectServers(backend: ProxyBackend): void {
    const known = this.#known.get(backend.id) ?? { expected: backend, servers: new Map<string, Known>() };
    known.expected = backend;
    this.#known.set(backend.id, known);
    const { servers } = known;
    for (const server of backend.servers)
      if (!servers.has(server.id)) this.#note(backend, server, { health: backend.healthCheck.kind === "none" ? "healthy" : server.health });
    const present = new Set(backend.servers.map(({ id }) => id));
    for (const [id, gone] of servers) {
      if (present.has(id)) continue;
      servers.delete(id);
      this.#forget(gone);
    }
  }

  #forget(gone: Known): void {
    this.#initial.delete(gone);
    this.#failing.delete(gone);
  }

  #note(backend: ProxyBackend, server: ProxyServer, observed: ObservedHealth): void {
    const servers = this.#known.get(backend.id)?.servers;
    const known = servers?.get(server.id) ?? { backend: backend.id, observed };
    servers?.set(server.id, known);
    known.observed = observed;
    if (observed.health === "initial") this.#initial.add(known);
    else this.#initial.delete(known);
    if (observed.unhealthyIn === undefined) this.#failing.delete(known);
    else this.#failing.add(known);
  }

  #find(backend: ProxyBackend, server: ProxyServer): Known | undefined {
    return this.#known.get(backend.id)?.servers.get(server.id);
  }

  /** Takes over what HAProxy says. Where it has no reason yet, the one known from before stands. Tells whether any server's health is another. */
  observe(rows: readonly ServerRow[], configuration: ProxyConfiguration): boolean {
    const backends = rowsByBackend(rows);
    let isOther = false;
    for (const backend of configuration.backends) {
      const table = backends.get(backendName(backend.id)) ?? new Map<string, ServerRow>();
      for (const server of backend.servers) {
        const observed = server.draining ? undefined : observeHealth(backend, server, table);
        if (observed === undefined) continue;
        const before = this.#find(backend, server)?.observed;
        const keepsCause = observed.cause === undefined && observed.health === before?.health && before.cause !== undefined;
        this.#note(backend, server, keepsCause ? { ...observed, cause: before.cause } : observed);
        isOther ||= observed.health !== before?.health;
      }
    }
    return isOther;
  }

  of(backend: ProxyBackend, server: ProxyServer): Health {
    return this.#find(backend, server)?.observed.health ?? server.health;
  }

  /** Of what is known, by ids. */
  isHealthy(backend: string, server: string): boolean {
    return this.#known.get(backend)?.servers.get(server)?.observed.health === "healthy";
  }

  /** Seconds until targets that fail from the beginning count as unhealthy. */
  deadlines(): readonly number[] {
    return [...this.#failing].flatMap(({ observed }) => observed.unhealthyIn ?? []);
  }

  /** The ids of backends that have servers which are initial. Takes time proportional to these. */
  initial(): ReadonlySet<string> {
    return new Set([...this.#initial].map(({ backend }) => backend));
  }

  /** Reports on servers that were expected and were not told yet; they count as told from now on. */
  changes(configuration: ProxyConfiguration): readonly ServerHealthReport[] {
    return configuration.backends.flatMap((backend) =>
      backend.servers.flatMap((server) => {
        const known = this.#find(backend, server);
        if (!known) return [];
        const { health, cause } = known.observed;
        const told = JSON.stringify([health, cause]);
        if (known.told === told) return [];
        known.told = told;
        return [{ backend: backend.id, server: server.id, health, ...(cause === undefined ? {} : { cause }) }];
      }),
    );
  }

  /** After the proxy was started anew, every server is told again. */
  forgetTold(): void {
    for (const { servers } of this.#known.values()) for (const known of servers.values()) delete known.told;
  }
}
