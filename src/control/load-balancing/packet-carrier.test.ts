import { beforeEach, describe, expect, test } from "vitest";
import { planRouting } from "../../decide/routing/plan-routing.ts";
import { memoryJournal } from "../../drivers/memory/journal.ts";
import type { PacketBalancer, PacketService } from "../../ports/packet-balancer.ts";
import { listeners, loadBalancers, targetGroups, targetKey, targets } from "../../state/elb.ts";
import { JournaledState } from "../../state/journaled-state.ts";
import { networkInterfaces } from "../../state/network-interfaces.ts";
import { BALANCER_SCOPE, balancerArn, balancerRecord, groupRecord, listenerRecord } from "../../testing/balancer-records.ts";
import { PacketCarrier } from "./packet-carrier.ts";
import { RoutingViews } from "./routing-view.ts";
import { HealthReports } from "./target-health.ts";

const BALANCER = balancerArn("loadbalancer/net/db");
const GROUP = balancerArn("targetgroup/db");
const VPC = { id: "vpc-1", cidrBlock: "10.0.0.0/16" };

let applied: (readonly PacketService[])[];
let cuts: string[];
let reports: HealthReports;
let carrier: PacketCarrier;
beforeEach(() => {
  [applied, cuts, reports] = [[], [], new HealthReports()];
  const balancer: PacketBalancer = {
    apply: async (services) => void applied.push(services),
    flows: async (_, protocol) => (protocol === "udp" ? 2 : 1),
    cut: async ({ address }, protocol) => void cuts.push(`${address} ${protocol}`),
    remove: async () => undefined,
  };
  carrier = new PacketCarrier(balancer);
});

/** A listener with two targets. */
function world(protocol: "TCP" | "UDP" | "TCP_UDP" | "TLS", attributes: Record<string, string> = {}, groupProtocol = protocol) {
  const state = new JournaledState(memoryJournal());
  const views = new RoutingViews(state);
  state.commit(() => {
    state.table(loadBalancers).put(balancerRecord({ arn: BALANCER, type: "network" }));
    state.table(targetGroups).put(groupRecord({ arn: GROUP, protocol: groupProtocol, vpcId: VPC.id, attributes }, { protocol: "TCP" }));
    const defaultActions = [{ Type: "forward", TargetGroupArn: GROUP } as const];
    state.table(listeners).put(listenerRecord({ loadBalancerArn: BALANCER, protocol, port: 53, boundPort: 53, defaultActions }));
    const place = { vpcId: VPC.id, subnetId: "subnet-0", availabilityZone: "us-east-1a", privateIpv4Address: "10.0.0.7", chosen: false };
    state.table(networkInterfaces).put({ ...BALANCER_SCOPE, ...place, id: "eni-1", loadBalancerArn: BALANCER, createdAt: 1 });
  });
  const put = (address: string, rest: { readonly drainingUntil?: number } = {}): void => {
    const target = {
      targetGroupArn: GROUP,
      id: address,
      port: 5353,
      address,
      addressPort: 5353,
      registeredAt: 1,
      availabilityZone: "us-east-1a",
    };
    state.commit(() => state.table(targets).put({ ...target, health: { state: "healthy" }, ...rest }));
    views.note(GROUP, targetKey(GROUP, address, 5353));
  };
  put("10.0.0.20");
  put("10.0.0.21");
  const settle = async (): Promise<void> => {
    const routing = views.make({
      addresses: ["127.0.0.1"],
      gateways: [],
      held: [{ vpcId: VPC.id, vpcCidr: VPC.cidrBlock, addresses: new Set(["10.0.0.7"]) }],
      surroundings: { ownBlocks: [], bridgedBlocks: [], vpcs: [VPC], openedBlocks: [] },
    });
    await carrier.prepare(routing, reports);
    const configuration = planRouting(routing.view, routing.backendsOf);
    reports.applied(configuration, routing);
    await carrier.settle(reports, routing);
    plan = configuration;
  };
  let plan: ReturnType<typeof planRouting> | undefined;
  return { state, put, views, settle, plan: () => plan };
}

const led = (): unknown =>
  applied.at(-1)?.map(({ protocol, choices }) => [protocol, ...choices.flatMap(({ targets: to }) => to.map((one) => one.address))]);
const report = (server: string, health: "healthy" | "unhealthy") =>
  reports.note({ backend: "db-0123456789abcdef", server: `${server}-5353`, health });

