import { expect, test } from "vitest";
import type { RoutingView } from "../../decide/routing/view.ts";
import { memoryJournal } from "../../drivers/memory/journal.ts";
import { vpcPeerings } from "../../state/ec2-peering.ts";
import { vpcs } from "../../state/ec2.ts";
import {
  listeners,
  loadBalancers,
  targetGroups,
  targets,
  type ListenerRecord,
  type LoadBalancerRecord,
  type TargetGroupRecord,
  type TargetRecord,
} from "../../state/elb.ts";
import { JournaledState } from "../../state/journaled-state.ts";
import { networkInterfaces } from "../../state/network-interfaces.ts";
import { assignPorts, giveTurns } from "./listener-ports.ts";
import { RoutingViews } from "./routing-view.ts";
import { streamView } from "./stream-view.ts";

const SCOPE = { account: "123456789012", region: "us-east-1" } as const;
const arnOf = (kind: string, name: string): string =>
  `arn:aws:elasticloadbalancing:us-east-1:123456789012:${kind}/${name}/0123456789abcdef`;
const GROUP = arnOf("targetgroup", "db");
/** Of this host, which bridges two networks. */
const OWN = ["127.0.0.0/8", "127.0.0.1/32", "192.0.2.2/32", "10.0.0.1/32", "172.17.0.1/32"];
const VPC = { id: "vpc-1", cidrBlock: "10.0.0.0/16" };

const PLAIN = { attributes: {}, tags: [], availabilityZones: [] };

function world() {
  const state = new JournaledState(memoryJournal());
  const views = new RoutingViews(state);
  const put = (name: string, type: "application" | "network", protocol: string, port: number, rest: object = {}): void => {
    const arn = arnOf(`loadbalancer/${type === "network" ? "net" : "app"}`, name);
    const defaultActions = [{ Type: "forward", TargetGroupArn: GROUP }];
    const listener = { ...SCOPE, arn: arnOf("listener", name), loadBalancerArn: arn, protocol, port, defaultActions, certificates: [] };
    const balancer = { ...SCOPE, arn, type, dnsName: `${name}-1.us-east-1.elb.localhost`, vpcId: VPC.id, ...PLAIN };
    state.commit(() => {
      state.table(loadBalancers).put(balancer as unknown as LoadBalancerRecord);
      state.table(listeners).put({ createdAt: 1, attributes: {}, ...listener, ...rest } as unknown as ListenerRecord);
      for (const [at, zone] of ["us-east-1a", "us-east-1b"].entries())
        state.table(networkInterfaces).put({
          ...SCOPE,
          id: `eni-${name}-${at}`,
          vpcId: VPC.id,
          subnetId: `subnet-${at}`,
          availabilityZone: zone,
          privateIpv4Address: `10.0.${at}.${port % 200}`,
          chosen: false,
          loadBalancerArn: arn,
          createdAt: 1,
        });
    });
  };
  const putGroup = (attributes: Record<string, string> = {}, protocol = "TCP"): void => {
    const healthCheck = { enabled: false, port: "traffic-port" };
    const group = { ...SCOPE, arn: GROUP, targetType: "ip", protocol, vpcId: VPC.id, attributes, healthCheck };
    state.commit(() => state.table(targetGroups).put(group as unknown as TargetGroupRecord));
  };
  const putTarget = (id: string, availabilityZone: string): void => {
    const place = { id, port: 80, address: id, addressPort: 80 };
    const target = { targetGroupArn: GROUP, ...place, availabilityZone, health: { state: "healthy" }, registeredAt: 1 };
    state.commit(() => state.table(targets).put(target as unknown as TargetRecord));
  };
  const view = (...held: readonly string[]): RoutingView => viewIn({}, held);
  const viewIn = (more: { readonly furtherBlocks?: readonly string[] }, held: readonly string[]): RoutingView =>
    views.make({
      addresses: ["127.0.0.1"],
      gateways: [],
      held: [{ vpcId: VPC.id, vpcCidr: VPC.cidrBlock, ...more, addresses: new Set(held) }],
      surroundings: { ownBlocks: OWN, bridgedBlocks: ["10.0.0.0/16", "172.17.0.0/16"], vpcs: [VPC], openedBlocks: [] },
    }).view;
  const sources = (seen: RoutingView) => seen.groups[0]?.targets.map(({ id, source }) => [id, source]);
  return { state, put, putGroup, putTarget, view, viewIn, sources };
}

