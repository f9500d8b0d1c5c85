import { describe, expect, test } from "vitest";
import {
  ListenerBindError,
  type ProxyBackend,
  type ProxyConfiguration,
  type ProxyRoute,
  type ProxyServer,
  type ProxyStream,
  type ServerHealthReport,
  type TrafficProxy,
} from "../ports/traffic-proxy.ts";

import { RULE_CASES, ruledListener } from "./rule-cases.ts";

/** Where a server of a contract test listens, and what it answers to health checks from now on. */
export interface ContractTarget {
  readonly address: string;
  readonly port: number;
  answer(status: number): void;
}

/** A proxy under test, and the same proxy as a control plane started later finds it. */
export interface TrafficProxyWorld extends AsyncDisposable {
  readonly proxy: TrafficProxy;
  /** A server that answers `status` to health checks. */
  target(status: number): Promise<ContractTarget>;
  /** A port that can be bound on loopback. */
  freePort(): Promise<number>;
  /** A port on loopback that another process has, until disposed. */
  takenPort(): Promise<AsyncDisposable & { readonly port: number }>;
  /** Sends a request's head to a port of loopback as it is; `undefined` where the connection is closed without an answer. */
  ask(port: number, head: string): Promise<{ readonly status: number; readonly body: string } | undefined>;
  /** Lets go of `proxy`; resolves with the next control plane's. */
  restarted(): Promise<TrafficProxy>;
}

