import { expect, onTestFinished, test } from "vitest";
import { systemIds as ids } from "../../drivers/system/ids.ts";
import { memoryJournal } from "../../drivers/memory/journal.ts";
import type { HoldOutcome, HostAddresses } from "../../ports/host-addresses.ts";
import { subnets, vpcs, type VpcRecord } from "../../state/ec2.ts";
import { connectAddresses } from "../../state/ecs-connect.ts";
import { loadBalancers, type LoadBalancerRecord } from "../../state/elb.ts";
import { JournaledState } from "../../state/journaled-state.ts";
import { vpcEndpoints, type VpcEndpointRecord } from "../../state/ec2-endpoints.ts";
import { networkInterfaces, type NetworkInterfaceRecord } from "../../state/network-interfaces.ts";
import { FakeVpcNetworks } from "../../testing/fake-vpc-networks.ts";
import { ManualClock } from "../../testing/manual-clock.ts";
import type { HeldAddresses } from "../load-balancing/own-places.ts";
import { resolveInVpc } from "../name-resolution/resolve.ts";
import { balancerAddresses, type BalancerAddresses } from "./balancer-addresses.ts";
import { followGateways } from "./follow-networks.ts";
import { networkForVpc } from "./network-for-task.ts";

const SCOPE = { account: "123456789012", region: "us-east-1" } as const;
const VPC = { vpcId: "vpc-1", vpcCidr: "10.0.0.0/16" };
const ARN = "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/web/0123456789abcdef";

/** The VPC's resolver is there in any case, and left out of what the other tests look at. */
const RESOLVER = "10.0.0.2";
const others = (addresses: Iterable<string>): string[] => [...addresses].filter((address) => address !== RESOLVER);

/** A host whose addresses are a set; what is held on a network goes with it. */
class FakeHost implements HostAddresses {
  readonly had = new Set<string>();
  outcome: HoldOutcome = { kind: "held" };
  holds = 0;
  asked: readonly string[] = [];
  present(): ReadonlySet<string> {
    return new Set(this.had);
  }
  async hold(_network: object, addresses: readonly string[]): Promise<HoldOutcome> {
    await Promise.resolve();
    this.holds += 1;
    if (this.outcome.kind === "unable") return this.outcome;
    this.had.clear();
    for (const address of others(addresses)) this.had.add(address);
    this.asked = addresses;
    return this.outcome;
  }
}

function world() {
  const state = new JournaledState(memoryJournal());
  const clock = new ManualClock();
  const networks = new FakeVpcNetworks();
  const host = new FakeHost();
  const told: string[][] = [];
  let lacking: ReadonlyMap<string, string> = new Map();
  const troubles: (string | undefined)[] = [];
  const logger = { info: () => undefined, warn: () => undefined, error: () => undefined };
  let current: BalancerAddresses | undefined;
  state.commit(() => {
    state.table(vpcs).put({ ...SCOPE, id: VPC.vpcId, cidrBlock: VPC.vpcCidr, isDefault: false, tags: [] });
    for (const [at, zone] of ["us-east-1a", "us-east-1b"].entries())
      state.table(subnets).put({
        ...SCOPE,
        id: `subnet-${at}`,
        vpcId: VPC.vpcId,
        cidrBlock: `10.0.${at}.0/24`,
        availabilityZone: zone,
        availabilityZoneId: zone,
        defaultForAz: true,
        mapPublicIpOnLaunch: true,
        tags: [],
      });
  });
  const put = (address: string, subnetId = "subnet-0", loadBalancerArn = ARN): void => {
    const record = { ...SCOPE, vpcId: VPC.vpcId, subnetId, availabilityZone: "us-east-1a", chosen: false, createdAt: 1 };
    state.commit(() =>
      state.table(networkInterfaces).put({ ...record, id: `eni-${address}`, privateIpv4Address: address, loadBalancerArn }),
    );
  };
  const start = async (): Promise<BalancerAddresses> => {
    const addresses = balancerAddresses({
      ...{ state, clock, ids, logger, host },
      networkForVpc: networkForVpc({ state, networks, logger }),
      tell: (held: readonly HeldAddresses[], without) => {
        lacking = without;
        const now = held.flatMap(({ addresses: those }) => others(those));
        if (JSON.stringify(now) !== JSON.stringify(told.at(-1))) told.push(now);
      },
      trouble: (text) => void troubles.push(text),
    });
    current = addresses;
    const following = followGateways(state, networks, (gateways) => addresses.at(gateways));
    onTestFinished(async () => {
      following[Symbol.dispose]();
      await addresses[Symbol.asyncDispose]();
    });
    await clock.settled();
    return addresses;
  };
  return {
    state,
    clock,
    networks,
    host,
    told,
    troubles,
    put,
    start,
    lacking: () => lacking,
    held: () => others(current?.heldIn("vpc-1")?.addresses ?? []),
    further: () => current?.heldIn("vpc-1")?.furtherBlocks,
    hasResolver: () => current?.heldIn("vpc-1")?.addresses.has(RESOLVER) === true,
  };
}

