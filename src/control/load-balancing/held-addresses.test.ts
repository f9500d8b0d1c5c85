import { expect, onTestFinished, test } from "vitest";
import { memoryJournal } from "../../drivers/memory/journal.ts";
import { registerTarget } from "../../state/elb-targets.ts";
import { loadBalancers, targets } from "../../state/elb.ts";
import { vpcs } from "../../state/ec2.ts";
import { JournaledState } from "../../state/journaled-state.ts";
import { networkInterfaces, type NetworkInterfaceRecord } from "../../state/network-interfaces.ts";
import { balancedCluster, putBalancedCluster, SCOPE } from "../../testing/balanced-cluster.ts";
import { FakeTrafficProxy } from "../../testing/fake-traffic-proxy.ts";
import { ManualClock } from "../../testing/manual-clock.ts";
import { loadBalancing } from "./load-balancing.ts";
import { targetSurroundings } from "./target-surroundings.ts";

const VPC = { vpcId: "vpc-1", vpcCidr: "10.0.0.0/16" };
const web = balancedCluster("web");
const held = (...addresses: readonly string[]) => [{ ...VPC, addresses: new Set(addresses) }];

/** A load balancer with a target, and interfaces in two zones. */
async function world() {
  const state = new JournaledState(memoryJournal());
  const [clock, proxy] = [new ManualClock(), new FakeTrafficProxy()];
  const logger = { info: () => undefined, warn: () => undefined, error: () => undefined };
  const surroundings = targetSurroundings({ state, host: () => ({ ownBlocks: [], bridgedBlocks: [] }), openedBlocks: [] });
  putBalancedCluster(state, web, { vpcId: VPC.vpcId, deregistrationDelay: 0, now: 1 });
  const put = (privateIpv4Address: string, availabilityZone: string): void => {
    const record = { ...SCOPE, ...VPC, id: `eni-${privateIpv4Address}`, subnetId: availabilityZone, chosen: false, createdAt: 1 };
    state.commit(() =>
      state
        .table(networkInterfaces)
        .put({ ...record, privateIpv4Address, availabilityZone, loadBalancerArn: web.loadBalancer } as NetworkInterfaceRecord),
    );
  };
  state.commit(() => {
    state.table(vpcs).put({ ...SCOPE, id: VPC.vpcId, cidrBlock: VPC.vpcCidr, isDefault: true, tags: [] });
    registerTarget(state, { targetGroupArn: web.targetGroup, id: "10.0.0.9", port: 80, availabilityZone: "us-east-1b", now: 1 });
  });
  put("10.0.0.7", "us-east-1a");
  put("10.0.1.7", "us-east-1b");
  const loop = loadBalancing({ state, clock, proxy, logger, surroundings });
  onTestFinished(() => loop[Symbol.asyncDispose]());
  loop.bind([{ ...VPC, address: "10.0.0.1" }]);
  await clock.settled();
  const places = () => proxy.configuration.listeners.map(({ addresses, port }) => `${addresses.join()}:${port}`);
  const servers = () => proxy.configuration.backends.flatMap((backend) => backend.servers);
  return { state, clock, proxy, loop, places, servers };
}

test("a load balancer listens at the addresses that the host has, instead of the gateway, and reaches its targets from there", async () => {
  const { clock, loop, places, servers } = await world();
  expect([places(), servers()[0]?.source]).toEqual([["127.0.0.1:80", "10.0.0.1:80"], undefined]);
  loop.hold(held("10.0.0.7", "10.0.1.7"));
  await clock.settled();
  expect([places(), servers()[0]?.source]).toEqual([["127.0.0.1:80", "10.0.0.7,10.0.1.7:80"], "10.0.1.7"]);
  loop.hold([]);
  await clock.settled();
  expect([places(), servers()[0]?.source]).toEqual([["127.0.0.1:80", "10.0.0.1:80"], undefined]);
});

test("an address that its load balancer leaves is let go of as soon as it does, and with it those of a load balancer that is gone", async () => {
  const { state, clock, loop, places, servers } = await world();
  loop.hold(held("10.0.0.7", "10.0.1.7"));
  await clock.settled();
  state.commit(() => state.table(networkInterfaces).update("eni-10.0.1.7", (record) => ({ ...record, leavingUntil: 9_999_999 })));
  await clock.settled();
  expect([places(), servers()[0]?.source]).toEqual([["127.0.0.1:80", "10.0.0.7:80"], "10.0.0.7"]);
  state.commit(() => state.table(loadBalancers).delete(web.loadBalancer));
  await clock.settled();
  expect(places()).toEqual([]);
});

test("where a target is reached from is no change of its health", async () => {
  const { state, clock, proxy, loop, servers } = await world();
  const backend = proxy.configuration.backends[0]?.id ?? "";
  proxy.see(backend, servers()[0]?.id ?? "", "healthy");
  await clock.settled();
  loop.hold(held("10.0.0.7"));
  await clock.settled();
  expect(servers()[0]).toMatchObject({ source: "10.0.0.7", health: "healthy" });
  expect([...state.table(targets).values()].map(({ health }) => health.state)).toEqual(["healthy"]);
});
