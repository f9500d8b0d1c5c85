import { expect, test } from "vitest";
import { findRecord, publicZoneOf } from "./dns-zones.ts";
import { hostedZones, recordSets, type HostedZoneRecord, type RecordSetRecord } from "./route53.ts";
import { JournaledState } from "./journaled-state.ts";
import { memoryJournal } from "../drivers/memory/journal.ts";

const zone = (id: string, name: string, createdAt: number, more: Partial<HostedZoneRecord> = {}): HostedZoneRecord => ({
  ...{ id, name, createdAt, account: "111111111111", callerReference: id, privateZone: false },
  ...{ vpcs: [], authorizedVpcs: [], nameServers: [`ns.${id}.`], tags: [] },
  ...more,
});
const record = (zoneId: string, name: string, type: RecordSetRecord["type"], ...values: readonly string[]): RecordSetRecord => ({
  ...{ zoneId, account: "111111111111", name, type, ttl: 60, values },
});

function stateOf(zones: readonly HostedZoneRecord[], sets: readonly RecordSetRecord[] = []): JournaledState {
  const state = new JournaledState(memoryJournal());
  state.commit(() => {
    for (const one of zones) state.table(hostedZones).put(one);
    for (const one of sets) state.table(recordSets).put(one);
  });
  return state;
}

const SHOP = "www.shop.example.com.";

test.each<[string, readonly HostedZoneRecord[], readonly RecordSetRecord[], string | undefined]>([
  ["nobody, where there is no zone", [zone("z1", "example.org.", 1)], [], undefined],
  ["the zone above it", [zone("z1", "example.com.", 1)], [], "z1"],
  ["no private zone", [zone("z1", "example.com.", 1, { privateZone: true })], [], undefined],
  ["the first of two zones of a name", [zone("z2", "example.com.", 2), zone("z1", "example.com.", 1)], [], "z1"],
  ["not a later zone below, to which nothing delegates", [zone("z1", "example.com.", 1), zone("z2", "shop.example.com.", 2)], [], "z1"],
  [
    "a later zone below, to which it is delegated",
    [zone("z1", "example.com.", 1), zone("z2", "shop.example.com.", 2)],
    [record("z1", "shop.example.com.", "NS", "NS.z2")],
    "z2",
  ],
  [
    "of two zones below, the one to which it is delegated",
    [zone("z1", "example.com.", 1), zone("z2", "shop.example.com.", 2), zone("z3", "shop.example.com.", 3)],
    [record("z1", "shop.example.com.", "NS", "ns.z3")],
    "z3",
  ],
  ["an earlier zone below, whatever is made above it later", [zone("z1", "shop.example.com.", 1), zone("z2", "example.com.", 2)], [], "z1"],
])("a name is answered by %s", (_, zones, sets, id) => {
  expect(publicZoneOf(stateOf(zones, sets), SHOP)?.id).toBe(id);
});

test("a record is found by whatever form of its name, in the zone that answers, and in no other", () => {
  const zones = [zone("z1", "example.com.", 1), zone("z2", "example.com.", 2)];
  const state = stateOf(zones, [record("z1", "_x.example.com.", "CNAME", "_y.acm."), record("z2", "_z.example.com.", "CNAME", "_y.acm.")]);
  expect(findRecord(state, "_X.example.com", "CNAME")).toEqual(["_y.acm."]);
  expect(findRecord(state, "_x.example.com.", "TXT")).toEqual([]);
  expect(findRecord(state, "_z.example.com.", "CNAME")).toEqual([]);
  expect(findRecord(state, "..", "CNAME")).toEqual([]);
});

test.each(["localhost", "us-east-1.elb.localhost", "123456789012.dkr.ecr.us-east-1.amazonaws.com"])(
  "nobody's zone answers for %s, nor proves it to anybody",
  (name) => {
    const state = stateOf([zone("z1", `${name}.`, 1)], [record("z1", `_x.${name}.`, "CNAME", "_y.acm.")]);
    expect(publicZoneOf(state, `${name}.`)).toBeUndefined();
    expect(findRecord(state, `_x.${name}`, "CNAME")).toEqual([]);
  },
);
