import { expect, test } from "vitest";
import { memoryJournal } from "../../drivers/memory/journal.ts";
import type { JournalRecord } from "../../ports/journal.ts";
import { subnets, vpcs } from "../ec2.ts";
import { openState } from "../open-state.ts";
import { aDefaultSubnetInEachZone } from "./0003-a-default-subnet-in-each-zone.ts";

const scope = (region: string) => ({ account: "123456789012", region });
const record = (table: string, value: { readonly id: string }): readonly [string, JournalRecord] => [
  `${table}\n${value.id}`,
  { table, key: value.id, value: JSON.stringify(value) },
];

/** A default VPC as versions before made it. */
function vpcOf(region: string, prefix: string, zoneIds: string) {
  const vpc = { ...scope(region), id: `vpc-${region}`, cidrBlock: `${prefix}.0.0/16`, isDefault: true, tags: [] };
  const both = ["a", "b"].map((letter, at) => ({
    ...scope(region),
    id: `subnet-${region}${letter}`,
    vpcId: vpc.id,
    cidrBlock: `${prefix}.${at * 16}.0/20`,
    availabilityZone: `${region}${letter}`,
    availabilityZoneId: `${zoneIds}-az${at + 1}`,
    defaultForAz: true,
    mapPublicIpOnLaunch: true,
    tags: [{ Key: "Name", Value: letter }],
  }));
  return { vpc, both, records: [record("ec2.vpcs", vpc), ...both.map((subnet) => record("ec2.subnets", subnet))] };
}

test("a default VPC of two subnets gets one in each zone more, and its two stay as they are", async () => {
  const before = vpcOf("eu-west-1", "172.31", "euw1");
  const open = () => openState(memoryJournal(new Map(before.records)), { migrations: [aDefaultSubnetInEachZone] });
  const state = await open();
  const found = state.table(subnets).by("vpc", before.vpc.id);
  expect(found).toEqual(
    expect.arrayContaining([
      ...before.both,
      expect.objectContaining({
        cidrBlock: "172.31.32.0/20",
        availabilityZone: "eu-west-1c",
        availabilityZoneId: "euw1-az3",
        defaultForAz: true,
        id: expect.stringMatching(/^subnet-[0-9a-f]{17}$/),
      }),
    ]),
  );
  expect(found).toHaveLength(3);
  expect(state.table(vpcs).get(before.vpc.id)).toEqual(before.vpc);
  expect((await open()).table(subnets).by("vpc", before.vpc.id)).toEqual(found);
});

test("zones of GovCloud get the ids that they have on AWS", async () => {
  const before = vpcOf("us-gov-west-1", "10.200", "usgovw1");
  const state = await openState(memoryJournal(new Map(before.records)), { migrations: [aDefaultSubnetInEachZone] });
  const found = state.table(subnets).by("vpc", before.vpc.id);
  expect(new Set(found.map(({ availabilityZoneId }) => availabilityZoneId))).toEqual(new Set(["usgw1-az1", "usgw1-az2", "usgw1-az3"]));
});
