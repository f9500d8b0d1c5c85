import { beforeEach, describe, expect, test } from "vitest";
import { memoryJournal } from "../drivers/memory/journal.ts";
import { systemIds as ids } from "../drivers/system/ids.ts";
import { defaultNetwork, moveDefaultVpc, NoBlockLeftError, noteHostBlocks } from "./default-vpc.ts";
import { elasticAddresses, natGateways } from "./ec2-gateways.ts";
import { networkInterfaces } from "./network-interfaces.ts";
import { newInterface } from "./new-interface.ts";
import { securityGroups, subnets, vpcs, type VpcRecord } from "./ec2.ts";
import { hostBlocks } from "./host-blocks.ts";
import { JournaledState } from "./journaled-state.ts";
import type { WholeState } from "./state.ts";

const scope = { account: "123456789012", region: "us-east-1" };
let state: WholeState;

beforeEach(() => {
  state = new JournaledState(memoryJournal());
});

const blocks = (): readonly string[] => [...state.table(hostBlocks).values()].map(({ cidr }) => cidr).toSorted();

test("a default VPC has a subnet in each zone and a group that is open inside and to the outside", () => {
  const made = defaultNetwork(state, ids, { ...scope, more: "not kept" } as never, 1);
  const groupId = made.securityGroup.id;
  const rule = { id: expect.stringMatching(/^sgr-[0-9a-f]{17}$/) as string, ipProtocol: "-1", fromPort: -1, toPort: -1, tags: [] };
  expect(made.vpc).toEqual({
    ...scope,
    id: expect.stringMatching(/^vpc-[0-9a-f]{17}$/) as string,
    cidrBlock: "172.31.0.0/16",
    isDefault: true,
    tags: [],
  });
  expect(made.subnets[0]).toEqual({
    ...scope,
    id: expect.stringMatching(/^subnet-[0-9a-f]{17}$/) as string,
    vpcId: made.vpc.id,
    cidrBlock: "172.31.0.0/20",
    availabilityZone: "us-east-1a",
    availabilityZoneId: expect.stringMatching(/^use1-az\d$/) as string,
    defaultForAz: true,
    mapPublicIpOnLaunch: true,
    tags: [],
  });
  expect(new Set(made.subnets.map(({ cidrBlock }) => cidrBlock)).size).toBe(made.subnets.length);
  expect(made.securityGroup).toEqual({
    ...scope,
    id: expect.stringMatching(/^sg-[0-9a-f]{17}$/) as string,
    name: "default",
    description: "default VPC security group",
    vpcId: made.vpc.id,
    rules: [
      { ...rule, isEgress: false, referencedGroupId: groupId },
      { ...rule, isEgress: true, cidrIpv4: "0.0.0.0/0" },
    ],
    tags: [],
  });
});

test("it is made once in each account and region, each with a block of its own", () => {
  const made = defaultNetwork(state, ids, scope, 1);
  expect(defaultNetwork(state, ids, scope, 1)).toEqual(made);
  const other = defaultNetwork(state, ids, { ...scope, region: "eu-west-1" }, 1);
  expect(other.vpc.cidrBlock).not.toBe(made.vpc.cidrBlock);
  expect(state.table(vpcs).size).toBe(2);
});

test("a VPC that is no default one, a subnet that is none and another group do not stand for it", () => {
  const own: VpcRecord = { ...scope, id: "vpc-own", cidrBlock: "10.9.0.0/16", isDefault: false, tags: [] };
  state.commit(() => state.table(vpcs).put(own));
  const made = defaultNetwork(state, ids, scope, 1);
  state.commit(() => {
    const [first] = made.subnets;
    if (first) state.table(subnets).put({ ...first, id: "subnet-more", defaultForAz: false });
    state.table(securityGroups).put({ ...made.securityGroup, id: "sg-0", name: "other" });
  });
  expect(defaultNetwork(state, ids, scope, 1)).toEqual(made);
  state.commit(() => state.table(securityGroups).delete(made.securityGroup.id));
  expect(() => defaultNetwork(state, ids, scope, 1)).toThrow(`the VPC ${made.vpc.id} has no default security group`);
});