test("a listener is at those of its load balancer's addresses that this host has", () => {
  const { put, view } = world();
  put("web", "application", "HTTP", 80, { boundPort: 8080, turn: 1 });
  expect(view().listeners[0]).not.toHaveProperty("own");
  expect(view("10.0.1.80", "10.9.9.9").listeners[0]?.own).toEqual({
    port: 80,
    nodes: [{ address: "10.0.1.80", zone: "us-east-1b" }],
    clients: ["10.0.0.0/16", "192.0.2.2/32"],
  });
});

test("who is in a VPC that is peered with the load balancer's may come in, while it is", () => {
  const { state, put, view } = world();
  put("web", "application", "HTTP", 80, { boundPort: 8080, turn: 1 });
  const clients = () => view("10.0.1.80").listeners[0]?.own?.clients;
  const far = { ...SCOPE, id: "vpc-2", cidrBlock: "10.2.0.0/16", isDefault: false, tags: [] };
  const sides = { requester: { ...SCOPE, vpcId: far.id }, accepter: { ...SCOPE, vpcId: VPC.id } };
  const peering = { ...SCOPE, ...sides, id: "pcx-1", status: "active", statusMessage: "Active", expiresAt: 0, tags: [] } as const;
  state.commit(() => {
    state.table(vpcs).put(far);
    state.table(vpcPeerings).put(peering);
  });
  expect(clients()).toEqual(["10.0.0.0/16", "10.2.0.0/16", "192.0.2.2/32"]);
  state.commit(() => state.table(vpcPeerings).put({ ...peering, status: "deleted" }));
  expect(clients()).toEqual(["10.0.0.0/16", "192.0.2.2/32"]);
});

test("a TCP listener is a stream with its groups, its idle timeout and its addresses, and none of those that share", () => {
  const { put, view } = world();
  put("db", "network", "TCP", 132, { boundPort: 8132, attributes: { "tcp.idle_timeout.seconds": "60" } });
  const { listeners: requests, streams } = view("10.0.0.132");
  expect(requests).toEqual([]);
  expect(streams).toEqual([
    {
      port: 8132,
      own: { port: 132, nodes: [{ address: "10.0.0.132", zone: "us-east-1a" }], clients: ["10.0.0.0/16", "192.0.2.2/32"] },
      balancer: { arn: arnOf("loadbalancer/net", "db"), vpcId: "vpc-1" },
      groups: [{ arn: GROUP, weight: 1 }],
      idleTimeout: 60,
    },
  ]);
});

test("a target is connected to from the address in its zone, or from another; one outside of the VPC from wherever", () => {
  const { put, putGroup, putTarget, view, sources } = world();
  put("db", "network", "TCP", 132);
  putGroup();
  putTarget("10.0.0.5", "us-east-1a");
  putTarget("10.0.1.5", "us-east-1b");
  putTarget("10.0.2.5", "us-east-1c");
  putTarget("192.168.0.5", "all");
  const before = view();
  expect(sources(before)?.map(([, source]) => source)).toEqual([undefined, undefined, undefined, undefined]);
  expect(sources(view("10.0.0.132", "10.0.1.132"))).toEqual([
    ["10.0.0.5", "10.0.0.132"],
    ["10.0.1.5", "10.0.1.132"],
    ["10.0.2.5", "10.0.0.132"],
    ["192.168.0.5", undefined],
  ]);
  expect(sources(view("10.0.1.132"))?.[0]).toEqual(["10.0.0.5", "10.0.1.132"]);
  expect(view().groups).toEqual(before.groups);
});

