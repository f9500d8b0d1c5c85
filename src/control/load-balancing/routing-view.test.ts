import type { Action, AuthenticateOidcActionConfig, RuleCondition } from "@aws-sdk/client-elastic-load-balancing-v2";
import { beforeEach, describe, expect, test } from "vitest";
import type { RoutingView } from "../../decide/routing/view.ts";
import { memoryJournal } from "../../drivers/memory/journal.ts";
import { registerTarget } from "../../state/elb-targets.ts";
import {
  listeners,
  loadBalancers,
  rules,
  targetGroups,
  targets,
  type LoadBalancerRecord,
  type RuleRecord,
  type TargetRecord,
} from "../../state/elb.ts";
import { JournaledState } from "../../state/journaled-state.ts";
import { localInstanceId } from "../../state/local-host.ts";
import { BALANCER_SCOPE, balancerArn, balancerRecord, FIXED, groupRecord, listenerRecord } from "../../testing/balancer-records.ts";
import { planRouting } from "../../decide/routing/plan-routing.ts";
import type { LoginOf } from "../logins/gates.ts";
import { RoutingViews, type Routing } from "./routing-view.ts";

const GROUP = balancerArn("targetgroup/web");
const BALANCER = balancerArn("loadbalancer/app/web");
const LISTENER = `${balancerArn("listener/app/web")}/0123456789abcdef`;

let state: JournaledState;
beforeEach(() => void (state = new JournaledState(memoryJournal())));

function make(): Routing {
  const surroundings = { ownBlocks: [], bridgedBlocks: [], vpcs: [], openedBlocks: [] };
  return new RoutingViews(state).make({ addresses: ["127.0.0.1"], gateways: [], surroundings });
}

function putListener(changes: Parameters<typeof listenerRecord>[0] = {}, attributes: LoadBalancerRecord["attributes"] = {}): void {
  state.commit(() => {
    state.table(loadBalancers).put(balancerRecord({ arn: BALANCER, dnsName: "web-1.elb.localhost", attributes }));
    state.table(listeners).put(listenerRecord({ arn: LISTENER, loadBalancerArn: BALANCER, boundPort: 8080, turn: 3, ...changes }));
  });
}

function putRule(
  priority: number,
  changes: {
    readonly conditions?: readonly RuleCondition[];
    readonly actions?: readonly Action[];
    readonly transforms?: RuleRecord["transforms"];
  },
): void {
  const arn = `${LISTENER}/${priority}`;
  const rule = { ...BALANCER_SCOPE, arn, listenerArn: LISTENER, loadBalancerArn: BALANCER, priority, conditions: [], actions: [FIXED] };
  state.commit(() => state.table(rules).put({ ...rule, ...changes } as unknown as RuleRecord));
}

function putGroup(...changes: Parameters<typeof groupRecord>): void {
  state.commit(() => state.table(targetGroups).put(groupRecord(...changes)));
}

