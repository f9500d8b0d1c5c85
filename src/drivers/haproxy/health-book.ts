import type { ProxyBackend, ProxyConfiguration, ProxyServer, ServerHealthReport } from "../../ports/traffic-proxy.ts";
import { observeHealth, type Health, type ObservedHealth } from "./server-health.ts";
import { backendName } from "./server-names.ts";
import { rowsByBackend, type ServerRow } from "./stat-table.ts";

/** What is known of each server's health, and what of it was told already. */
export class HealthBook {
  /** By backend and server; neither id has a slash. */
  readonly #known = new Map<string, ObservedHealth>();
  /** Those of them that are not healthy or unhealthy yet. */
  readonly #initial = new Set<string>();
  /** Those of them that will be unhealthy by time alone, and in how many seconds. */
  readonly #failing = new Map<string, number>();
  readonly #told = new Map<string, string>();

  /** Takes up servers that are new with the health that the caller knows, and forgets those that are gone. */
  expect(configuration: ProxyConfiguration): void {
    const present = new Set<string>();
    for (const backend of configuration.backends) {
      for (const server of backend.servers) {
        const key = keyOf(backend, server);
        present.add(key);
        if (!this.#known.has(key)) this.#note(key, { health: backend.healthCheck.kind === "none" ? "healthy" : server.health });
      }
    }
    for (const those of [this.#known, this.#told, this.#initial, this.#failing]) {
      for (const key of those.keys()) if (!present.has(key)) those.delete(key);
    }
  }

  #note(key: string, observed: ObservedHealth): void {
    this.#known.set(key, observed);
    if (observed.health === "initial") this.#initial.add(key);
    else this.#initial.delete(key);
    if (observed.unhealthyIn === undefined) this.#failing.delete(key);
    else this.#failing.set(key, observed.unhealthyIn);
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
        const before = this.#known.get(keyOf(backend, server));
        const keepsCause = observed.cause === undefined && observed.health === before?.health && before.cause !== undefined;
        this.#note(keyOf(backend, server), keepsCause ? { ...observed, cause: before.cause } : observed);
        isOther ||= observed.health !== before?.health;
      }
    }
    return isOther;
  }

  of(backend: ProxyBackend, server: ProxyServer): Health {
    return this.#known.get(keyOf(backend, server))?.health ?? server.health;
  }

  /** Seconds until targets that fail from the beginning count as unhealthy. */
  deadlines(): readonly number[] {
    return [...this.#failing.values()];
  }

  /** The ids of backends that have servers which are initial. Takes time proportional to these. */
  initial(): ReadonlySet<string> {
    return new Set([...this.#initial].map((key) => key.slice(0, key.indexOf("/"))));
  }

  /** Reports that were not told yet; they count as told from now on. */
  changes(configuration: ProxyConfiguration): readonly ServerHealthReport[] {
    return configuration.backends.flatMap((backend) =>
      backend.servers.flatMap((server) => {
        const key = keyOf(backend, server);
        const known = this.#known.get(key) ?? { health: server.health };
        const told = JSON.stringify([known.health, known.cause]);
        if (this.#told.get(key) === told) return [];
        this.#told.set(key, told);
        return [
          { backend: backend.id, server: server.id, health: known.health, ...(known.cause === undefined ? {} : { cause: known.cause }) },
        ];
      }),
    );
  }

  /** After the proxy was started anew, every server is told again. */
  forgetTold(): void {
    this.#told.clear();
  }
}

function keyOf(backend: ProxyBackend, server: ProxyServer): string {
  return `${backend.id}/${server.id}`;
}