/** What every `TrafficProxy` must do, apart from carrying traffic to targets. */
export function trafficProxyContract(name: string, open: () => Promise<TrafficProxyWorld>): void {
  describe(`${name} as a traffic proxy`, () => {
    test("a new target is initial, and one pass makes it healthy", async () => {
      await using world = await open();
      const seen = watchHealth(world.proxy);
      const target = await world.target(503);
      await world.proxy.apply(configuration([serverAt("one", target)], { unhealthyThreshold: 10, interval: 30 }));
      await seen.until((report) => report.health === "initial" && report.cause?.kind === "status");
      target.answer(200);
      await seen.until((report) => report.health === "healthy");
      expect(seen.reports.map((report) => report.health)).not.toContain("unhealthy");
      expect(seen.reports.at(-1)).toEqual({ backend: "web", server: "one", health: "healthy" });
    });

    test("a target that never passes becomes unhealthy, and the code is told", async () => {
      await using world = await open();
      const seen = watchHealth(world.proxy);
      await world.proxy.apply(configuration([serverAt("one", await world.target(418))], { unhealthyThreshold: 2, interval: 1 }));
      const report = await seen.until(({ health }) => health === "unhealthy");
      expect(report.cause).toEqual({ kind: "status", status: 418 });
    });

    test("an unhealthy target needs as many passes as its threshold says", async () => {
      await using world = await open();
      const seen = watchHealth(world.proxy);
      const target = await world.target(500);
      await world.proxy.apply(configuration([serverAt("one", target, { health: "unhealthy" })], { healthyThreshold: 2, interval: 1 }));
      expect(seen.reports.at(-1)?.health).toBe("unhealthy");
      target.answer(200);
      await seen.until(({ health }) => health === "healthy");
    });

    test("a target known to be healthy is told as healthy at once", async () => {
      await using world = await open();
      const seen = watchHealth(world.proxy);
      await world.proxy.apply(configuration([serverAt("one", await world.target(200), { health: "healthy" })]));
      expect(seen.reports).toEqual([{ backend: "web", server: "one", health: "healthy" }]);
    });

    test("without health checks every target is healthy", async () => {
      await using world = await open();
      const seen = watchHealth(world.proxy);
      const backend: ProxyBackend = {
        id: "web",
        algorithm: "round_robin",
        healthCheck: { kind: "none" },
        servers: [serverAt("one", await world.target(500))],
      };
      await world.proxy.apply({ listeners: [], backends: [backend] });
      expect(seen.reports).toEqual([{ backend: "web", server: "one", health: "healthy" }]);
    });

    test("the same configuration again tells nothing anew", async () => {
      await using world = await open();
      const seen = watchHealth(world.proxy);
      const wanted = configuration([serverAt("one", await world.target(200), { health: "healthy" })]);
      await world.proxy.apply(wanted);
      await world.proxy.apply(wanted);
      expect(seen.reports).toHaveLength(1);
    });

    test("a target that left and comes back is told again", async () => {
      await using world = await open();
      const seen = watchHealth(world.proxy);
      const server = serverAt("one", await world.target(200), { health: "healthy" });
      await world.proxy.apply(configuration([server]));
      await world.proxy.apply(configuration([]));
      await world.proxy.apply(configuration([server]));
      expect(seen.reports.map((report) => report.server)).toEqual(["one", "one"]);
    });

    test("a draining target is not told of any more", async () => {
      await using world = await open();
      const seen = watchHealth(world.proxy);
      const one = await world.target(200);
      const two = await world.target(200);
      await world.proxy.apply(configuration([serverAt("one", one, { health: "healthy" })], { unhealthyThreshold: 2, interval: 1 }));
      await world.proxy.apply(
        configuration([serverAt("one", one, { draining: true }), serverAt("two", two)], { unhealthyThreshold: 2, interval: 1 }),
      );
      one.answer(500);
      await seen.until(({ server, health }) => server === "two" && health === "healthy");
      expect(seen.reports.filter(({ server }) => server === "one")).toEqual([{ backend: "web", server: "one", health: "healthy" }]);
    });

    test("of several configurations that wait, the last one counts", async () => {
      await using world = await open();
      const seen = watchHealth(world.proxy);
      const target = await world.target(200);
      const known = { health: "healthy" } as const;
      await Promise.all(["one", "two", "three"].map((id) => world.proxy.apply(configuration([serverAt(id, target, known)]))));
      expect(seen.reports.at(-1)?.server).toBe("three");
      await world.proxy.apply(configuration([serverAt("three", target, known)]));
      expect(seen.reports.at(-1)?.server).toBe("three");
    });

    test("a port that is taken is named, and the rest works", async () => {
      await using world = await open();
      const seen = watchHealth(world.proxy);
      const server = serverAt("one", await world.target(200), { health: "healthy" });
      await using taken = await world.takenPort();
      const wanted = configuration([server]);
      const listeners = [listener("good", await world.freePort()), listener("bad", taken.port)];
      const refused = world.proxy.apply({ ...wanted, listeners });
      await expect(refused).rejects.toThrow(ListenerBindError);
      await expect(refused).rejects.toMatchObject({ listener: "bad", address: "127.0.0.1", port: taken.port });
      expect(seen.reports).toHaveLength(1);
      await taken[Symbol.asyncDispose]();
      await world.proxy.apply({ ...wanted, listeners });
    });

    test("the next control plane is told of every target again, as the proxy sees it", async () => {
      await using world = await open();
      const seen = watchHealth(world.proxy);
      const wanted = configuration([serverAt("one", await world.target(200))]);
      await world.proxy.apply(wanted);
      await seen.until(({ health }) => health === "healthy");
      const next = await world.restarted();
      const seenNext = watchHealth(next);
      await next.apply(wanted);
      expect(seenNext.reports).toEqual([{ backend: "web", server: "one", health: "healthy" }]);
    });

    test("a server without requests has no sessions, nor has one that is not there", async () => {
      await using world = await open();
      await world.proxy.apply(configuration([serverAt("one", await world.target(200), { health: "healthy" })]));
      expect(await world.proxy.activeSessions("web", "one")).toBe(0);
      expect(await world.proxy.activeSessions("web", "other")).toBe(0);
    });

    test("those that share a port are told apart by the one host that a request names", async () => {
      await using world = await open();
      const port = await world.freePort();
      await world.proxy.apply({ listeners: [sharedListener(port)], backends: [] });
      const answers: (readonly [string, string])[] = [];
      for (const [what, head] of HOSTS) {
        const answer = await world.ask(port, `${head}\r\n\r\n`);
        answers.push([what, answer?.status === 400 ? "refused" : String(answer?.body)]);
      }
      expect(answers).toEqual(HOSTS.map(([what, , answer]) => [what, answer]));
    });

    test("a listener serves the clients that it is for, and closes the connections of others", async () => {
      await using world = await open();
      const [served, closed] = [await world.freePort(), await world.freePort()];
      const shop = "GET / HTTP/1.1\r\nHost: shop.example.com\r\n\r\n";
      const listeners = [
        { ...sharedListener(served, ["10.0.0.0/8", "127.0.0.0/8"]), id: "open" },
        { ...sharedListener(closed, ["10.0.0.0/8"]), id: "closed" },
      ];
      await world.proxy.apply({ listeners, backends: [] });
      expect(await world.ask(served, shop)).toMatchObject({ status: 200, body: "ours" });
      expect(await world.ask(closed, shop)).toBeUndefined();
    });

    test("the first rule whose conditions all hold takes a request", async () => {
      await using world = await open();
      const port = await world.freePort();
      await world.proxy.apply({ listeners: [ruledListener(port)], backends: [] });
      const answers = await Promise.all(RULE_CASES.map(async ([what, head]) => [what, (await world.ask(port, `${head}\r\n\r\n`))?.body]));
      expect(answers).toEqual(RULE_CASES.map(([what, , answer]) => [what, answer]));
    });

    test("a disposed listener hears nothing", async () => {
      await using world = await open();
      const reports: ServerHealthReport[] = [];
      world.proxy.onHealth((report) => reports.push(report))[Symbol.dispose]();
      await world.proxy.apply(configuration([serverAt("one", await world.target(200), { health: "healthy" })]));
      expect(reports).toEqual([]);
    });
  });
}

