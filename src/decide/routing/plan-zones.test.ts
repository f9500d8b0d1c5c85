import { expect, test } from "vitest";
import { backendId } from "./names-in-proxy.ts";
import { planRouting } from "./plan-routing.ts";
import type { ActionView, ListenerView, RoutingView, StreamView, TargetGroupView, TargetView } from "./view.ts";

const arnOf = (kind: string, name: string): string =>
  `arn:aws:elasticloadbalancing:us-east-1:123456789012:${kind}/${name}/0123456789abcdef`;
const [WEB, API] = ["web", "api"].map((name) => arnOf("targetgroup", name)) as [string, string];
const [A, B] = ["us-east-1a", "us-east-1b"] as const;
const own = {
  port: 80,
  nodes: [
    { address: "10.0.0.7", zone: A },
    { address: "10.0.16.7", zone: B },
  ],
  clients: ["10.0.0.0/16"],
};

const target = (id: string, zone?: string): TargetView => ({
  ...{ id, port: 80, address: id, addressPort: 80, draining: false, health: "healthy" },
  ...(zone !== undefined && { zone }),
});
const group = (arn: string, rest: Partial<TargetGroupView> = {}): TargetGroupView => ({
  ...{ arn, algorithm: "round_robin", healthCheck: { kind: "none" } },
  targets: [target("10.0.0.20", A), target("10.0.16.20", B), target("192.168.0.9")],
  ...rest,
});
const forward = (...arns: readonly string[]): ActionView => ({ kind: "forward", groups: arns.map((arn) => ({ arn, weight: 1 })) });
const listener: ListenerView = {
  ...{ port: 8080, own, turn: 1, rules: [], action: forward(WEB, API) },
  balancer: { arn: arnOf("loadbalancer/app", "shop"), dnsName: "shop-1.us-east-1.elb.localhost", vpcId: "vpc-1", idleTimeout: 60 },
};
const view = (rest: Partial<RoutingView>): RoutingView => ({ addresses: ["127.0.0.1"], gateways: [], listeners: [], groups: [], ...rest });
const serversOf = (plan: ReturnType<typeof planRouting>) =>
  Object.fromEntries(plan.backends.map(({ id, servers }) => [id, servers.map((one) => one.address)]));
const led = (action: ReturnType<typeof planRouting>["listeners"][number]["routes"][number]["action"] | undefined): unknown =>
  action?.kind === "forward" && action.backends.map(({ id }) => id);

test("a group that does not cross zones has a part in each zone, with its targets and those that are in none", () => {
  const plan = planRouting(view({ listeners: [listener], groups: [group(WEB, { zones: [A, B] }), group(API)] }));
  const web = backendId(WEB);
  expect(serversOf(plan)).toEqual({
    [backendId(API)]: ["10.0.0.20", "10.0.16.20", "192.168.0.9"],
    [web]: ["10.0.0.20", "10.0.16.20", "192.168.0.9"],
    [`${web}__${A}`]: ["10.0.0.20", "192.168.0.9"],
    [`${web}__${B}`]: ["10.0.16.20", "192.168.0.9"],
  });
});

test("each zone's address sends to its zone's part, and what all share to the whole", () => {
  const plan = planRouting(view({ listeners: [listener], groups: [group(WEB, { zones: [A, B] }), group(API)] }));
  expect(plan.listeners.map(({ addresses, routes }) => [addresses, led(routes.at(-1)?.action)])).toEqual([
    [["127.0.0.1"], [backendId(WEB), backendId(API)]],
    [["10.0.0.7"], [`${backendId(WEB)}__${A}`, backendId(API)]],
    [["10.0.16.7"], [`${backendId(WEB)}__${B}`, backendId(API)]],
  ]);
});

test("where all groups cross zones, all addresses are one listener", () => {
  const plan = planRouting(view({ listeners: [listener], groups: [group(WEB), group(API)] }));
  expect(plan.listeners.map(({ addresses }) => addresses)).toEqual([["127.0.0.1"], ["10.0.0.7", "10.0.16.7"]]);
});

test("streams keep to their zone likewise", () => {
  const stream: StreamView = { port: 8080, own, balancer: listener.balancer, groups: [{ arn: WEB, weight: 1 }], idleTimeout: 350 };
  const { streams } = planRouting(view({ streams: [stream], groups: [group(WEB, { zones: [A, B] })] }));
  expect(streams?.map(({ addresses, backends }) => [addresses, backends.map(({ id }) => id)])).toEqual([
    [["10.0.0.7"], [`${backendId(WEB)}__${A}`]],
    [["10.0.16.7"], [`${backendId(WEB)}__${B}`]],
    [["127.0.0.1"], [backendId(WEB)]],
  ]);
});