describe("a listener", () => {
  const seen = (): RoutingView["listeners"] => make().view.listeners;

  test("is seen with its load balancer, where it really listens", () => {
    putListener({}, { "idle_timeout.timeout_seconds": "120" });
    expect(seen()).toEqual([
      {
        port: 8080,
        asked: 80,
        turn: 3,
        balancer: { arn: BALANCER, dnsName: "web-1.elb.localhost", vpcId: "vpc-1", idleTimeout: 120 },
        rules: [],
        action: { kind: "fixed-response", status: 404 },
      },
    ]);
  });

  test("has a minute for what idles unless its load balancer says otherwise", () => {
    putListener();
    expect(seen()).toMatchObject([{ balancer: { idleTimeout: 60 } }]);
  });

  test.each([
    ["load balancer", { loadBalancerArn: `${BALANCER}0` }],
    ["action", { defaultActions: [] }],
    ["port", { boundPort: undefined }],
    ["turn", { turn: undefined }],
  ])("without a %s is not carried", (_, changes) => {
    putListener(changes);
    expect(seen()).toEqual([]);
  });

  test("whoever comes to an action that asks for tokens is asked for them, there and in the proxy", () => {
    const asks: Action = { Type: "jwt-validation", JwtValidationConfig: { Issuer: "me", JwksEndpoint: "https://login.example.com/keys" } };
    putRule(1, { actions: [asks, FIXED] });
    putListener({ defaultActions: [asks, FIXED] });
    const { view, backendsOf } = make();
    const [listener] = view.listeners;
    const nobody = { issuer: "me", claims: [], keys: [] };
    expect([listener?.tokens, listener?.rules[0]?.tokens, listener?.action.kind]).toEqual([nobody, nobody, "fixed-response"]);
    const routes = planRouting(view, backendsOf).listeners.flatMap((one) => one.routes.filter(({ owner }) => owner !== undefined));
    expect([routes.length, routes.filter(({ tokens }) => tokens === undefined)]).toEqual([2, []]);
  });

  test("says who gets to its actions and to those of its rules, and is no listener where nobody can tell", () => {
    const login: Action = { Type: "authenticate-oidc", AuthenticateOidcConfig: { ClientId: "shop" } as AuthenticateOidcActionConfig };
    const asked: unknown[] = [];
    const loginOf: LoginOf = ({ arn }, actions) => {
      asked.push(arn);
      return actions.some(({ Type }) => Type === "authenticate-oidc")
        ? { gate: "g1", key: "a", cookie: "c", otherwise: "deny" }
        : undefined;
    };
    const surroundings = { ownBlocks: [], bridgedBlocks: [], vpcs: [], openedBlocks: [] };
    const places = { addresses: ["127.0.0.1"], gateways: [], surroundings };
    putListener();
    putRule(1, { actions: [login, FIXED] });
    const [first] = new RoutingViews(state, undefined, loginOf).make(places).view.listeners;
    expect([first?.login, first?.rules[0]?.login?.gate, first?.rules[0]?.action.kind]).toEqual([undefined, "g1", "fixed-response"]);
    putListener({ defaultActions: [login, FIXED] });
    const [second] = new RoutingViews(state, undefined, loginOf).make(places).view.listeners;
    expect([second?.login?.gate, second?.action.kind]).toEqual(["g1", "fixed-response"]);
    expect(new Set(asked)).toEqual(new Set([LISTENER]));
    expect(make).toThrow("nobody can log in here");
  });

  test("tries its rules by their priority; one that does nothing is none", () => {
    putListener();
    putRule(20, { actions: [{ ...FIXED, FixedResponseConfig: { StatusCode: "420" } }] });
    putRule(3, { actions: [{ ...FIXED, FixedResponseConfig: { StatusCode: "403" } }] });
    putRule(10, { actions: [] });
    expect(seen()[0]?.rules).toEqual([
      { priority: 3, conditions: [], action: { kind: "fixed-response", status: 403 } },
      { priority: 20, conditions: [], action: { kind: "fixed-response", status: 420 } },
    ]);
  });
});

test("a load balancer logs where its attribute says so", () => {
  putListener({}, { "access_logs.s3.enabled": "false" });
  expect(make().view.listeners[0]?.balancer).not.toHaveProperty("logs");
  putListener({}, { "access_logs.s3.enabled": "true" });
  expect(make().view.listeners[0]?.balancer).toMatchObject({ logs: true });
});

const HEADER = { HttpHeaderName: "X-A", Values: ["1*"] };
test.each<[string, RuleCondition, object]>([
  ["host", { HostHeaderConfig: { Values: ["a.com"] } }, { kind: "host", patterns: ["a.com"] }],
  ["host, of none", { HostHeaderConfig: {} }, { kind: "host", patterns: [] }],
  ["path", { PathPatternConfig: { Values: ["/a*"] } }, { kind: "path", patterns: ["/a*"] }],
  ["host, by expression", { HostHeaderConfig: { RegexValues: ["a+"] } }, { kind: "host", patterns: [], regexes: ["a+"] }],
  ["path, by expression", { PathPatternConfig: { RegexValues: ["a+"] } }, { kind: "path", patterns: [], regexes: ["a+"] }],
  [
    "header, by expression",
    { HttpHeaderConfig: { HttpHeaderName: "X-A", RegexValues: ["a+"] } },
    { kind: "header", name: "X-A", patterns: [], regexes: ["a+"] },
  ],
  ["path, of none", { PathPatternConfig: {} }, { kind: "path", patterns: [] }],
  ["header", { HttpHeaderConfig: HEADER }, { kind: "header", name: "X-A", patterns: ["1*"] }],
  ["header, of none", { HttpHeaderConfig: {} }, { kind: "header", name: "", patterns: [] }],
  ["method", { HttpRequestMethodConfig: { Values: ["GET"] } }, { kind: "method", methods: ["GET"] }],
  ["method, of none", { HttpRequestMethodConfig: {} }, { kind: "method", methods: [] }],
  [
    "query",
    { QueryStringConfig: { Values: [{ Key: "v", Value: "1" }, { Value: "x" }, { Key: "w" }] } },
    { kind: "query", pairs: [{ key: "v", value: "1" }, { value: "x" }, { key: "w", value: "" }] },
  ],
  ["query, of none", { QueryStringConfig: {} }, { kind: "query", pairs: [] }],
  ["source", { SourceIpConfig: { Values: ["10.0.0.0/8"] } }, { kind: "source", blocks: ["10.0.0.0/8"] }],
  ["source, of none", { SourceIpConfig: {} }, { kind: "source", blocks: [] }],
])("a condition on the %s", (_, condition, view) => {
  putListener();
  putRule(1, { conditions: [condition] });
  expect(make().view.listeners[0]?.rules).toEqual([{ priority: 1, conditions: [view], action: { kind: "fixed-response", status: 404 } }]);
});

