import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ProxyRoute } from "../../domain/proxy-configuration.ts";
import { backendId, serverId } from "./names-in-proxy.ts";
import { planRouting } from "./plan-routing.ts";
import type { ActionView, ListenerView, TargetGroupView, TargetView } from "./view.ts";

const node = (address: string, letter: string) => ({ address, zone: `us-east-1${letter}` });
const LOOPBACK = { addresses: ["127.0.0.1"], gateways: [] } as const;
const WEB = groupArn("web");
const API = groupArn("api");

function groupArn(name: string): string {
  return `arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/${name}/0123456789abcdef`;
}

function group(arn: string, targets: readonly TargetView[] = []): TargetGroupView {
  return { arn, algorithm: "round_robin", healthCheck: { kind: "none" }, targets };
}

function listener(name: string, port: number, action: ActionView, turn = 1, vpcId = "vpc-1"): ListenerView {
  return {
    port,
    turn,
    rules: [],
    action,
    balancer: { arn: `arn/${name}`, dnsName: `${name}-1.us-east-1.elb.localhost`, vpcId, idleTimeout: 60 },
  };
}

/** Whose answer a request for a host gets by routes: the group's, or the status of a fixed answer. */
function answerTo(host: string, routes: readonly ProxyRoute[]): string | number | undefined {
  const matches = (pattern: string): boolean => (pattern.startsWith(".") ? host.endsWith(pattern) : host === pattern);
  const action = routes.find(
    ({ hosts, exceptHosts = [] }) => (hosts.length === 0 || hosts.some(matches)) && !exceptHosts.includes(host),
  )?.action;
  return action?.kind === "forward" ? action.backends[0]?.id : action?.kind === "fixed-response" ? action.status : undefined;
}

function forward(...arns: readonly string[]): ActionView {
  return { kind: "forward", groups: arns.map((arn) => ({ arn, weight: 1 })) };
}

describe("rules", () => {
  test("come before the default action, in their order, under the load balancer's name and under any other", () => {
    const rules = [
      { priority: 1, conditions: [{ kind: "path" as const, patterns: ["/api/*"] }], action: forward(API) },
      {
        priority: 7,
        conditions: [{ kind: "method" as const, methods: ["PUT"] }],
        action: { kind: "fixed-response" as const, status: 405 },
      },
    ];
    const web = { ...listener("web", 80, forward(WEB)), rules };
    const { listeners, backends } = planRouting({ ...LOOPBACK, listeners: [web], groups: [group(WEB), group(API)] });
    const [{ routes } = { routes: [] }] = listeners;
    const shown = routes.map(({ hosts, conditions = [], action }) => [
      hosts.length > 0,
      conditions.map(({ kind }) => kind).join(),
      action.kind,
    ]);
    // Where nobody shares the port, each is there once, and no name is looked at for it.
    expect(shown).toEqual([
      [true, "", "fixed-response"],
      [false, "path", "forward"],
      [false, "method", "fixed-response"],
      [false, "", "forward"],
    ]);
    expect(routes.map(({ owner }) => owner)).toEqual([undefined, "arn/web", "arn/web", "arn/web"]);
    expect(backends.map(({ id }) => id)).toEqual([backendId(API), backendId(WEB)]);
  });
});

test("requests of a load balancer that logs are logged, with the priority of their rule, and nobody else's", () => {
  const rules = [{ priority: 7, conditions: [], action: forward(API) }];
  const plain = { ...listener("web", 80, forward(WEB)), rules };
  const logging = { ...plain, balancer: { ...plain.balancer, logs: true } };
  const logged = (...listeners: readonly ListenerView[]) =>
    planRouting({ ...LOOPBACK, listeners, groups: [group(WEB), group(API)] }).listeners[0]?.routes.map((route) => route.logged);
  expect(logged(plain)).toEqual([undefined, undefined, undefined]);
  expect(logged(logging)).toEqual([undefined, 7, 0]);
});

test("connections are logged by whose routes they meet, and by the listener where that is one alone", () => {
  const plain = listener("web", 80, forward(WEB));
  const logging = { ...plain, balancer: { ...plain.balancer, logsConnections: true } };
  const other = { ...listener("api", 80, forward(API)), turn: 2 };
  const planned = (...listeners: readonly ListenerView[]) =>
    planRouting({ ...LOOPBACK, listeners, groups: [group(WEB), group(API)] }).listeners;
  expect(planned(logging)).toMatchObject([{ logsConnectionsOf: "arn/web", routes: [{}, { logsConnections: true }] }]);
  const [shared] = planned(logging, other);
  expect(shared).not.toHaveProperty("logsConnectionsOf");
  expect(shared?.routes.map(({ owner, logsConnections }) => [owner, logsConnections])).toContainEqual(["arn/web", true]);
  expect(shared?.routes.map(({ owner, logsConnections }) => [owner, logsConnections])).toContainEqual(["arn/api", undefined]);
  const own = { port: 80, nodes: [node("10.0.0.7", "a")], clients: [] };
  expect(planned({ ...logging, own })[1]).toMatchObject({ logsConnectionsOf: "arn/web" });
});

