import fc from "fast-check";
import { expect, test } from "vitest";
import { memoryJournal } from "../drivers/memory/journal.ts";
import { systemIds as ids } from "../drivers/system/ids.ts";
import { moveDefaultVpc } from "./default-vpc.ts";
import { subnets, vpcs, type SubnetRecord } from "./ec2.ts";
import { tasks, type TaskRecord } from "./ecs.ts";
import { completeInterfaces, interfacesOf, placeInterfaces, removeInterfaces, removeLeft } from "./elb-interfaces.ts";
import { JournaledState } from "./journaled-state.ts";
import { addressesInUse } from "./network-interfaces.ts";
import { SubnetFullError } from "./new-interface.ts";

const SCOPE = { account: "123456789012", region: "us-east-1" } as const;
const SUBNET: SubnetRecord = {
  ...SCOPE,
  id: "subnet-a",
  vpcId: "vpc-1",
  cidrBlock: "10.0.0.0/28",
  availabilityZone: "us-east-1a",
  availabilityZoneId: "use1-az1",
  defaultForAz: true,
  mapPublicIpOnLaunch: true,
  tags: [],
};
const OTHER = { ...SUBNET, id: "subnet-b", cidrBlock: "10.0.0.16/28", availabilityZone: "us-east-1b" };
const balancer = (name: string) => ({ ...SCOPE, arn: `arn:lb/${name}`, vpcId: "vpc-1" });

function world() {
  const state = new JournaledState(memoryJournal());
  state.commit(() => {
    state.table(vpcs).put({ ...SCOPE, id: "vpc-1", cidrBlock: "10.0.0.0/27", isDefault: true, tags: [] });
    for (const subnet of [SUBNET, OTHER]) state.table(subnets).put(subnet);
  });
  const place = (name: string, ...wanted: readonly SubnetRecord[]): void =>
    placeInterfaces(
      state,
      ids,
      balancer(name),
      wanted.map((subnet) => ({ subnet })),
      1,
    );
  const addresses = (name: string): readonly string[] => interfacesOf(state, balancer(name).arn).map((one) => one.privateIpv4Address);
  return { state, place, addresses };
}

function putTask(state: JournaledState, address: string, lastStatus = "RUNNING"): void {
  const networkInterface = { subnetId: SUBNET.id, vpcId: "vpc-1", privateIpv4Address: address };
  const task = { ...SCOPE, arn: `task/${address}`, lastStatus, containers: [], endpoints: [], targets: [], networkInterface };
  state.commit(() => state.table(tasks).put(task as unknown as TaskRecord));
}

test("a load balancer has one address in each of its subnets, keeps those of subnets that stay, and lets go of the others", () => {
  const { state, place, addresses } = world();
  place("web", SUBNET);
  const [first] = addresses("web");
  place("web", SUBNET, OTHER);
  expect(addresses("web")).toEqual([first, expect.stringMatching(/^10\.0\.0\.(1[6-9]|2\d|3[01])$/)]);
  place("web", OTHER);
  expect(addresses("web")).toHaveLength(1);
  // What it left behind is nobody else's until its time is over, and its own again where it comes back.
  expect(addressesInUse(state, SUBNET.id)).toBe(1);
  place("web", SUBNET, OTHER);
  expect(addresses("web")).toContain(first);
  place("web", OTHER);
  expect(removeLeft(state, "vpc-1", 300_000)).toBe(300_001);
  expect(addressesInUse(state, SUBNET.id)).toBe(1);
  expect(removeLeft(state, "vpc-1", 300_001)).toBeUndefined();
  expect(addressesInUse(state, SUBNET.id)).toBe(0);
  state.commit(() => removeInterfaces(state, balancer("web").arn));
  expect(addresses("web")).toEqual([]);
});

test("law: no address is given to two, be they tasks or load balancers, and all of a subnet are given before it is full", () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.integer({ min: 4, max: 14 }), { maxLength: 11 }), (taken) => {
      const { state, place, addresses } = world();
      for (const host of taken) putTask(state, `10.0.0.${host}`);
      const names = Array.from({ length: 11 - taken.length }, (_, at) => `lb${at}`);
      for (const name of names) place(name, SUBNET);
      const given = [...names.flatMap(addresses), ...taken.map((host) => `10.0.0.${host}`)];
      expect(new Set(given).size).toBe(11);
      expect(addressesInUse(state, SUBNET.id)).toBe(11);
      expect(() => place("more", OTHER, SUBNET)).toThrow(SubnetFullError);
      expect(addresses("more")).toEqual([]);
    }),
    { numRuns: 40 },
  );
});

test("a load balancer of an earlier version gets what it lacks, as far as there is room", () => {
  const { state, place, addresses } = world();
  const old = {
    ...balancer("old"),
    availabilityZones: [SUBNET, OTHER].map(({ id, availabilityZone }) => ({ subnetId: id, zoneName: availabilityZone })),
  };
  expect(completeInterfaces(state, ids, old, 1)).toBeUndefined();
  const given = addresses("old");
  expect(given).toHaveLength(2);
  expect(completeInterfaces(state, ids, old, 2)).toBeUndefined();
  expect(addresses("old")).toEqual(given);
  for (let at = 0; at < 10; at += 1) place(`lb${at}`, SUBNET);
  expect(completeInterfaces(state, ids, { ...old, arn: "arn:lb/late" }, 3)).toMatchObject({ subnetId: SUBNET.id });
  expect(addresses("late")).toEqual([]);
});

test("with the block of a default VPC its load balancers' addresses move", () => {
  const { state, place, addresses } = world();
  place("web", SUBNET, OTHER);
  const before = addresses("web").map((address) => Number(address.split(".")[3]) % 16);
  const moved = moveDefaultVpc(state, "vpc-1", []);
  expect(moved?.cidrBlock).toBe("172.31.0.0/16");
  expect(addresses("web").map((address) => Number(address.split(".")[3]))).toEqual(before);
  expect(addresses("web").map((address) => address.split(".").slice(0, 3).join("."))).toEqual(["172.31.0", "172.31.16"]);
});

test("the address of a task that has stopped may be given again", () => {
  const { state, place, addresses } = world();
  for (let host = 4; host <= 14; host += 1) putTask(state, `10.0.0.${host}`, host === 9 ? "STOPPED" : "RUNNING");
  place("web", SUBNET);
  expect(addresses("web")).toEqual(["10.0.0.9"]);
});