const REWRITES = { Rewrites: [{ Regex: "^/a", Replace: "/b" }] };
test.each<[string, RuleRecord["transforms"], object]>([
  ["none", [], {}],
  ["the URL", [{ Type: "url-rewrite", UrlRewriteConfig: REWRITES }], { rewrites: { url: { regex: "^/a", replacement: "/b" } } }],
  [
    "the host",
    [{ Type: "host-header-rewrite", HostHeaderRewriteConfig: REWRITES }],
    { rewrites: { host: { regex: "^/a", replacement: "/b" } } },
  ],
])("a transform of %s", (_, transforms, view) => {
  putListener();
  putRule(1, { transforms });
  expect(make().view.listeners[0]?.rules).toEqual([
    { priority: 1, conditions: [], action: { kind: "fixed-response", status: 404 }, ...view },
  ]);
});

const WHERE = { Protocol: "HTTPS", Host: "a.com", Port: "444", Path: "/p", Query: "q=1" };
test.each<[string, Action, object]>([
  [
    "fixed response",
    { Type: "fixed-response", FixedResponseConfig: { StatusCode: "200", ContentType: "text/plain", MessageBody: "hi" } },
    { kind: "fixed-response", status: 200, contentType: "text/plain", body: "hi" },
  ],
  ["fixed response without more", { Type: "fixed-response" }, { kind: "fixed-response", status: 503 }],
  [
    "redirect for good",
    { Type: "redirect", RedirectConfig: { ...WHERE, StatusCode: "HTTP_301" } },
    { kind: "redirect", status: 301, protocol: "HTTPS", host: "a.com", port: "444", path: "/p", query: "q=1" },
  ],
  [
    "redirect for now, to where the request was",
    { Type: "redirect", RedirectConfig: { StatusCode: "HTTP_302" } },
    { kind: "redirect", status: 302, protocol: "#{protocol}", host: "#{host}", port: "#{port}", path: "/#{path}", query: "#{query}" },
  ],
  ["forward to one group", { Type: "forward", TargetGroupArn: GROUP }, { kind: "forward", groups: [{ arn: GROUP, weight: 1 }] }],
  [
    "forward to several",
    {
      Type: "forward",
      ForwardConfig: {
        TargetGroups: [{ TargetGroupArn: GROUP, Weight: 0 }, { TargetGroupArn: `${GROUP}0`, Weight: 9 }, { TargetGroupArn: "c" }],
      },
    },
    {
      kind: "forward",
      groups: [
        { arn: GROUP, weight: 0 },
        { arn: `${GROUP}0`, weight: 9 },
        { arn: "c", weight: 1 },
      ],
    },
  ],
  [
    "forward to the same one again",
    {
      Type: "forward",
      ForwardConfig: { TargetGroups: [{ TargetGroupArn: "a" }], TargetGroupStickinessConfig: { Enabled: true, DurationSeconds: 60 } },
    },
    { kind: "forward", groups: [{ arn: "a", weight: 1 }], stickiness: 60 },
  ],
  [
    "forward that is not sticky, whatever its duration",
    {
      Type: "forward",
      ForwardConfig: { TargetGroups: [{ TargetGroupArn: "a" }], TargetGroupStickinessConfig: { Enabled: false, DurationSeconds: 60 } },
    },
    { kind: "forward", groups: [{ arn: "a", weight: 1 }] },
  ],
  ["forward to nobody", { Type: "forward" }, { kind: "forward", groups: [] }],
])("the action: %s", (_, action, view) => {
  putListener({ defaultActions: [action] });
  expect(make().view.listeners).toMatchObject([{ action: view }]);
  expect(make().view.listeners[0]?.action).toEqual(view);
});