test("a rule's rewrites and a forward's stickiness come with its route", () => {
  const rewrites = { url: { regex: "^/a", replacement: "/b" } };
  const action: ActionView = { kind: "forward", groups: [{ arn: WEB, weight: 1 }], stickiness: 60 };
  const web = { ...listener("web", 80, forward(WEB)), rules: [{ priority: 1, conditions: [], rewrites, action }] };
  const [{ routes } = { routes: [] }] = planRouting({ ...LOOPBACK, listeners: [web], groups: [group(WEB)] }).listeners;
  expect(routes[1]).toMatchObject({ rewrites, action: { stickiness: 60 } });
  expect(routes[2]).not.toHaveProperty("rewrites");
  expect(routes[2]?.action).not.toHaveProperty("stickiness");
});

describe("listeners", () => {
  test("a load balancer that is alone on its port answers to any host but another load balancer's", () => {
    const { listeners } = planRouting({ ...LOOPBACK, listeners: [listener("web", 80, forward(WEB))], groups: [group(WEB)] });
    expect(listeners).toMatchObject([{ id: "port-80", addresses: ["127.0.0.1"], port: 80 }]);
    const [{ routes } = { routes: [] }] = listeners;
    for (const host of ["web-1.us-east-1.elb.localhost", "shop.example.com", "127.0.0.1", ""])
      expect([host, answerTo(host, routes)]).toEqual([host, backendId(WEB)]);
    expect(answerTo("api-1.us-east-1.elb.localhost", routes)).toBe(421);
  });

  test("load balancers that share a port are told apart by name, and strangers go to the listener that took it first, however old its load balancer is", () => {
    const shared = [listener("Second", 80, forward(API), 7), listener("first", 80, forward(WEB), 3)];
    const [{ routes } = { routes: [] }] = planRouting({ ...LOOPBACK, listeners: shared, groups: [group(WEB), group(API)] }).listeners;
    expect(answerTo("first-1.us-east-1.elb.localhost", routes)).toBe(backendId(WEB));
    expect(answerTo("second-1.us-east-1.elb.localhost", routes)).toBe(backendId(API));
    expect(answerTo("third-1.us-east-1.elb.localhost", routes)).toBe(421);
    expect(answerTo("second-1.us-east-1.elb.amazonaws.com", routes)).toBe(backendId(API));
    expect(answerTo("third-1.us-east-1.elb.amazonaws.com", routes)).toBe(421);
    expect(answerTo("shop.example.com", routes)).toBe(backendId(WEB));
  });

  test("when the first goes, the next takes over", () => {
    const left = [listener("second", 80, forward(API), 7), listener("third", 80, forward(WEB), 9)];
    const [{ routes } = { routes: [] }] = planRouting({ ...LOOPBACK, listeners: left, groups: [group(WEB), group(API)] }).listeners;
    expect(answerTo("shop.example.com", routes)).toBe(backendId(API));
  });

  test("at a VPC's gateway its own load balancers alone listen, for its own clients, and the first among them has the port", () => {
    const gateways = [{ vpcId: "vpc-2", vpcCidr: "10.200.0.0/16", address: "10.200.0.1" }];
    const listeners = [listener("a", 80, forward(WEB), 1), listener("b", 80, forward(API), 2, "vpc-2"), listener("a", 81, forward(WEB), 3)];
    const plan = planRouting({ ...LOOPBACK, gateways, listeners, groups: [group(WEB), group(API)] });
    expect(plan.listeners.map(({ id, addresses, clients }) => [id, addresses, clients])).toEqual([
      ["port-80", ["127.0.0.1"], undefined],
      ["port-81", ["127.0.0.1"], undefined],
      ["vpc-2-port-80", ["10.200.0.1"], ["10.200.0.0/16"]],
    ]);
    const routes = plan.listeners[2]?.routes ?? [];
    expect(answerTo("shop.example.com", routes)).toBe(backendId(API));
    expect(answerTo("a-1.us-east-1.elb.localhost", routes)).toBe(421);
  });

  test("one that has addresses of its own listens there on its own port, under any name, for its own VPC, and not at the gateway", () => {
    const gateways = [{ vpcId: "vpc-1", vpcCidr: "10.0.0.0/16", address: "10.0.0.1" }];
    const own = { port: 80, nodes: [node("10.0.0.7", "a"), node("10.0.16.9", "b")], clients: ["10.0.0.0/16"] };
    const listeners = [{ ...listener("a", 8080, forward(WEB), 1), own }, listener("b", 8080, forward(API), 2)];
    const plan = planRouting({ ...LOOPBACK, gateways, listeners, groups: [group(WEB), group(API)] });
    expect(plan.listeners.map(({ id, addresses, port, clients }) => [id, addresses, port, clients])).toEqual([
      ["port-8080", ["127.0.0.1"], 8080, undefined],
      ["vpc-1-port-8080", ["10.0.0.1"], 8080, ["10.0.0.0/16"]],
      ["arn-a-port-80", ["10.0.0.7", "10.0.16.9"], 80, ["10.0.0.0/16"]],
    ]);
    const [, atGateway, alone] = plan.listeners.map(({ routes }) => routes);
    for (const host of ["a-1.us-east-1.elb.localhost", "b-1.us-east-1.elb.localhost", "shop.example.com"])
      expect([host, answerTo(host, alone ?? [])]).toEqual([host, backendId(WEB)]);
    expect(answerTo("shop.example.com", atGateway ?? [])).toBe(backendId(API));
  });

  test("a group of weight 0 gets nothing, and is checked all the same", () => {
    const weighted: ActionView = {
      kind: "forward",
      groups: [
        { arn: WEB, weight: 0 },
        { arn: API, weight: 3 },
      ],
    };
    const plan = planRouting({ ...LOOPBACK, listeners: [listener("web", 80, weighted)], groups: [group(WEB), group(API)] });
    expect(plan.listeners[0]?.routes[1]?.action).toEqual({ kind: "forward", backends: [{ id: backendId(API), weight: 3 }] });
    expect(plan.backends.map(({ id }) => id)).toEqual([backendId(API), backendId(WEB)]);
  });

  test("a redirect to a port of its load balancer leads to where that listener is reached, and its own addresses to the port itself", () => {
    const to = (host: string, port: string): ActionView => ({
      ...{ kind: "redirect", status: 301, protocol: "HTTPS", host, port, path: "/#{path}", query: "" },
    });
    const own = { port: 80, nodes: [node("10.0.0.9", "a")], clients: ["10.0.0.0/16"] };
    const locations = (action: ActionView): unknown[] =>
      planRouting({
        ...LOOPBACK,
        listeners: [
          { ...listener("web", 8080, action), asked: 80, own },
          { ...listener("web", 8443, forward(WEB)), asked: 443 },
          { ...listener("other", 9444, forward(WEB), 2), asked: 444 },
        ],
        groups: [group(WEB)],
      }).listeners.flatMap(({ routes }) => routes.flatMap((route) => (route.action.kind === "redirect" ? route.action.location : [])));
    expect(locations(to("#{host}", "443"))).toEqual(["https://#{host}:8443/#{path}", "https://#{host}:443/#{path}"]);
    expect(locations(to("#{host}", "#{port}"))[0]).toBe("https://#{host}:#{port}/#{path}");
    // Neither another host's ports nor those of another load balancer are its own.
    expect(locations(to("a.test", "443"))[0]).toBe("https://a.test:443/#{path}");
    expect(locations(to("#{host}", "444"))[0]).toBe("https://#{host}:444/#{path}");
  });

  test("a redirect keeps ELB's placeholders for the proxy", () => {
    const redirect: ActionView = {
      kind: "redirect",
      status: 301,
      protocol: "HTTPS",
      host: "#{host}",
      port: "443",
      path: "/#{path}",
      query: "#{query}",
    };
    const plan = planRouting({ ...LOOPBACK, listeners: [listener("web", 80, redirect)], groups: [] });
    expect(plan.listeners[0]?.routes[1]?.action).toEqual({
      kind: "redirect",
      status: 301,
      location: "https://#{host}:443/#{path}?#{query}",
    });
  });
});