describe("a block that the host uses", () => {
  test("is noted while it does, and only changes are written", () => {
    noteHostBlocks(state, ["10.1.0.0/16", "10.2.0.0/16"]);
    const kept = state.table(hostBlocks).get("10.2.0.0/16");
    noteHostBlocks(state, ["10.2.0.0/16", "10.3.0.0/16"]);
    expect(blocks()).toEqual(["10.2.0.0/16", "10.3.0.0/16"]);
    expect(state.table(hostBlocks).get("10.2.0.0/16")).toBe(kept);
    noteHostBlocks(state, ["10.2.0.0/16"]);
    expect(blocks()).toEqual(["10.2.0.0/16"]);
  });

  test("is not a new VPC's", () => {
    noteHostBlocks(state, ["172.31.0.0/20"]);
    expect(defaultNetwork(state, ids, scope, 1).vpc.cidrBlock).not.toBe("172.31.0.0/16");
  });

  test("leaves none, where it is all there is", () => {
    noteHostBlocks(state, ["0.0.0.0/0"]);
    expect(() => defaultNetwork(state, ids, scope, 1)).toThrow(NoBlockLeftError);
    expect(() => defaultNetwork(state, ids, scope, 1)).toThrow("no block of addresses is left on this host for another default VPC");
    expect(new NoBlockLeftError().name).toBe("NoBlockLeftError");
    expect(state.table(vpcs).size).toBe(0);
  });
});

describe("a default VPC is moved", () => {
  test("to a block that is free and was not tried, its subnets in their order", () => {
    const { vpc, subnets: before } = defaultNetwork(state, ids, scope, 1);
    const free = moveDefaultVpc(state, vpc.id, []);
    expect(free?.cidrBlock).not.toBe(vpc.cidrBlock);
    const tried = [free?.cidrBlock ?? ""];
    state.commit(() => state.table(vpcs).put(vpc));
    const moved = moveDefaultVpc(state, vpc.id, tried);
    expect(moved).toEqual({ ...vpc, cidrBlock: moved?.cidrBlock });
    expect([vpc.cidrBlock, ...tried]).not.toContain(moved?.cidrBlock);
    const prefix = moved?.cidrBlock.split(".").slice(0, 2).join(".");
    const after = defaultNetwork(state, ids, scope, 1).subnets;
    expect(after.map(({ id, cidrBlock }) => [id, cidrBlock])).toEqual(before.map(({ id }, at) => [id, `${prefix}.${at * 16}.0/20`]));
  });

  test("with what names the addresses of interfaces: a NAT gateway, and its Elastic IP", () => {
    const { vpc, subnets: own } = defaultNetwork(state, ids, scope, 1);
    const made = state.commit(() => {
      const eni = newInterface(state, ids, { subnet: own[0]!, natGatewayId: "nat-1", now: 1 });
      const at = { privateIp: eni.privateIpv4Address, networkInterfaceId: eni.id };
      const association = { ...at, id: "eipassoc-1" };
      state.table(elasticAddresses).put({ ...scope, allocationId: "eipalloc-1", publicIp: "127.130.0.1", association, tags: [] });
      state.table(natGateways).put({
        ...scope,
        id: "nat-1",
        vpcId: vpc.id,
        subnetId: own[0]!.id,
        connectivityType: "public",
        asked: {},
        addresses: [at],
        state: "available",
        createdAt: 1,
        tags: [],
      });
      return eni;
    });
    moveDefaultVpc(state, vpc.id, []);
    const privateIp = state.table(networkInterfaces).get(made.id)?.privateIpv4Address;
    expect(privateIp).not.toBe(made.privateIpv4Address);
    expect(state.table(elasticAddresses).get("eipalloc-1")?.association).toMatchObject({ privateIp });
    expect(state.table(natGateways).get("nat-1")?.addresses).toMatchObject([{ privateIp }]);
  });

  test("and not, where somebody has laid out more than it came with", () => {
    const { vpc, subnets: before } = defaultNetwork(state, ids, scope, 1);
    state.commit(() => state.table(vpcs).put({ ...vpc, moreBlocks: [{ associationId: "a", cidrBlock: "172.30.0.0/16" }] }));
    expect(moveDefaultVpc(state, vpc.id, [])).toBeUndefined();
    state.commit(() => {
      state.table(vpcs).put(vpc);
      state.table(subnets).put({ ...before[0]!, id: "subnet-own", cidrBlock: "172.31.96.0/24", defaultForAz: false });
    });
    expect(moveDefaultVpc(state, vpc.id, [])).toBeUndefined();
  });

  test("and not, where it is none, gone, or nothing is left", () => {
    const { vpc } = defaultNetwork(state, ids, scope, 1);
    expect(moveDefaultVpc(state, "vpc-gone", [])).toBeUndefined();
    expect(() => moveDefaultVpc(state, vpc.id, ["0.0.0.0/0"])).toThrow(NoBlockLeftError);
    state.commit(() => state.table(vpcs).put({ ...vpc, isDefault: false }));
    expect(moveDefaultVpc(state, vpc.id, [])).toBeUndefined();
  });
});
