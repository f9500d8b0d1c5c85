import { expect, test, vi } from "vitest";
import { memoryJournal } from "../../drivers/memory/journal.ts";
import { systemIds as ids } from "../../drivers/system/ids.ts";
import { defaultNetwork, putDefaultSecurityGroup, type DefaultNetwork } from "../../state/default-vpc.ts";
import { dhcpOptions, firstDhcpOptions } from "../../state/ec2-dhcp-options.ts";
import { subnets, vpcs } from "../../state/ec2.ts";
import { subnets as subnetTable } from "../../state/ec2.ts";
import { tasks, type TaskRecord } from "../../state/ecs.ts";
import { JournaledState } from "../../state/journaled-state.ts";
import { interfaceOf, putTask, taskRecord } from "../../testing/task-record.ts";
import { attachInterface } from "./network-interface.ts";

const SCOPE = { account: "123456789012", region: "us-east-1" };

function world() {
  const state = new JournaledState(memoryJournal());
  const { subnets } = defaultNetwork(state, ids, SCOPE, 1);
  const [a, b] = subnets.map(({ id }) => id) as [string, string];
  let count = 0;
  const task = (changes: Partial<TaskRecord> = {}): TaskRecord => {
    count += 1;
    const networkConfiguration = { awsvpcConfiguration: { subnets: [a, b] } };
    return taskRecord(count.toString(16).padStart(32, "0"), { networkConfiguration, group: "service:web", ...changes });
  };
  /** A task that has this address. */
  const placed = (subnetId: string, address: string, changes: Partial<TaskRecord> = {}): TaskRecord =>
    putTask(state, task({ networkInterface: { ...interfaceOf(address), subnetId }, ...changes }));
  const attach = (one: TaskRecord = task()): readonly (string | undefined)[] => {
    const made = attachInterface(state, ids, one, new Map());
    return "failure" in made ? [made.failure] : [made.subnetId === a ? "a" : "b", made.privateIpv4Address];
  };
  return { state, a, b, task, placed, attach };
}

test("an address is given to one task at a time, and is free when its task has stopped", () => {
  const { state, a, task, placed, attach } = world();
  const here = task({ preferredSubnetId: a });
  expect(attach(here)).toEqual(["a", "172.31.0.4"]);
  const first = placed(a, "172.31.0.4");
  placed(a, "172.31.0.5");
  expect(attach(here)).toEqual(["a", "172.31.0.6"]);
  state.commit(() => state.table(tasks).put({ ...first, lastStatus: "STOPPED" }));
  expect(attach(here)).toEqual(["a", "172.31.0.4"]);
  placed(a, "172.31.0.4");
  expect(attach(here)).toEqual(["a", "172.31.0.6"]);
});

test("without a preference it is where the group has fewest tasks, and then all have", () => {
  const { a, b, placed, attach } = world();
  placed(a, "172.31.0.10");
  expect(attach()[0]).toBe("b");
  placed(b, "172.31.16.10");
  placed(a, "172.31.0.11", { group: "family:other" });
  expect(attach()[0]).toBe("b");
  placed(b, "172.31.16.11", { group: "family:other" });
  placed(b, "172.31.16.12", { group: "family:other" });
  expect(attach()[0]).toBe("a");
  placed(a, "172.31.0.12");
  placed(a, "172.31.0.13", { lastStatus: "STOPPED" });
  expect(attach()[0]).toBe("b");
});

test("costs the same where there are many tasks", () => {
  const { state, a, b, placed, attach } = world();
  for (let at = 4; at < 200; at += 1) placed(at % 2 === 0 ? a : b, `172.31.${at % 2 === 0 ? 8 : 24}.${at}`);
  const look = vi.spyOn(state.table(tasks), "by");
  attach();
  const found = look.mock.results.reduce((sum, { value }) => sum + (value as readonly TaskRecord[]).length, 0);
  expect([look.mock.calls.length, found]).toEqual([1, 0]);
});

test("has a name and a MAC address that follow from its address, its VPC, and the VPC's security group where none is named", () => {
  const { state, a, task } = world();
  const { vpc, securityGroup } = defaultNetwork(state, ids, SCOPE, 1);
  expect(attachInterface(state, ids, task({ preferredSubnetId: a }), new Map())).toMatchObject({
    ...{ subnetId: a, vpcId: vpc.id, vpcCidr: "172.31.0.0/16", privateIpv4Address: "172.31.0.4", macAddress: "02:42:ac:1f:00:04" },
    ...{ privateDnsName: "ip-172-31-0-4.ec2.internal", securityGroups: [securityGroup.id] },
  });
});

test("after the address that was given last comes the next one, so that a new task does not get a name that others still know", () => {
  const { state, a, task } = world();
  const last = new Map<string, string>();
  const next = (): unknown => attachInterface(state, ids, task({ preferredSubnetId: a }), last);
  expect([next(), next()]).toMatchObject([{ privateIpv4Address: "172.31.0.4" }, { privateIpv4Address: "172.31.0.5" }]);
});

const ATTEMPT = "Unexpected EC2 error while attempting to Create Network Interface: ";