test("a load balancer's network is made for it, and then the host has its addresses; they are told, and go with it", async () => {
  const { state, clock, networks, host, told, put, start, held } = world();
  await start();
  expect(networks.asked).toEqual([]);
  put("10.0.0.7");
  await clock.settled();
  expect(networks.asked).toEqual([VPC]);
  expect([...host.had]).toEqual(["10.0.0.7"]);
  put("10.0.1.8");
  await clock.settled();
  expect(told.at(-1)).toEqual(["10.0.0.7", "10.0.1.8"]);
  state.commit(() => state.table(networkInterfaces).delete("eni-10.0.0.7"));
  await clock.settled();
  expect([...host.had]).toEqual(["10.0.1.8"]);
  expect(held()).toEqual(["10.0.1.8"]);
});

test("the host has the addresses of endpoints, too, in a network that is there; not those of NAT gateways and of interfaces that somebody made", async () => {
  const { state, clock, networks, host, put, start } = world();
  const of = (address: string, owner: Partial<NetworkInterfaceRecord>): void => {
    const { loadBalancerArn: _none, ...record } = state.table(networkInterfaces).get("eni-10.0.0.7") as NetworkInterfaceRecord;
    state.commit(() => state.table(networkInterfaces).put({ ...record, id: `eni-${address}`, privateIpv4Address: address, ...owner }));
  };
  putEndpointRecord(state, "available");
  put("10.0.0.7");
  of("10.0.0.8", { vpcEndpointId: "vpce-1" });
  of("10.0.0.9", { natGatewayId: "nat-1" });
  of("10.0.0.10", { groupIds: ["sg-1"] });
  const balancer = state.table(networkInterfaces).get("eni-10.0.0.7");
  state.commit(() => state.table(networkInterfaces).delete("eni-10.0.0.7"));
  await start();
  expect(networks.asked).toEqual([]);
  state.commit(() => balancer && state.table(networkInterfaces).put(balancer));
  await clock.settled();
  expect([...host.had].toSorted()).toEqual(["10.0.0.7", "10.0.0.8"]);
});

test("an endpoint is available once the host is at its addresses, and gone once it has let go of them", async () => {
  const { state, clock, host, put, start } = world();
  put("10.0.0.7");
  await start();
  state.commit(() => {
    putEndpointRecord(state, "pending");
    const record = state.table(networkInterfaces).get("eni-10.0.0.7") as NetworkInterfaceRecord;
    const { loadBalancerArn: _none, ...own } = record;
    state.table(networkInterfaces).put({ ...own, id: "eni-8", privateIpv4Address: "10.0.0.8", vpcEndpointId: "vpce-1" });
  });
  const endpoint = () => state.table(vpcEndpoints).get("vpce-1");
  await clock.settled();
  expect([endpoint()?.state, host.had.has("10.0.0.8")]).toEqual(["available", true]);
  state.commit(() => state.table(vpcEndpoints).update("vpce-1", (one) => ({ ...one, state: "deleting" })));
  expect(endpoint()?.state).toBe("deleting");
  await clock.settled();
  expect([endpoint(), state.table(networkInterfaces).has("eni-8"), host.had.has("10.0.0.8")]).toEqual([undefined, false, false]);
});

test("an endpoint in a VPC without a network is available, and gone, at once", async () => {
  const { state, clock, networks, start } = world();
  await start();
  putEndpointRecord(state, "pending");
  await clock.settled();
  expect(state.table(vpcEndpoints).get("vpce-1")?.state).toBe("available");
  state.commit(() => state.table(vpcEndpoints).update("vpce-1", (one) => ({ ...one, state: "deleting" })));
  await clock.settled();
  expect(state.table(vpcEndpoints).size).toBe(0);
  expect(networks.asked).toEqual([]);
});

function putEndpointRecord(state: JournaledState, is: VpcEndpointRecord["state"]): void {
  state.commit(() =>
    state.table(vpcEndpoints).put({
      ...{ ...SCOPE, id: "vpce-1", vpcId: VPC.vpcId, type: "Interface", serviceName: "com.amazonaws.us-east-1.logs", state: is },
      ...{ privateDnsEnabled: true, subnetIds: [], groupIds: [], networkInterfaceIds: [], routeTableIds: [], tags: [], createdAt: 1 },
    }),
  );
}