test("datagrams are the kernel's alone, with the group checked by the proxy", async () => {
  const { settle, plan } = world("UDP");
  await settle();
  expect(led()).toEqual([["udp", "10.0.0.20", "10.0.0.21"]]);
  expect(plan()).not.toHaveProperty("streams");
  expect(plan()?.backends.map(({ servers }) => servers.length)).toEqual([2]);
});

test("connections that keep their client's address are the kernel's at the load balancer's own, and the proxy's on loopback", async () => {
  const { settle, plan } = world("TCP", { "preserve_client_ip.enabled": "true" });
  await settle();
  expect(led()).toEqual([["tcp", "10.0.0.20", "10.0.0.21"]]);
  expect(plan()?.streams?.map(({ addresses }) => addresses)).toEqual([["127.0.0.1"]]);
});

test("both are both's", async () => {
  const { settle, plan } = world("TCP_UDP");
  await settle();
  expect(led()).toEqual([
    ["tcp", "10.0.0.20", "10.0.0.21"],
    ["udp", "10.0.0.20", "10.0.0.21"],
  ]);
  expect(plan()?.streams).toHaveLength(1);
  expect(carrier.protocolsOf(GROUP)).toEqual(["tcp", "udp"]);
});

test("others are the proxy's at each address", async () => {
  const { settle, plan } = world("TCP");
  await settle();
  expect(applied).toEqual([[]]);
  expect(plan()?.streams?.map(({ addresses }) => addresses)).toEqual([["10.0.0.7"], ["127.0.0.1"]]);
  expect(carrier.protocolsOf(GROUP)).toEqual([]);
});

test("what a check finds is carried out at once, and nothing is told twice", async () => {
  const { settle, state } = world("UDP");
  await settle();
  report("10.0.0.20", "unhealthy");
  await carrier.settle(reports);
  expect(led()).toEqual([["udp", "10.0.0.21"]]);
  await carrier.settle(reports);
  expect(applied).toHaveLength(2);
  expect(state.table(targets).get(targetKey(GROUP, "10.0.0.20", 5353))?.health.state).toBe("healthy");
});

test("what a listener no longer leads goes once the proxy has taken it over", async () => {
  const { settle, state } = world("TCP", { "preserve_client_ip.enabled": "true" });
  await settle();
  state.commit(() => state.table(targetGroups).update(GROUP, (one) => ({ ...one, attributes: {} })));
  await settle();
  expect(applied.map((services) => services.length)).toEqual([1, 0]);
});

describe("flows that are under way", () => {
  const drained = async (at: ReturnType<typeof world>): Promise<void> => {
    await at.settle();
    at.put("10.0.0.20", { drainingUntil: 1 });
    await at.settle();
    expect(cuts).toEqual([]);
    at.state.commit(() => at.state.table(targets).delete(targetKey(GROUP, "10.0.0.20", 5353)));
    at.views.note(GROUP, targetKey(GROUP, "10.0.0.20", 5353));
    await at.settle();
  };

  test("of datagrams end with their target", async () => {
    await drained(world("UDP"));
    expect(cuts).toEqual(["10.0.0.20 udp"]);
  });

  test("of connections end where the group says so", async () => {
    await drained(world("TCP", { "preserve_client_ip.enabled": "true" }));
    expect(cuts).toEqual([]);
    applied = [];
    await drained(world("TCP", { "preserve_client_ip.enabled": "true", "deregistration_delay.connection_termination.enabled": "true" }));
    expect(cuts).toEqual(["10.0.0.20 tcp"]);
  });

  test.each([
    ["end with a target that fails", {}, ["10.0.0.20 tcp"]],
    ["stay where the group says so", { "target_health_state.unhealthy.connection_termination.enabled": "false" }, []],
  ])("%s", async (_, attributes, expected) => {
    const at = world("TCP", { "preserve_client_ip.enabled": "true", ...attributes });
    await at.settle();
    report("10.0.0.20", "unhealthy");
    await carrier.settle(reports);
    await carrier.settle(reports);
    expect(cuts).toEqual(expected);
  });

  test("are counted over all protocols", async () => {
    const { settle, state } = world("TCP_UDP");
    await settle();
    const target = state.table(targets).get(targetKey(GROUP, "10.0.0.20", 5353))!;
    expect(await carrier.flows(target)).toBe(3);
    expect(await carrier.flows({ ...target, targetGroupArn: "other" })).toBe(0);
  });
});
