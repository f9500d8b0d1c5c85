import { expect, test } from "vitest";
import { memoryJournal } from "../drivers/memory/journal.ts";
import { systemIds as ids } from "../drivers/system/ids.ts";
import { defaultNetwork } from "../state/default-vpc.ts";
import { elasticAddresses, internetGateways, natGateways, type NatGatewayRecord } from "../state/ec2-gateways.ts";
import { subnets } from "../state/ec2.ts";
import { JournaledState } from "../state/journaled-state.ts";
import { networkInterfaces } from "../state/network-interfaces.ts";
import { ManualClock } from "../testing/manual-clock.ts";
import { natGatewayLoop } from "./nat-gateways.ts";

const scope = { account: "123456789012", region: "us-east-1" };
const HOUR = 3_600_000;

function world() {
  const clock = new ManualClock();
  const state = new JournaledState(memoryJournal());
  const network = defaultNetwork(state, ids, scope, clock.now());
  const { vpc } = network;
  const subnet = network.subnets[0]!;
  const logger = { info: () => undefined, warn: () => undefined, error: (text: string) => expect.unreachable(text) };
  const put = (more: Partial<NatGatewayRecord> = {}): void =>
    void state.commit(() =>
      state.table(natGateways).put({
        ...scope,
        id: "nat-1",
        vpcId: vpc.id,
        subnetId: subnet.id,
        connectivityType: "public",
        asked: { allocationId: "eipalloc-1" },
        addresses: [],
        state: "pending",
        createdAt: clock.now(),
        tags: [],
        ...more,
      }),
    );
  state.commit(() => state.table(elasticAddresses).put({ ...scope, allocationId: "eipalloc-1", publicIp: "127.130.0.7", tags: [] }));
  const interfaces = () => state.table(networkInterfaces).by("natGateway", "nat-1");
  return {
    clock,
    state,
    vpc,
    subnet,
    put,
    interfaces,
    start: () => natGatewayLoop({ state, clock, logger, ids }),
    gateway: () => state.table(natGateways).get("nat-1"),
    address: () => state.table(elasticAddresses).get("eipalloc-1"),
  };
}

test("a public gateway gets an interface in its subnet and its Elastic IP, and gives both back", async () => {
  const { clock, state, subnet, put, interfaces, start, gateway, address } = world();
  await using _loop = start();
  put();
  await clock.pass(0);
  const [own] = interfaces();
  expect(own).toMatchObject({ subnetId: subnet.id, natGatewayId: "nat-1", description: "Interface for NAT Gateway nat-1" });
  const association = { networkInterfaceId: own!.id, privateIp: own!.privateIpv4Address };
  expect(address()?.association).toMatchObject(association);
  expect(gateway()).toMatchObject({
    state: "available",
    addresses: [{ ...association, allocationId: "eipalloc-1", publicIp: "127.130.0.7", associationId: address()?.association?.id }],
  });
  expect(gateway()).not.toHaveProperty("deletedAt");
  state.commit(() => state.table(natGateways).update("nat-1", (now) => ({ ...now, state: "deleting" })));
  await clock.pass(0);
  expect(interfaces()).toEqual([]);
  expect(address()).not.toHaveProperty("association");
  expect(gateway()).toMatchObject({ state: "deleted", deletedAt: clock.now(), addresses: [association] });
  await clock.pass(HOUR - 1);
  expect(gateway()?.state).toBe("deleted");
  await clock.pass(1);
  expect(gateway()).toBeUndefined();
});

test("a private one gets an interface alone, also without an internet gateway, at the address it asked for", async () => {
  const { clock, state, put, interfaces, start, gateway } = world();
  state.commit(() => {
    for (const { id } of state.table(internetGateways).values()) state.table(internetGateways).delete(id);
  });
  put({ connectivityType: "private", asked: { privateIp: "172.31.0.77" } });
  await using _loop = start();
  await clock.pass(0);
  expect(gateway()).toMatchObject({ state: "available", addresses: [{ privateIp: "172.31.0.77" }] });
  expect(interfaces()).toMatchObject([{ privateIpv4Address: "172.31.0.77" }]);
});

test.each([
  ["Gateway.NotAttached", (vpc: string) => `Network ${vpc} has no Internet gateway attached`],
  ["InvalidAllocationID.NotFound", () => "Elastic IP address eipalloc-1 could not be associated with this NAT gateway"],
  ["Resource.AlreadyAssociated", () => "Elastic IP address eipalloc-1 is already associated"],
  ["InvalidSubnetID.NotFound", (_: string, subnet: string) => `The specified subnet ${subnet} does not exist or could not be found.`],
  ["InsufficientFreeAddressesInSubnet", () => "Subnet has insufficient free addresses to create this NAT gateway"],
])("one fails with %s, and is told of for an hour", async (code, message) => {
  const { clock, state, vpc, subnet, put, interfaces, start, gateway, address } = world();
  state.commit(() => {
    if (code === "Gateway.NotAttached")
      for (const { id } of state.table(internetGateways).values()) state.table(internetGateways).delete(id);
    const association = { id: "eipassoc-1", networkInterfaceId: "eni-0", privateIp: "172.31.0.5" };
    if (code === "InvalidAllocationID.NotFound") state.table(elasticAddresses).put({ ...address()!, account: "210987654321" });
    if (code === "Resource.AlreadyAssociated") state.table(elasticAddresses).put({ ...address()!, association });
    if (code === "InvalidSubnetID.NotFound") state.table(subnets).delete(subnet.id);
    if (code === "InsufficientFreeAddressesInSubnet") state.table(subnets).put({ ...subnet, cidrBlock: "172.31.0.0/30" });
  });
  await using _loop = start();
  put();
  await clock.pass(0);
  expect(gateway()).toMatchObject({
    state: "failed",
    failure: { code, message: message(vpc.id, subnet.id) },
    addresses: [],
    deletedAt: clock.now(),
  });
  expect(interfaces()).toEqual([]);
  expect(address()?.association?.networkInterfaceId).toBe(code === "Resource.AlreadyAssociated" ? "eni-0" : undefined);
  await clock.pass(HOUR);
  expect(gateway()).toBeUndefined();
});

test("one that is available is left alone", async () => {
  const { clock, put, start, gateway } = world();
  put({ state: "available" });
  const before = gateway();
  await using _loop = start();
  await clock.pass(2 * HOUR);
  expect(gateway()).toBe(before);
});