test("the same goes for addresses of Service Connect, and whoever needs them hears where this host cannot have them", async () => {
  const { state, clock, host, told, lacking, start } = world();
  await start();
  const record = { account: SCOPE.account, namespaceId: "ns-1", vpcId: VPC.vpcId, name: "backend", address: "240.0.0.1" };
  state.commit(() => state.table(connectAddresses).put(record));
  await clock.settled();
  expect([told.at(-1), [...host.had], [...lacking()]]).toEqual([["240.0.0.1"], ["240.0.0.1"], []]);
  host.outcome = { kind: "unable", reason: "this user may not" };
  state.commit(() => state.table(connectAddresses).put({ ...record, name: "other", address: "240.0.0.2" }));
  await clock.settled();
  expect([...lacking()]).toEqual([[VPC.vpcId, "this user may not"]]);
});

test("what a network that is made anew lacks is put there again, and nothing is held where there is none", async () => {
  const { clock, networks, host, told, put, start, held } = world();
  put("10.0.0.7");
  await start();
  expect(held()).toEqual(["10.0.0.7"]);
  host.had.clear();
  networks.lose("vpc-1");
  expect(told.at(-1)).toEqual([]);
  await clock.settled();
  expect([...host.had]).toEqual(["10.0.0.7"]);
  host.had.clear();
  networks.make(VPC);
  expect(held()).toEqual([]);
  await clock.settled();
  expect([held(), [...host.had]]).toEqual([["10.0.0.7"], ["10.0.0.7"]]);
});

test("what the host has from before is told at once, so that a restart changes nothing for the proxy", async () => {
  const { networks, host, told, put, start } = world();
  networks.make(VPC);
  put("10.0.0.7");
  host.had.add("10.0.0.7").add("10.0.0.99");
  await start();
  expect(told).toEqual([["10.0.0.7"]]);
});

test("an address that leaves is let go of by who listens there before the host loses it", async () => {
  const { state, clock, host, told, put, start } = world();
  put("10.0.0.7");
  put("10.0.1.8");
  await start();
  const seen: unknown[] = [];
  const hold = host.hold.bind(host);
  host.hold = (network, addresses) => {
    seen.push(told.at(-1));
    return hold(network, addresses);
  };
  state.commit(() => state.table(networkInterfaces).delete("eni-10.0.0.7"));
  await clock.settled();
  expect(seen).toEqual([["10.0.1.8"]]);
});

test("what was put into a network that has gone meanwhile is not held", async () => {
  const { clock, networks, host, told, put, start, held } = world();
  const hold = host.hold.bind(host);
  let goOn: (outcome: HoldOutcome) => void = () => undefined;
  host.hold = () => new Promise((resolve) => (goOn = resolve));
  networks.make(VPC);
  put("10.0.0.7");
  await start();
  host.outcome = { kind: "unable", reason: "not in the one that is there now" };
  host.hold = hold;
  networks.make(VPC);
  goOn({ kind: "held" });
  await clock.settled();
  expect([held(), told.flat()]).toEqual([[], []]);
});

test("where the host cannot, load balancers do without, which is told once, and told when it can", async () => {
  const { clock, networks, host, troubles, put, start, held } = world();
  host.outcome = { kind: "unable", reason: "this user may not" };
  put("10.0.0.7");
  await start();
  put("10.0.1.8");
  await clock.settled();
  expect(held()).toEqual([]);
  expect(troubles).toEqual([expect.stringMatching(/^load balancers have no addresses of their own on this host.*: this user may not$/)]);
  host.outcome = { kind: "held" };
  networks.make(VPC);
  await clock.settled();
  expect([held(), troubles.at(-1)]).toEqual([["10.0.0.7", "10.0.1.8"], undefined]);
});

test("a network whose addresses are somebody else's is tried again", async () => {
  const { clock, networks, troubles, put, start, held } = world();
  networks.use([VPC.vpcCidr]);
  put("10.0.0.7");
  await start();
  expect(troubles.at(-1)).toContain("Pool overlaps");
  networks.use([]);
  await clock.pass(60_000);
  expect([held(), troubles.at(-1)]).toEqual([["10.0.0.7"], undefined]);
});

test("what fails is tried again", async () => {
  const { clock, host, put, start, held } = world();
  const hold = host.hold.bind(host);
  host.hold = () => Promise.reject(new Error("not now"));
  put("10.0.0.7");
  await start();
  expect(held()).toEqual([]);
  host.hold = hold;
  await clock.pass(1000);
  expect(held()).toEqual(["10.0.0.7"]);
});

