import { expect, test } from "vitest";
import { backendId } from "./names-in-proxy.ts";
import { planRouting } from "./plan-routing.ts";
import type { RoutingView, StreamView, TargetGroupView } from "./view.ts";

const DB = "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/db/0123456789abcdef";
const stream: StreamView = {
  port: 13_432,
  balancer: { arn: "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/net/db/89abcdef01234567", vpcId: "vpc-1" },
  groups: [{ arn: DB, weight: 1 }],
  idleTimeout: 350,
};
const own = { port: 5432, nodes: [{ address: "10.0.0.7", zone: "us-east-1a" }], clients: ["10.0.0.0/16"] };
const passing = { proxyProtocol: false, cutsRemoved: false, cutsUnhealthy: true };
const group: TargetGroupView = { arn: DB, algorithm: "round_robin", healthCheck: { kind: "none" }, stream: passing, targets: [] };

function planned(streams: readonly StreamView[]): ReturnType<typeof planRouting> {
  const view: RoutingView = {
    addresses: ["127.0.0.1"],
    gateways: ["vpc-1", "vpc-2"].map((vpcId, at) => ({ vpcId, vpcCidr: `10.${at}.0.0/16`, address: `10.${at}.0.1` })),
    listeners: [],
    groups: [group],
  };
  return planRouting({ ...view, streams });
}

const places = (streams: ReturnType<typeof planned>["streams"]): unknown =>
  streams?.map(({ id, addresses, port, clients }) => [id, addresses, port, clients]);

test("a stream is on loopback for all, and at its own VPC's gateway for that VPC", () => {
  const { streams, backends } = planned([stream]);
  expect(places(streams)).toEqual([
    ["stream-13432", ["127.0.0.1"], 13_432, undefined],
    ["vpc-1-stream-13432", ["10.0.0.1"], 13_432, ["10.0.0.0/16"]],
  ]);
  const carried = streams?.map(({ backends: to, idleTimeout }) => [to, idleTimeout]);
  expect(carried).toEqual([1, 2].map(() => [[{ id: backendId(DB), weight: 1 }], 350]));
  expect(backends).toEqual([{ id: backendId(DB), algorithm: "round_robin", healthCheck: { kind: "none" }, stream: passing, servers: [] }]);
});

test("at addresses of its own it has its own port, for its own VPC, and the gateway is not needed", () => {
  expect(places(planned([{ ...stream, own }]).streams)).toEqual([
    ["db-89abcdef01234567-port-5432", ["10.0.0.7"], 5432, ["10.0.0.0/16"]],
    ["stream-13432", ["127.0.0.1"], 13_432, undefined],
  ]);
});

test("without streams a configuration has none", () => {
  expect(planned([])).not.toHaveProperty("streams");
});

test("a group of weight 0 is checked and gets nothing", () => {
  const { streams, backends } = planned([{ ...stream, groups: [{ arn: DB, weight: 0 }] }]);
  expect(streams?.[0]?.backends).toEqual([]);
  expect(backends).toHaveLength(1);
});

test("what is logged tells whose it is", () => {
  expect(planned([{ ...stream, own, logged: "arn/listener" }]).streams?.map(({ logged }) => logged)).toEqual(
    [1, 2].map(() => ({ loadBalancer: stream.balancer.arn, listener: "arn/listener" })),
  );
});

test("who lets nobody of this host in is silent on loopback alone", () => {
  const { streams } = planned([{ ...stream, own, isShutToHost: true }]);
  expect(streams?.map(({ addresses, isSilent }) => [addresses[0], isSilent])).toEqual([
    ["10.0.0.7", undefined],
    ["127.0.0.1", true],
  ]);
});
