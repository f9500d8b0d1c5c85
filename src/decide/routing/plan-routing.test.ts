import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { backendId, planRouting, serverId } from "./plan-routing.ts";
import type { ActionView, ListenerView, TargetGroupView, TargetView } from "./view.ts";

const LOOPBACK = ["127.0.0.1"];
const WEB = groupArn("web");
const API = groupArn("api");

function groupArn(name: string): string {
  return `arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/${name}/0123456789abcdef`;
}

function group(arn: string, targets: readonly TargetView[] = []): TargetGroupView {
  return { arn, algorithm: "round_robin", healthCheck: { kind: "none" }, targets };
}

function listener(name: string, port: number, action: ActionView, createdAt = 1): ListenerView {
  return { port, action, balancer: { arn: `arn/${name}`, dnsName: `${name}-1.us-east-1.elb.localhost`, createdAt, idleTimeout: 60 } };
}

function forward(...arns: readonly string[]): ActionView {
  return { kind: "forward", groups: arns.map((arn) => ({ arn, weight: 1 })) };
}

describe("listeners", () => {
  test("a load balancer that is alone on its port answers to any host", () => {
    const { listeners } = planRouting({ addresses: LOOPBACK, listeners: [listener("web", 80, forward(WEB))], groups: [group(WEB)] });
    expect(listeners).toEqual([
      {
        id: "port-80",
        addresses: LOOPBACK,
        port: 80,
        routes: [{ hosts: [], action: { kind: "forward", backends: [{ id: backendId(WEB), weight: 1 }] }, idleTimeout: 60 }],
      },
    ]);
  });

  test("load balancers that share a port are told apart by name, and strangers go to the oldest", () => {
    const shared = [listener("Young", 80, forward(API), 2), listener("old", 80, forward(WEB), 1)];
    const [{ routes } = { routes: [] }] = planRouting({
      addresses: LOOPBACK,
      listeners: shared,
      groups: [group(WEB), group(API)],
    }).listeners;
    expect(routes.map(({ hosts, action }) => [hosts, action.kind === "forward" && action.backends[0]?.id])).toEqual([
      [["old-1.us-east-1.elb.localhost"], backendId(WEB)],
      [["young-1.us-east-1.elb.localhost"], backendId(API)],
      [[], backendId(WEB)],
    ]);
  });

  test("a group of weight 0 gets nothing, and is checked all the same", () => {
    const weighted: ActionView = {
      kind: "forward",
      groups: [
        { arn: WEB, weight: 0 },
        { arn: API, weight: 3 },
      ],
    };
    const plan = planRouting({ addresses: LOOPBACK, listeners: [listener("web", 80, weighted)], groups: [group(WEB), group(API)] });
    expect(plan.listeners[0]?.routes[0]?.action).toEqual({ kind: "forward", backends: [{ id: backendId(API), weight: 3 }] });
    expect(plan.backends.map(({ id }) => id)).toEqual([backendId(API), backendId(WEB)]);
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
    const plan = planRouting({ addresses: LOOPBACK, listeners: [listener("web", 80, redirect)], groups: [] });
    expect(plan.listeners[0]?.routes[0]?.action).toEqual({
      kind: "redirect",
      status: 301,
      location: "https://#{host}:443/#{path}?#{query}",
    });
  });
});

describe("backends", () => {
  test("a group that no listener uses is left out", () => {
    expect(planRouting({ addresses: LOOPBACK, listeners: [], groups: [group(WEB)] }).backends).toEqual([]);
  });

  test("a target is a server at the address where this host reaches it", () => {
    const target: TargetView = { id: "i-0123", port: 32_768, address: "127.0.0.1", addressPort: 40_000, draining: true, health: "healthy" };
    const plan = planRouting({ addresses: LOOPBACK, listeners: [listener("web", 80, forward(WEB))], groups: [group(WEB, [target])] });
    expect(plan.backends[0]?.servers).toEqual([
      { id: "i-0123-32768", address: "127.0.0.1", port: 40_000, draining: true, health: "healthy" },
    ]);
  });
});

const name = fc.stringMatching(/^[a-z]{1,6}$/);
const entry = fc.record({ name, port: fc.integer({ min: 80, max: 83 }), group: name, createdAt: fc.integer({ min: 1, max: 3 }) });
/** A load balancer has one listener a port. */
const views = fc.uniqueArray(entry, { maxLength: 8, selector: (one) => `${one.name} ${one.port}` });

test("law: the order of what is given means nothing, strangers have one way, and every route leads to a backend", () => {
  fc.assert(
    fc.property(views, (entries) => {
      const listeners = entries.map((entry) => listener(entry.name, entry.port, forward(groupArn(entry.group)), entry.createdAt));
      const groups = [...new Set(entries.map((entry) => entry.group))].map((one) => group(groupArn(one)));
      const plan = planRouting({ addresses: LOOPBACK, listeners, groups });
      expect(planRouting({ addresses: LOOPBACK, listeners: listeners.toReversed(), groups: groups.toReversed() })).toEqual(plan);
      expect(plan.listeners.map(({ routes }) => routes.filter(({ hosts }) => hosts.length === 0))).toEqual(
        plan.listeners.map(({ routes }) => routes.slice(-1)),
      );
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
