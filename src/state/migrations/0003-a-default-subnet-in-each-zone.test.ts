import { describe, expect, test } from "vitest";
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

describe("in the contents themselves", () => {
  type Row = Record<string, unknown>;
  function migrated(vpcRows: readonly Row[], subnetRows: readonly Row[]): readonly Row[] {
    const tables = new Map([
      ["ec2.vpcs", new Map(vpcRows.map((row) => [String(row["id"]), row]))],
      ["ec2.subnets", new Map(subnetRows.map((row) => [String(row["id"]), row]))],
    ]);
    aDefaultSubnetInEachZone.migrate({ table: (name) => tables.get(name) ?? new Map<string, Row>() });
    return [...(tables.get("ec2.subnets")?.values() ?? [])];
  }
  const { vpc, both } = vpcOf("eu-west-1", "172.31", "euw1");
  const [first, second] = both as unknown as [Row, Row];
  const subnet = (changes: Row): Row => ({ ...first, ...changes });

  test("a new subnet has all that a default one has, and an id that is always the same", () => {
    expect(migrated([vpc], both)[2]).toEqual({
      ...scope("eu-west-1"),
      id: "subnet-3378b92cb2605e675",
      vpcId: vpc.id,
      cidrBlock: "172.31.32.0/20",
      availabilityZone: "eu-west-1c",
      availabilityZoneId: "euw1-az3",
      defaultForAz: true,
      mapPublicIpOnLaunch: true,
      tags: [],
    });
  });

  test("a VPC that is no default one gets none", () => {
    expect(migrated([{ ...vpc, isDefault: false }], [first])).toEqual([first]);
  });

  test("another VPC's subnets, and those that are no default ones, do not stand for a zone's", () => {
    const foreign = subnet({ id: "foreign", vpcId: "vpc-other", availabilityZone: "eu-west-1c" });
    const own = subnet({ id: "own", defaultForAz: false, availabilityZone: "eu-west-1c", cidrBlock: "172.31.32.0/20" });
    const added = migrated([vpc], [first, second, foreign, own]).slice(4);
    // The block of the VPC's own subnet is taken, that of the other VPC's is not.
    expect(added.map(({ availabilityZone, cidrBlock }) => [availabilityZone, cidrBlock])).toEqual([["eu-west-1c", "172.31.48.0/20"]]);
  });

  test("two new ones have blocks of their own, and where all are taken there is none", () => {
    const blocks = migrated([vpc], []).map(({ cidrBlock }) => cidrBlock);
    expect(blocks).toEqual(["172.31.0.0/20", "172.31.16.0/20", "172.31.32.0/20"]);
    const full = (count: number): Row[] =>
      Array.from({ length: count }, (_, at) => subnet({ id: `s${at}`, defaultForAz: false, cidrBlock: `172.31.${at * 16}.0/20` }));
    expect(migrated([vpc], full(16))).toHaveLength(16);
    expect(migrated([vpc], full(15))[15]).toMatchObject({ cidrBlock: "172.31.240.0/20" });
    expect(migrated([vpc], full(15))).toHaveLength(16);
  });
});