test("an address that its load balancer has left behind is held until its time is over", async () => {
  const { state, clock, host, put, start } = world();
  put("10.0.0.7");
  put("10.0.1.8");
  await start();
  state.commit(() => state.table(networkInterfaces).update("eni-10.0.0.7", (record) => ({ ...record, leavingUntil: clock.now() + 1000 })));
  await clock.settled();
  expect([...host.had]).toEqual(["10.0.0.7", "10.0.1.8"]);
  await clock.pass(1000);
  expect([...host.had]).toEqual(["10.0.1.8"]);
  expect(state.table(networkInterfaces).has("eni-10.0.0.7")).toBe(false);
});

function balancer(name = "web", arn = ARN): LoadBalancerRecord {
  const availabilityZones = [0, 1].map((at) => ({ subnetId: `subnet-${at}`, zoneName: `us-east-1${at === 0 ? "a" : "b"}` }));
  return {
    ...SCOPE,
    arn,
    vpcId: "vpc-1",
    dnsName: `${name}-1.us-east-1.elb.localhost`,
    availabilityZones,
    attributes: {},
  } as unknown as LoadBalancerRecord;
}

test("a load balancer of an earlier version gets its addresses at the start", async () => {
  const { state, start, held } = world();
  state.commit(() => state.table(loadBalancers).put(balancer()));
  await start();
  expect(held()).toHaveLength(2);
  expect(state.table(networkInterfaces).size).toBe(2);
});

test("in its VPC a load balancer's name leads to its own addresses, any of them first, and another's to its own; without any to the gateway", async () => {
  const { state, put, start } = world();
  const other = ARN.replace("/web/", "/api/");
  state.commit(() => {
    state.table(loadBalancers).put(balancer());
    state.table(loadBalancers).put(balancer("api", other));
  });
  put("10.0.0.7");
  put("10.0.1.8", "subnet-1");
  put("10.0.0.9", "subnet-0", other);
  put("10.0.1.9", "subnet-1", other);
  let chance = 0;
  const parts = { state, chance: () => chance };
  const asked = (name: string, resolve: ReturnType<typeof resolveInVpc>): unknown => {
    const found = resolve({ name: `${name}.`, type: "A" }, "10.0.0.50");
    return found.kind === "reply" && found.answers.map(({ data }) => data.type === "A" && data.address);
  };
  const gateway = { ...VPC, address: "10.0.0.1" };
  expect(asked("web-1.us-east-1.elb.localhost", resolveInVpc(parts, gateway))).toEqual(["10.0.0.1"]);
  const addresses = await start();
  const resolve = resolveInVpc({ ...parts, heldIn: (vpcId) => addresses.heldIn(vpcId) }, gateway);
  expect(asked("web-1.us-east-1.elb.localhost", resolve)).toEqual(["10.0.0.7", "10.0.1.8"]);
  chance = 0.9;
  expect(asked("web-1.us-east-1.elb.localhost", resolve)).toEqual(["10.0.1.8", "10.0.0.7"]);
  expect(asked("api-1.us-east-1.elb.amazonaws.com", resolve)).toEqual(["10.0.1.9", "10.0.0.9"]);
});

test("the VPC's resolver has its address wherever there is a network, also beside nothing else; a host that cannot is no trouble for load balancers that are not there", async () => {
  const { clock, networks, host, troubles, lacking, start, hasResolver } = world();
  networks.make(VPC);
  await start();
  expect([host.asked, hasResolver()]).toEqual([[RESOLVER], true]);
  host.outcome = { kind: "unable", reason: "no right" };
  networks.lose(VPC.vpcId);
  networks.make(VPC);
  await clock.settled();
  expect([hasResolver(), [...lacking()], troubles]).toEqual([false, [["vpc-1", "no right"]], []]);
});

test("a block that the VPC gets later is told with the addresses, and told no more when it is gone", async () => {
  const { state, clock, networks, start, further } = world();
  networks.make(VPC);
  await start();
  expect(further()).toBeUndefined();
  const set = async (moreBlocks: VpcRecord["moreBlocks"] & {}) => {
    state.commit(() => state.table(vpcs).update(VPC.vpcId, (vpc) => ({ ...vpc, moreBlocks })));
    await clock.settled();
  };
  await set([{ associationId: "a", cidrBlock: "10.3.0.0/20" }]);
  expect(further()).toEqual(["10.3.0.0/20"]);
  await set([]);
  expect(further()).toBeUndefined();
});
