import { expect, test } from "vitest";
import { planPackets, type PacketGroup } from "./plan-packets.ts";
import type { StreamView, TargetView } from "./view.ts";

const [A, B] = ["us-east-1a", "us-east-1b"] as const;
const stream: StreamView = {
  ...{ port: 53, balancer: { arn: "arn/db", vpcId: "vpc-1" }, groups: [{ arn: "one", weight: 1 }], idleTimeout: 350 },
  own: {
    port: 53,
    nodes: [
      { address: "10.0.0.7", zone: A },
      { address: "10.0.16.7", zone: B },
    ],
    clients: ["10.0.0.0/16", "10.3.0.0/20", "10.2.0.0/16", "192.0.2.2/32"],
  },
  packets: [{ protocol: "udp", idleTimeout: 120 }],
};
const target = (address: string, rest: Partial<TargetView> = {}): TargetView => ({
  ...{ id: address, port: 5353, address, addressPort: 5353, draining: false, health: "healthy" },
  ...rest,
});
const led = (group: PacketGroup | undefined, changed: Partial<StreamView> = {}): unknown =>
  planPackets([{ ...stream, ...changed }], () => group).map(({ address, choices }) => [
    address,
    ...choices.map(({ targets }) => targets.map((one) => one.address)),
  ]);

test("each address and protocol is a service, for clients in all blocks of the VPC and in those that are peered with it", () => {
  const packets = [
    { protocol: "tcp", idleTimeout: 350 },
    { protocol: "udp", idleTimeout: 120 },
  ] as const;
  const services = planPackets([{ ...stream, packets }], () => ({ targets: [target("10.0.0.20")] }));
  expect(services.map(({ address, protocol, idleTimeout }) => [address, protocol, idleTimeout])).toEqual([
    ["10.0.0.7", "tcp", 350],
    ["10.0.0.7", "udp", 120],
    ["10.0.16.7", "tcp", 350],
    ["10.0.16.7", "udp", 120],
  ]);
  expect(services[0]).toMatchObject({
    port: 53,
    clients: ["10.0.0.0/16", "10.3.0.0/20", "10.2.0.0/16", "192.0.2.2/32"],
    choices: [{ weight: 1, sticky: false, targets: [{ address: "10.0.0.20", port: 5353 }] }],
  });
});

test("without addresses of its own, or where the proxy carries it, there is none", () => {
  const { own: _own, ...nowhere } = stream;
  const { packets: _packets, ...proxied } = stream;
  expect(planPackets([nowhere, proxied], () => ({ targets: [target("10.0.0.20")] }))).toEqual([]);
});

test("healthy targets get flows, and none that drains or has not passed yet", () => {
  const targets = [
    target("10.0.0.20"),
    target("10.0.0.21", { health: "unhealthy" }),
    target("10.0.0.22", { health: "initial" }),
    target("10.0.0.23", { draining: true }),
  ];
  expect(led({ targets })).toEqual([
    ["10.0.0.7", ["10.0.0.20"]],
    ["10.0.16.7", ["10.0.0.20"]],
  ]);
  // Fewer than are to be healthy: the unhealthy ones, too.
  expect(led({ targets, minimumHealthy: { count: 2 } })).toEqual([
    ["10.0.0.7", ["10.0.0.20", "10.0.0.21"]],
    ["10.0.16.7", ["10.0.0.20", "10.0.0.21"]],
  ]);
  expect(led({ targets: targets.slice(1) })).toEqual([
    ["10.0.0.7", ["10.0.0.21"]],
    ["10.0.16.7", ["10.0.0.21"]],
  ]);
  expect(led({ targets: targets.slice(2) })).toEqual([["10.0.0.7"], ["10.0.16.7"]]);
});

test("a group that does not cross zones gets flows within them", () => {
  const targets = [target("10.0.16.20", { zone: B }), target("10.0.0.20", { zone: A }), target("192.168.0.9")];
  expect(led({ zones: [A, B], targets })).toEqual([
    ["10.0.0.7", ["10.0.0.20", "192.168.0.9"]],
    ["10.0.16.7", ["10.0.16.20", "192.168.0.9"]],
  ]);
});

test("groups of weight 0 and those that are gone get nothing; clients keep to a target where the group says so", () => {
  const groups = ["one", "two", "gone"].map((arn, at) => ({ arn, weight: at }));
  const [service] = planPackets([{ ...stream, groups }], (arn) =>
    arn === "gone" ? undefined : { stickiness: { kind: "source-ip" }, targets: [target("10.0.0.20")] },
  );
  expect(service?.choices).toEqual([{ weight: 1, sticky: true, targets: [{ address: "10.0.0.20", port: 5353 }] }]);
});