describe("a target group", () => {
  const usual = { kind: "http", path: "/", matcher: "200", interval: 5, timeout: 2, healthyThreshold: 3, unhealthyThreshold: 4 };

  test("is seen with what its record says of it", () => {
    putGroup({ attributes: { "slow_start.duration_seconds": "30" } });
    expect(make().view.groups).toEqual([{ arn: GROUP, algorithm: "round_robin", slowStart: 30, healthCheck: usual, targets: [] }]);
  });

  test.each<[string, Partial<TargetRecord>, object]>([
    ["new", {}, { draining: false, health: "initial" }],
    ["healthy", { health: { state: "healthy" } }, { draining: false, health: "healthy" }],
    ["unhealthy", { health: { state: "unhealthy" } }, { draining: false, health: "unhealthy" }],
    ["draining", { health: { state: "draining" }, drainingUntil: 1 }, { draining: true, health: "healthy" }],
  ])("whose target is %s", (_, changes, view) => {
    putGroup();
    registerTarget(state, { targetGroupArn: GROUP, id: "10.0.0.1", port: 80, now: 0 });
    const [made] = state.table(targets).values();
    state.commit(() => made && state.table(targets).put({ ...made, ...changes }));
    expect(make().view.groups[0]?.targets).toEqual([{ id: "10.0.0.1", port: 80, address: "10.0.0.1", addressPort: 80, ...view }]);
  });

  test("takes targets in the zones of its load balancer, as these change", () => {
    const views = new RoutingViews(state);
    const surroundings = { ownBlocks: [], bridgedBlocks: [], vpcs: [], openedBlocks: [] };
    const routing = () => views.make({ addresses: ["127.0.0.1"], gateways: [], surroundings });
    const places = (...names: readonly string[]) =>
      state.commit(() => {
        const availabilityZones = names.map((zoneName) => ({ zoneName, subnetId: "subnet-1" }));
        state.table(loadBalancers).update(BALANCER, (balancer) => ({ ...balancer, availabilityZones }));
      });
    putGroup();
    putListener({ defaultActions: [{ Type: "forward", TargetGroupArn: GROUP }] });
    places("us-east-1a");
    const target = registerTarget(state, { targetGroupArn: GROUP, id: "10.0.0.1", port: 80, availabilityZone: "us-east-1b", now: 0 });
    expect(routing().turnedAway(target)).toBe("zone");
    places("us-east-1a", "us-east-1b");
    const open = routing();
    expect([open.turnedAway(target), open.changed.length, open.view.groups[0]?.targets.length]).toEqual([undefined, 1, 1]);
    places("us-east-1a");
    const shut = routing();
    expect([shut.turnedAway(target), shut.changed.length, shut.view.groups[0]?.targets.length]).toEqual(["zone", 1, 0]);
  });

  test("of instances takes this host's alone; of addresses, none by an instance's name", () => {
    const id = localInstanceId(BALANCER_SCOPE);
    const whyNot = (targetType: "instance" | "ip", name: string): unknown => {
      putGroup({ targetType });
      registerTarget(state, { targetGroupArn: GROUP, id: name, port: 80, now: 0 });
      const target = [...state.table(targets).values()].find((one) => one.id === name)!;
      return make().turnedAway(target);
    };
    // Its address is this host's, where no task has that port.
    expect(whyNot("instance", id)).toBe("port");
    expect(whyNot("instance", "i-0123456789abcdef0")).toBe("address");
    expect(whyNot("ip", id)).toBe("address");
  });

  test("that is not there turns nobody away, and a backend of it is made from what is asked", () => {
    const routing = make();
    expect(routing.turnedAway({ targetGroupArn: `${GROUP}0`, id: "10.0.0.1", port: 80 } as TargetRecord)).toBeUndefined();
    expect([...routing.serversOf("none")]).toEqual([]);
    const view = { arn: GROUP, algorithm: "round_robin", healthCheck: { kind: "none" }, targets: [] } as const;
    expect(routing.backendsOf(view)).toMatchObject([{ id: "web-0123456789abcdef", servers: [] }]);
  });
});
