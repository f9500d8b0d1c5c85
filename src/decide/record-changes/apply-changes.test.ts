import { describe, expect, test } from "vitest";
import type { RecordSet } from "../../domain/dns/record-set.ts";
import { applyChanges, type RecordChange, type ZoneToChange } from "./apply-changes.ts";

const APEX: readonly RecordSet[] = [
  { name: "example.com.", type: "NS", ttl: 172_800, values: ["ns-1."] },
  { name: "example.com.", type: "SOA", ttl: 900, values: ["soa"] },
];
const a = (name: string, more: Partial<RecordSet> = {}): RecordSet => ({ name, type: "A", ttl: 60, values: ["192.0.2.1"], ...more });
const cname = (name: string, value = "other.example.com."): RecordSet => ({ name, type: "CNAME", ttl: 60, values: [value] });
const alias = (name: string, DNSName: string, HostedZoneId = "Z1", type: RecordSet["type"] = "A"): RecordSet => ({
  ...{ name, type },
  aliasTarget: { HostedZoneId, DNSName, EvaluateTargetHealth: false },
});
const create = (set: RecordSet): RecordChange => ({ action: "CREATE", set });
const upsert = (set: RecordSet): RecordChange => ({ action: "UPSERT", set });
const remove = (set: RecordSet): RecordChange => ({ action: "DELETE", set });
const WWW = "www.example.com.";

function zone(sets: readonly RecordSet[]): ZoneToChange {
  const all = [...APEX, ...sets];
  return {
    ...{ id: "Z1", name: "example.com." },
    at: (name) => all.filter((set) => set.name === name),
    serviceName: ({ HostedZoneId, DNSName }) => {
      if (HostedZoneId !== "ZELB") return undefined;
      return DNSName.endsWith(".elb.localhost.") ? (DNSName.startsWith("web") ? "found" : "not-found") : "not-within";
    },
  };
}

const weighted = (setIdentifier: string, weight: number, more: Partial<RecordSet> = {}) => a(WWW, { setIdentifier, weight, ...more });

describe("a batch that is refused says why, in Route 53's words", () => {
  test.each<[string, readonly RecordSet[], readonly RecordChange[], readonly string[]]>([
    [
      "a record set that is there is created",
      [a(WWW)],
      [create(a(WWW))],
      ["Tried to create resource record set [name='www.example.com.', type='A'] but it already exists"],
    ],
    [
      "one with an identifier",
      [weighted("blue", 1)],
      [create(weighted("blue", 2))],
      ["Tried to create resource record set [name='www.example.com.', type='A', set-identifier='blue'] but it already exists"],
    ],
    [
      "one that is not there is deleted",
      [],
      [remove(a(WWW))],
      ["Tried to delete resource record set [name='www.example.com.', type='A'] but it was not found"],
    ],
    [
      "one is deleted with another TTL",
      [a(WWW)],
      [remove(a(WWW, { ttl: 61 }))],
      ["Tried to delete resource record set [name='www.example.com.', type='A'] but the values provided do not match the current values"],
    ],
    ["the SOA is deleted", [], [remove(APEX[1] as RecordSet)], ["A HostedZone must contain exactly one SOA record."]],
    [
      "the zone's NS are deleted",
      [],
      [remove(APEX[0] as RecordSet)],
      ["A HostedZone must contain at least one NS record for the zone itself."],
    ],
    [
      "a CNAME is put at the apex",
      [],
      [create(cname("example.com."))],
      [
        "RRSet of type CNAME with DNS name example.com. is not permitted at apex in zone example.com.",
        "RRSet of type CNAME with DNS name example.com. is not permitted as it conflicts with other records with the same DNS name in zone example.com.",
      ],
    ],
    [
      "a CNAME is put where there are records",
      [a(WWW)],
      [create(cname(WWW))],
      [
        "RRSet of type CNAME with DNS name www.example.com. is not permitted as it conflicts with other records with the same DNS name in zone example.com.",
      ],
    ],
    [
      "a record is put where there is a CNAME",
      [cname(WWW)],
      [create(a(WWW))],
      [
        "RRSet of type A with DNS name www.example.com. is not permitted because a conflicting RRSet of type CNAME with the same DNS name already exists in zone example.com.",
      ],
    ],
    [
      "a name is of another zone",
      [],
      [create(a("www.example.org."))],
      ["RRSet with DNS name www.example.org. is not permitted in zone example.com."],
    ],
    [
      "a name only ends like the zone's",
      [],
      [create(a("badexample.com."))],
      ["RRSet with DNS name badexample.com. is not permitted in zone example.com."],
    ],
    [
      "one record set is created twice",
      [],
      [create(a(WWW)), create(a(WWW))],
      ["The request contains an invalid set of changes for a resource record set 'A www.example.com.'"],
    ],
    [
      "one is created and deleted again",
      [],
      [create(a(WWW)), remove(a(WWW))],
      ["The request contains an invalid set of changes for a resource record set 'A www.example.com.'"],
    ],
    [
      "a simple one stands beside weighted ones",
      [weighted("blue", 1)],
      [create(a(WWW))],
      ["RRSet with DNS name www.example.com., type A cannot be created as other RRSets exist with the same name and type."],
    ],
    [
      "a weighted one stands beside one for a region",
      [a(WWW, { setIdentifier: "x", region: "us-east-1" })],
      [create(weighted("blue", 1))],
      [
        "RRSet with DNS name www.example.com., type A, SetIdentifier blue cannot be created as a non-weighted set exists with the same name and type.",
      ],
    ],
    [
      "weighted ones have different TTLs",
      [weighted("blue", 1)],
      [create(weighted("green", 1, { ttl: 5 }))],
      ["RRSet with DNS name www.example.com., type A, SetIdentifier green cannot be created as weighted sets must contain the same TTL."],
    ],
    [
      "two are for one region",
      [a(WWW, { setIdentifier: "x", region: "us-east-1" })],
      [create(a(WWW, { setIdentifier: "y", region: "us-east-1" }))],
      [
        "RRSet with DNS name www.example.com., type A, SetIdentifier y, and region us-east-1 cannot be created because a latency RRSet with the same name, type, and region already exists.",
      ],
    ],
    [
      "two are primary",
      [a(WWW, { setIdentifier: "x", failover: "PRIMARY" })],
      [create(a(WWW, { setIdentifier: "y", failover: "PRIMARY" }))],
      [
        "RRSet with DNS name www.example.com., type A, SetIdentifier y, and failover PRIMARY cannot be created because a failover RRSet with the same name, type, and failover already exists.",
      ],
    ],
    [
      "an alias leads to nothing in its zone",
      [],
      [create(alias(WWW, "gone.example.com."))],
      ["Tried to create an alias that targets gone.example.com., type A in zone Z1, but that target was not found"],
    ],
    [
      "an alias leads to itself",
      [],
      [create(alias(WWW, WWW))],
      ["Tried to create an alias that targets www.example.com., type A in zone Z1, but that target was not found"],
    ],
    [
      "an alias leads to a record of another type",
      [a("a.example.com.")],
      [create(alias(WWW, "a.example.com.", "Z1", "AAAA"))],
      ["Tried to create an alias that targets a.example.com., type AAAA in zone Z1, but that target was not found"],
    ],
    [
      "an alias leads out of the zone that it names",
      [],
      [create(alias(WWW, "web.us-east-1.elb.localhost."))],
      [
        "Tried to create an alias that targets web.us-east-1.elb.localhost., type A in zone Z1, but the alias target name does not lie within the target zone",
        "Tried to create an alias that targets web.us-east-1.elb.localhost., type A in zone Z1, but that target was not found",
      ],
    ],
    [
      "an alias leads to a load balancer that is not there",
      [],
      [create(alias(WWW, "gone.us-east-1.elb.localhost.", "ZELB"))],
      ["Tried to create an alias that targets gone.us-east-1.elb.localhost., type A in zone ZELB, but that target was not found"],
    ],
    [
      "several things are wrong",
      [a(WWW)],
      [create(a(WWW)), remove(a("x.example.com."))],
      [
        "Tried to create resource record set [name='www.example.com.', type='A'] but it already exists",
        "Tried to delete resource record set [name='x.example.com.', type='A'] but it was not found",
      ],
    ],
  ])("%s", (_, sets, batch, messages) => {
    expect(applyChanges(zone(sets), batch)).toEqual({ kind: "refused", messages });
  });
});