const OURS = "ours-1.elb.localhost";
const THEIRS = "theirs-1.elb.localhost";
const NOBODY = "nobody-1.elb.localhost";

/** Which of those that share a port answers, by the request's head. */
const HOSTS: readonly (readonly [what: string, head: string, answer: string])[] = [
  ["a name", `GET / HTTP/1.1\r\nHost: ${THEIRS}`, "theirs"],
  ["the first one's name", `GET / HTTP/1.1\r\nHost: ${OURS}`, "ours"],
  ["a name with a port", `GET / HTTP/1.1\r\nHost: ${THEIRS}:8080`, "theirs"],
  ["a name in upper case", `GET / HTTP/1.1\r\nHost: ${THEIRS.toUpperCase()}`, "theirs"],
  ["a name with its dot at the end", `GET / HTTP/1.1\r\nHost: ${THEIRS}.`, "theirs"],
  ["all three", `GET / HTTP/1.1\r\nhOST:\t${THEIRS.toUpperCase()}.:80 `, "theirs"],
  ["a name that none of them has", `GET / HTTP/1.1\r\nHost: ${NOBODY}`, "nobody"],
  ["another host", "GET / HTTP/1.1\r\nHost: shop.example.com", "ours"],
  ["another host that begins like a name", `GET / HTTP/1.1\r\nHost: ${THEIRS}.example.com`, "ours"],
  ["another host that ends like a name", `GET / HTTP/1.1\r\nHost: x${THEIRS}`, "nobody"],
  ["an address", "GET / HTTP/1.1\r\nHost: 127.0.0.1", "ours"],
  ["no host", "GET / HTTP/1.0", "ours"],
  ["an empty host", "GET / HTTP/1.1\r\nHost:", "ours"],
  ["a name in the target and the header", `GET http://${THEIRS}/ HTTP/1.1\r\nHost: ${THEIRS}`, "theirs"],
  ["a name in the target alone", `GET http://${THEIRS}/ HTTP/1.0`, "refused"],
  ["a name in the target, another host in the header", `GET http://${THEIRS}/ HTTP/1.1\r\nHost: shop.example.com`, "refused"],
  ["another host in the target, a name in the header", `GET http://shop.example.com/ HTTP/1.1\r\nHost: ${THEIRS}`, "refused"],
  ["two hosts, a name first", `GET / HTTP/1.1\r\nHost: ${THEIRS}\r\nHost: ${OURS}`, "refused"],
  ["two hosts, a name last", `GET / HTTP/1.1\r\nHost: shop.example.com\r\nHost: ${THEIRS}`, "refused"],
  ["a list of hosts, a name first", `GET / HTTP/1.1\r\nHost: ${THEIRS}, shop.example.com`, "ours"],
  ["a list of hosts, a name last", `GET / HTTP/1.1\r\nHost: shop.example.com, ${THEIRS}`, "nobody"],
  ["a name as somebody at another host", `GET http://${THEIRS}@shop.example.com/ HTTP/1.1\r\nHost: shop.example.com`, "ours"],
  ["a name in another header", `GET / HTTP/1.1\r\nHost: shop.example.com\r\nX-Forwarded-Host: ${THEIRS}`, "ours"],
];