test.each<[string, (foreign: DefaultNetwork, own: DefaultNetwork) => object, string]>([
  ["a subnet of another account", ({ subnets }) => ({ subnets: [subnets[0]?.id] }), "InvalidSubnetID.NotFound"],
  ["no subnet", () => ({}), "InvalidSubnetID.NotFound"],
  ["a subnet that is not there", () => ({ subnets: ["subnet-0"] }), "InvalidSubnetID.NotFound"],
  ["a security group of another account", ({ securityGroup }, { subnets }) => groups(subnets, securityGroup.id), "InvalidGroup.NotFound"],
  [
    "one of another account beside its own",
    (foreign, { subnets, securityGroup }) => groups(subnets, securityGroup.id, foreign.securityGroup.id),
    "InvalidGroup.NotFound",
  ],
  ["a security group that is not there", (_, { subnets }) => groups(subnets, "sg-0"), "InvalidGroup.NotFound"],
])("a task that names %s gets none", (_what, configure, why) => {
  const { state, task, attach } = world();
  const foreign = defaultNetwork(state, ids, { ...SCOPE, account: "210987654321" }, 1);
  const awsvpcConfiguration = configure(foreign, defaultNetwork(state, ids, SCOPE, 1)) as { subnets: string[] };
  expect(attach(task({ networkConfiguration: { awsvpcConfiguration } }))).toEqual([ATTEMPT + why]);
});

test("a task in a subnet whose addresses all are taken gets none", () => {
  const { state, a, task, placed, attach } = world();
  state.commit(() => state.table(subnetTable).update(a, (subnet) => ({ ...subnet, cidrBlock: "172.31.0.0/29" })));
  const here = task({ preferredSubnetId: a });
  for (const last of [4, 5, 6]) {
    expect(attach(here)).toEqual(["a", `172.31.0.${last}`]);
    placed(a, `172.31.0.${last}`);
  }
  expect(attach(here)).toEqual([`${ATTEMPT}InsufficientFreeAddressesInSubnet`]);
});

test("a task in another region of the account does not get a subnet of this one", () => {
  const { task, attach } = world();
  expect(attach(task({ region: "eu-west-1" }))).toEqual([`${ATTEMPT}InvalidSubnetID.NotFound`]);
});

test("the security groups that a task names are its own", () => {
  const { state, task } = world();
  const { subnets, securityGroup } = defaultNetwork(state, ids, SCOPE, 1);
  const awsvpcConfiguration = groups(subnets, securityGroup.id) as { subnets: string[] };
  const made = attachInterface(state, ids, task({ networkConfiguration: { awsvpcConfiguration } }), new Map());
  expect(made).toMatchObject({ securityGroups: [securityGroup.id] });
});

function groups(subnets: DefaultNetwork["subnets"], ...securityGroups: readonly string[]): object {
  return { subnets: subnets.map(({ id }) => id), securityGroups };
}

test("is in the default group of its own VPC, also in a subnet of a block that the VPC was given later", () => {
  const { state, task } = world();
  const vpc = {
    ...SCOPE,
    id: "vpc-own",
    cidrBlock: "10.0.0.0/16",
    isDefault: false,
    tags: [],
    moreBlocks: [{ associationId: "a", cidrBlock: "10.1.0.0/20" }],
  };
  const subnet = {
    ...SCOPE,
    vpcId: vpc.id,
    availabilityZone: "us-east-1a",
    availabilityZoneId: "use1-az1",
    defaultForAz: false,
    mapPublicIpOnLaunch: false,
    tags: [],
  };
  const group = state.commit(() => {
    state.table(vpcs).put(vpc);
    state.table(subnets).put({ ...subnet, id: "subnet-first", cidrBlock: "10.0.1.0/24" });
    state.table(subnets).put({ ...subnet, id: "subnet-later", cidrBlock: "10.1.1.0/24" });
    return putDefaultSecurityGroup(state, ids, vpc);
  });
  const attached = (...names: string[]) =>
    attachInterface(state, ids, task({ networkConfiguration: { awsvpcConfiguration: { subnets: names } } }), new Map());
  expect(attached("subnet-first")).toMatchObject({ vpcId: "vpc-own", vpcCidr: "10.0.0.0/16", securityGroups: [group.id] });
  expect(attached("subnet-first")).not.toHaveProperty("isFurtherBlock");
  expect(attached("subnet-later")).toMatchObject({
    ...{ vpcId: "vpc-own", vpcCidr: "10.1.0.0/20", isFurtherBlock: true, privateIpv4Address: "10.1.1.4", securityGroups: [group.id] },
  });
});

test("is told of name servers and domains what its VPC's DHCP options say, where those are not the first ones", () => {
  const { state, task } = world();
  const { vpc } = defaultNetwork(state, ids, SCOPE, 1);
  const told = (dhcpOptionsId: string) => {
    state.commit(() => state.table(vpcs).put({ ...vpc, dhcpOptionsId }));
    const made = attachInterface(state, ids, task(), new Map());
    return "failure" in made ? made.failure : made.toldNames;
  };
  const configurations = [
    { key: "domain-name", values: ["corp.test example.test"] },
    { key: "domain-name-servers", values: ["10.0.0.9", "AmazonProvidedDNS"] },
  ];
  state.commit(() => state.table(dhcpOptions).put({ ...SCOPE, id: "dopt-1", configurations, isFirst: false, tags: [] }));
  expect(told("dopt-1")).toEqual({ servers: ["10.0.0.9", "AmazonProvidedDNS"], search: ["corp.test", "example.test"] });
  expect(told("default")).toEqual({ servers: [], search: [] });
  expect(told(firstDhcpOptions(state, ids, SCOPE).id)).toBeUndefined();
});
