import {
  ListenerBindError,
  RefusedPartsError,
  type ListenerBindFailure,
  type ProxyBackend,
  type ProxyConfiguration,
  type ProxyServer,
  type ServerHealthReport,
  type TrafficProxy,
} from "../ports/traffic-proxy.ts";

import { fakeAnswer, type FakeAnswer, type FakeRequest } from "./fake-routing.ts";

type Observed = Pick<ServerHealthReport, "health" | "cause">;

/**
 * The proxy of a simulated world: it carries nothing beyond saying where a request would go, and its health checks see what the test says they see.
 * It outlives `close`, as the real one does: `reopen` gives the next control plane's view of the same proxy.
 */
export class FakeTrafficProxy implements TrafficProxy {
  /** What `apply` last brought about. */
  configuration: ProxyConfiguration = { listeners: [], backends: [] };
  /** How often a configuration was brought about. */
  applied = 0;
  stopped = false;
  readonly #listeners = new Set<(report: ServerHealthReport) => void>();
  readonly #observed = new Map<string, Observed>();
  readonly #told = new Map<string, string>();
  readonly #sessions = new Map<string, number>();
  /** Ports, and `address port` where it is taken on one address. */
  readonly #taken = new Set<number | string>();
  readonly #failures: Error[] = [];
  #waiting: { configuration: ProxyConfiguration; readonly done: Promise<void> } | undefined;

  apply(configuration: ProxyConfiguration): Promise<void> {
    if (this.#waiting !== undefined) {
      this.#waiting.configuration = configuration;
      return this.#waiting.done;
    }
    const done = Promise.resolve().then(() => {
      const wanted = this.#waiting?.configuration ?? configuration;
      this.#waiting = undefined;
      this.#bringAbout(wanted);
    });
    this.#waiting = { configuration, done };
    return done;
  }

  onHealth(listener: (report: ServerHealthReport) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => this.#listeners.delete(listener) };
  }

  activeSessions(backend: string, server: string): Promise<number> {
    return Promise.resolve(this.sessionsOf(backend, server));
  }

  sessionsOf(backend: string, server: string): number {
    return this.#sessions.get(`${backend}/${server}`) ?? 0;
  }

  close(): Promise<void> {
    this.#listeners.clear();
    return Promise.resolve();
  }

  stop(): Promise<void> {
    this.stopped = true;
    return this.close();
  }

  /** The same proxy for the next control plane, which has been told nothing yet. */
  reopen(): this {
    this.#listeners.clear();
    this.#told.clear();
    return this;
  }

  /** From now on the checks of this server see this. A server that drains is not checked. */
  see(backend: string, server: string, health: ServerHealthReport["health"], cause?: ServerHealthReport["cause"]): void {
    this.#observed.set(`${backend}/${server}`, cause === undefined ? { health } : { health, cause });
    this.#report();
  }

  /** The servers that new requests go to, with the ids of their backends. */
  inRotation(): readonly (ProxyServer & { readonly backend: string })[] {
    return this.configuration.backends.flatMap(({ id: backend, servers }) =>
      servers
        .filter(({ id, draining }) => !draining && this.#observed.get(`${backend}/${id}`)?.health === "healthy")
        .map((server) => ({ ...server, backend })),
    );
  }

  /** How many requests this server has under way. */
  carry(backend: string, server: string, sessions: number): void {
    this.#sessions.set(`${backend}/${server}`, sessions);
  }

  /** What a client on loopback, unless said otherwise, gets for a request; `undefined` where nobody answers. */
  answer(port: number, head: string, from: Partial<FakeRequest> = {}): FakeAnswer | undefined {
    return fakeAnswer(this.configuration, { address: "127.0.0.1", client: "127.0.0.1", ...from, port, head });
  }

  /** Somebody else has this port, on every address unless one is named. */
  take(port: number, address?: string): void {
    this.#taken.add(address === undefined ? port : `${address} ${port}`);
  }

  release(port: number, address?: string): void {
    this.#taken.delete(address === undefined ? port : `${address} ${port}`);
  }

  /** The next configuration is refused with this error, and changes nothing, unless only parts of it are refused. */
  failNext(error: Error): void {
    this.#failures.push(error);
  }

  #bringAbout(configuration: ProxyConfiguration): void {
    const failure = this.#failures.shift();
    if (failure !== undefined && !(failure instanceof RefusedPartsError)) throw failure;
    this.configuration = configuration;
    this.applied += 1;
    const present = new Set(configuration.backends.flatMap((backend) => backend.servers.map((server) => `${backend.id}/${server.id}`)));
    for (const map of [this.#observed, this.#told, this.#sessions]) {
      for (const key of map.keys()) if (!present.has(key)) map.delete(key);
    }
    this.#report();
    const [first, ...others] = [...configuration.listeners, ...(configuration.streams ?? []), ...(configuration.aliases ?? [])].flatMap(
      ({ id, addresses, port }): ListenerBindFailure[] =>
        addresses
          .filter((address) => this.#taken.has(port) || this.#taken.has(`${address} ${port}`))
          .map((address) => ({ listener: id, address, port })),
    );
    if (first !== undefined) throw new ListenerBindError([first, ...others]);
    if (failure !== undefined) throw failure;
  }

  #report(): void {
    for (const backend of this.configuration.backends) {
      for (const server of backend.servers) this.#reportServer(backend, server);
    }
  }

  #reportServer(backend: ProxyBackend, server: ProxyServer): void {
    const key = `${backend.id}/${server.id}`;
    if (server.draining && this.#told.has(key)) return;
    const unseen: Observed = { health: backend.healthCheck.kind === "none" ? "healthy" : server.health };
    const observed = this.#observed.get(key) ?? unseen;
    this.#observed.set(key, observed);
    const told = JSON.stringify(observed);
    if (this.#told.get(key) === told) return;
    this.#told.set(key, told);
    for (const listener of this.#listeners) listener({ backend: backend.id, server: server.id, ...observed });
  }
}