/** A listener on loopback on which two share a port, the first of whom answers to strange names too. */
function sharedListener(port: number, clients?: readonly string[]): ProxyConfiguration["listeners"][number] {
  const says = (body: string, hosts: readonly string[], status = 200): ProxyRoute => ({
    hosts,
    action: { kind: "fixed-response", status, contentType: "text/plain", body },
    idleTimeout: 60,
  });
  return {
    id: "shared",
    addresses: ["127.0.0.1"],
    port,
    ...(clients && { clients }),
    routes: [says("ours", [OURS]), says("theirs", [THEIRS]), says("nobody", [".elb.localhost"], 421), says("ours", [])],
  };
}

export type HttpCheck = Exclude<ProxyBackend["healthCheck"], { kind: "none" }>;

/** One backend, `web`, and no listener. */
export function configuration(servers: readonly ProxyServer[], check: Partial<HttpCheck> = {}): ProxyConfiguration {
  return { listeners: [], backends: [backend("web", servers, check)] };
}

export function backend(id: string, servers: readonly ProxyServer[], check: Partial<HttpCheck> = {}): ProxyBackend {
  const healthCheck: HttpCheck = {
    kind: "http",
    path: "/health",
    matcher: "200",
    interval: 1,
    timeout: 1,
    healthyThreshold: 2,
    unhealthyThreshold: 2,
    ...check,
  };
  return { id, algorithm: "round_robin", healthCheck, servers };
}

/** A stream on loopback to `db`. */
export function stream(id: string, port: number): ProxyStream {
  return { id, addresses: ["127.0.0.1"], port, backends: [{ id: "db", weight: 1 }], idleTimeout: 350 };
}

/** The backend `db` of streams, whose servers are checked by connections. */
export function streamBackend(servers: readonly ProxyServer[], how: Partial<ProxyBackend["stream"]> = {}): ProxyBackend {
  const plain = { proxyProtocol: false, cutsRemoved: false, cutsUnhealthy: false };
  return { ...backend("db", servers, { kind: "tcp" }), stream: { ...plain, ...how } };
}

/** A listener on loopback that forwards everything to `web`. */
export function listener(id: string, port: number): ProxyConfiguration["listeners"][number] {
  return {
    id,
    addresses: ["127.0.0.1"],
    port,
    routes: [{ hosts: [], action: { kind: "forward", backends: [{ id: "web", weight: 1 }] }, idleTimeout: 60 }],
  };
}

export function serverAt(
  id: string,
  place: Pick<ProxyServer, "address" | "port">,
  state: Partial<Pick<ProxyServer, "health" | "draining" | "source" | "listener">> = {},
): ProxyServer {
  return { id, address: place.address, port: place.port, draining: false, health: "initial", ...state };
}

/** Collects reports; `until` resolves with the first, past or to come, that matches. */
export function watchHealth(proxy: TrafficProxy): {
  readonly reports: readonly ServerHealthReport[];
  until(matches: (report: ServerHealthReport) => boolean): Promise<ServerHealthReport>;
} {
  const reports: ServerHealthReport[] = [];
  const waiting = new Set<(report: ServerHealthReport) => void>();
  proxy.onHealth((report) => {
    reports.push(report);
    for (const tell of waiting) tell(report);
  });
  return {
    reports,
    until: (matches) =>
      new Promise((resolve) => {
        const past = reports.find(matches);
        if (past !== undefined) return resolve(past);
        const tell = (report: ServerHealthReport): void => {
          if (!matches(report)) return;
          waiting.delete(tell);
          resolve(report);
        };
        waiting.add(tell);
      }),
  };
}