test("who gets to a rule, or to what no rule takes, is told with its route, and with no other", () => {
  const login = { gate: "g1", key: "a", cookie: "c", otherwise: "deny" } as const;
  const rules = [1, 2].map((priority) => ({ priority, conditions: [], action: forward(WEB), ...(priority === 1 && { login }) }));
  const web = { ...listener("web", 80, forward(WEB)), rules };
  const logins = (one: ListenerView) =>
    planRouting({ ...LOOPBACK, listeners: [one], groups: [group(WEB)] })
      .listeners[0]?.routes.slice(-3)
      .map((route) => route.login);
  expect(logins(web)).toEqual([login, undefined, undefined]);
  expect(logins({ ...web, login: { ...login, gate: "g2" } })).toEqual([login, undefined, { ...login, gate: "g2" }]);
});

describe("backends", () => {
  test("a group that no listener uses is left out", () => {
    expect(planRouting({ ...LOOPBACK, listeners: [], groups: [group(WEB)] }).backends).toEqual([]);
  });

  test("a target is connected to from its load balancer's address, where this host has it", () => {
    const target: TargetView = { id: "10.0.0.9", port: 80, address: "10.0.0.9", addressPort: 80, draining: false, health: "healthy" };
    const targets = [target, { ...target, id: "10.0.0.8", source: "10.0.0.7" }];
    const plan = planRouting({ ...LOOPBACK, listeners: [listener("web", 80, forward(WEB))], groups: [group(WEB, targets)] });
    expect(plan.backends[0]?.servers.map(({ id, source }) => [id, source])).toEqual([
      ["10.0.0.8-80", "10.0.0.7"],
      ["10.0.0.9-80", undefined],
    ]);
  });

  test("a target is a server at the address where this host reaches it", () => {
    const target: TargetView = { id: "i-0123", port: 32_768, address: "127.0.0.1", addressPort: 40_000, draining: true, health: "healthy" };
    const plan = planRouting({ ...LOOPBACK, listeners: [listener("web", 80, forward(WEB))], groups: [group(WEB, [target])] });
    expect(plan.backends[0]?.servers).toEqual([
      { id: "i-0123-32768", address: "127.0.0.1", port: 40_000, draining: true, health: "healthy" },
    ]);
  });
});