test.each([
  ["by default", {}, { proxyProtocol: false, cutsRemoved: false, cutsUnhealthy: true }],
  [
    "as its attributes say",
    {
      "proxy_protocol_v2.enabled": "true",
      "deregistration_delay.connection_termination.enabled": "true",
      "target_health_state.unhealthy.connection_termination.enabled": "false",
    },
    { proxyProtocol: true, cutsRemoved: true, cutsUnhealthy: false },
  ],
])("a group for connections is a stream's, %s", (_what, attributes, stream) => {
  const { putGroup, view } = world();
  putGroup(attributes);
  expect(view().groups[0]?.stream).toEqual(stream);
  putGroup(attributes, "HTTP");
  expect(view().groups[0]).not.toHaveProperty("stream");
});

test("listeners of HTTP share a port; a stream has one to itself, and tells which where it is another", async () => {
  const { state, put } = world();
  put("first", "network", "TCP", 80, { createdAt: 1 });
  put("web", "application", "HTTP", 80, { createdAt: 2 });
  put("shop", "application", "HTTP", 80, { createdAt: 3 });
  put("second", "network", "TCP", 80, { createdAt: 4 });
  giveTurns(state);
  await assignPorts(state, () => Promise.resolve(true));
  const bound = ["first", "web", "shop", "second"].map((name) => state.table(listeners).get(arnOf("listener", name))?.boundPort);
  expect(bound).toEqual([80, 8080, 8080, 9080]);
  const tags = (name: string) => state.table(loadBalancers).get(arnOf("loadbalancer/net", name))?.tags;
  expect(tags("first")).toEqual([]);
  expect(tags("second")).toEqual([{ Key: "aws:airfield:listener-port:80", Value: "9080" }]);
});

test("a network load balancer logs its encrypted connections alone", () => {
  const { state, put, putGroup, view } = world();
  putGroup();
  put("db", "network", "TCP", 5432, { boundPort: 5432, turn: 1 });
  const logged = () => view().streams?.map((stream) => stream.logged);
  state.commit(() =>
    state
      .table(loadBalancers)
      .update(arnOf("loadbalancer/net", "db"), (one) => ({ ...one, attributes: { "access_logs.s3.enabled": "true" } })),
  );
  expect(logged()).toEqual([undefined]);
  const { arn } = state.table(listeners).get(arnOf("listener", "db"))!;
  const [record, balancer] = [state.table(listeners).get(arn)!, state.table(loadBalancers).get(arnOf("loadbalancer/net", "db"))!];
  const streamed = streamView({ ...record, protocol: "TLS" }, record.defaultActions[0]!, balancer, undefined);
  expect(streamed.map((stream) => stream.logged)).toEqual([arn]);
  expect(
    streamView({ ...record, protocol: "TLS" }, record.defaultActions[0]!, { ...balancer, attributes: {} }, undefined)[0],
  ).not.toHaveProperty("logged");
});

test("who is in a block that the VPC got later is its client, and a target of its load balancers, as in the first", () => {
  const { put, putGroup, putTarget, viewIn, sources } = world();
  put("web", "application", "HTTP", 80, { boundPort: 8080, turn: 1 });
  putGroup({}, "HTTP");
  putTarget("10.3.0.9", "us-east-1a");
  const held = ["10.0.0.80", "10.0.1.80"];
  const seen = viewIn({ furtherBlocks: ["10.3.0.0/20"] }, held);
  expect(seen.listeners[0]?.own?.clients).toEqual(expect.arrayContaining(["10.0.0.0/16", "10.3.0.0/20"]));
  expect(sources(seen)).toEqual([["10.3.0.9", "10.0.0.80"]]);
  expect(sources(viewIn({}, held))).toEqual([["10.3.0.9", undefined]]);
});