describe("a batch that is carried out", () => {
  test.each<[string, readonly RecordSet[], readonly RecordChange[], { removed: readonly RecordSet[]; put: readonly RecordSet[] }]>([
    ["creates what is new", [], [create(a(WWW))], { removed: [], put: [a(WWW)] }],
    ["replaces", [a(WWW)], [upsert(a(WWW, { ttl: 5 }))], { removed: [], put: [a(WWW, { ttl: 5 })] }],
    [
      "deletes values in any order",
      [a(WWW, { values: ["192.0.2.1", "192.0.2.2"] })],
      [remove(a(WWW, { values: ["192.0.2.2", "192.0.2.1"] }))],
      { removed: [a(WWW, { values: ["192.0.2.1", "192.0.2.2"] })], put: [] },
    ],
    [
      "puts a CNAME in the place of a record that it deletes first",
      [a(WWW)],
      [remove(a(WWW)), create(cname(WWW))],
      { removed: [a(WWW)], put: [cname(WWW)] },
    ],
    [
      "creates an alias before its target",
      [],
      [create(alias(WWW, "a.example.com.")), create(a("a.example.com."))],
      { removed: [], put: [alias(WWW, "a.example.com."), a("a.example.com.")] },
    ],
    [
      "leads an alias to a load balancer",
      [],
      [create(alias("example.com.", "web.us-east-1.elb.localhost.", "ZELB"))],
      { removed: [], put: [alias("example.com.", "web.us-east-1.elb.localhost.", "ZELB")] },
    ],
    ["adds to weighted ones", [weighted("blue", 1)], [create(weighted("green", 0))], { removed: [], put: [weighted("green", 0)] }],
    [
      "changes the zone's own NS",
      [],
      [upsert({ ...(APEX[0] as RecordSet), ttl: 60 })],
      { removed: [], put: [{ ...(APEX[0] as RecordSet), ttl: 60 }] },
    ],
  ])("%s", (_, sets, batch, changed) => {
    const result = applyChanges(zone(sets), batch);
    expect(result).toEqual({ kind: "changed", ...changed });
  });
});