const name = fc.stringMatching(/^[a-z]{1,6}$/);
const entry = fc.record({ name, port: fc.integer({ min: 80, max: 83 }), group: name, vpc: fc.constantFrom("vpc-1", "vpc-2") });
/** A load balancer has one listener a port. */
const views = fc.uniqueArray(entry, { maxLength: 8, selector: (one) => `${one.name} ${one.port}` });

test("law: the order of what is given means nothing, strangers have one way, and every route leads to a backend", () => {
  fc.assert(
    fc.property(views, (entries) => {
      const listeners = entries.map(({ name: balancer, port, group: to, vpc }, turn) =>
        listener(balancer, port, forward(groupArn(to)), turn, vpc),
      );
      const groups = [...new Set(entries.map((entry) => entry.group))].map((one) => group(groupArn(one)));
      const places = { ...LOOPBACK, gateways: [{ vpcId: "vpc-2", vpcCidr: "10.200.0.0/16", address: "10.200.0.1" }] };
      const plan = planRouting({ ...places, listeners, groups });
      expect(planRouting({ ...places, listeners: listeners.toReversed(), groups: groups.toReversed() })).toEqual(plan);
      expect(plan.listeners.map(({ routes }) => routes.filter(({ hosts }) => hosts.length === 0))).toEqual(
        plan.listeners.map(({ routes }) => routes.slice(-1)),
      );
      for (const { balancer, port, action } of listeners) {
        const routes = plan.listeners.find(({ id }) => id === `port-${port}`)?.routes ?? [];
        expect(answerTo(balancer.dnsName, routes)).toBe(action.kind === "forward" && backendId(action.groups[0]?.arn ?? ""));
      }
      const targets = plan.listeners.flatMap(({ routes }) =>
        routes.flatMap(({ action }) => (action.kind === "forward" ? action.backends : [])),
      );
      expect(new Set(targets.map(({ id }) => id))).toEqual(new Set(plan.backends.map(({ id }) => id)));
    }),
  );
});

test("names in the proxy have only characters that it takes", () => {
  expect(backendId(WEB)).toBe("web-0123456789abcdef");
  expect(serverId("fd00::1", 80)).toBe("fd00__1-80");
});

test("who lets nobody of this host in is silent under its names on loopback, and nowhere else; its place on the port is its own all the same", () => {
  const own = { port: 80, nodes: [node("10.0.0.9", "a")], clients: ["10.0.0.0/16"] };
  const shut: ListenerView = {
    ...listener("shut", 80, forward(API), 1),
    ...{ own, isShutToHost: true, rules: [{ priority: 1, conditions: [{ kind: "path", patterns: ["/a"] }], action: forward(WEB) }] },
  };
  const open = listener("open", 80, forward(WEB), 2);
  const { listeners } = planRouting({ ...LOOPBACK, listeners: [shut, open], groups: [group(WEB), group(API)] });
  const routesAt = (address: string) => listeners.find(({ addresses }) => addresses.includes(address))?.routes ?? [];
  const kindFor = (host: string, routes: readonly ProxyRoute[]) =>
    routes.find(({ hosts, exceptHosts = [] }) => (hosts.length === 0 || hosts.includes(host)) && !exceptHosts.includes(host))?.action.kind;
  expect(kindFor("shut-1.us-east-1.elb.localhost", routesAt("127.0.0.1"))).toBe("silence");
  expect(kindFor("localhost", routesAt("127.0.0.1"))).toBe("silence");
  expect(kindFor("open-1.us-east-1.elb.localhost", routesAt("127.0.0.1"))).toBe("forward");
  expect(routesAt("10.0.0.9").map(({ action }) => action.kind)).toEqual(["forward", "forward"]);
});
