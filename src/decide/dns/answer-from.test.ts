import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Reply, Resource } from "../../domain/dns/message.ts";
import { isWithin } from "../../domain/dns/name.ts";
import type { RecordSet } from "../../domain/dns/record-set.ts";
import { answerFrom } from "./answer-from.ts";
import type { DnsView, ServiceView, ZoneView } from "./view.ts";

type Sets = readonly RecordSet[];

function zoneOfSets(name: string, sets: Sets, id = "Z1"): ZoneView {
  const soa: RecordSet = { name, type: "SOA", ttl: 900, values: ["ns. host. 1 7200 900 1209600 300"] };
  const all = [soa, { name, type: "NS", ttl: 1, values: ["ns."] } satisfies RecordSet, ...sets];
  return {
    ...{ id, name },
    at: (one) => all.filter((set) => set.name === one),
    hasBelow: (one) => all.some((set) => set.name !== one && isWithin(set.name, one)),
  };
}

function viewOf(zones: readonly ZoneView[], more: Partial<DnsView> = {}): DnsView {
  const byLength = zones.toSorted((a, b) => b.name.length - a.name.length);
  return {
    zoneOf: (name) => byLength.find((zone) => isWithin(name, zone.name)),
    service: () => undefined,
    isHealthy: () => true,
    locationsIn: () => [],
    region: "us-east-1",
    chance: 0,
    ...more,
  };
}

const a = (name: string, value: string, more: Partial<RecordSet> = {}): RecordSet => ({
  name,
  type: "A",
  ttl: 60,
  values: [value],
  ...more,
});
const cname = (name: string, value: string): RecordSet => ({ name, type: "CNAME", ttl: 60, values: [value] });
const alias = (name: string, DNSName: string, HostedZoneId = "Z1", more: Partial<RecordSet> = {}): RecordSet => ({
  ...{ name, type: "A" },
  aliasTarget: { HostedZoneId, DNSName, EvaluateTargetHealth: true },
  ...more,
});

function shown({ name, data, ttl }: Resource): string {
  const value = data.type === "A" ? data.address : data.type === "CNAME" || data.type === "NS" ? data.target : "";
  return `${name} ${ttl} ${data.type} ${value}`.trim();
}

/** `NOERROR: a, b / authority`. */
function asked(sets: Sets, name: string, type = "A", more: Partial<DnsView> = {}): string {
  const answer = answerFrom(viewOf([zoneOfSets("example.com.", sets)], more), { name, type });
  return answer.kind === "reply" ? told(answer) : answer.kind;
}

function told({ code, answers, authorities, additionals, authoritative, continuesAt }: Reply): string {
  const parts = [answers, authorities, additionals].map((part) => part.map(shown).join(", "));
  const text = `${authoritative ? "" : "referral "}${code}: ${parts.join(" / ")}`.replace(/( \/ )+$/, "");
  return continuesAt === undefined ? text.trim() : `${text} -> ${continuesAt}`;
}

const WWW = "www.example.com.";
const SOA = "example.com. 300 SOA";

describe("a question is answered from its zone", () => {
  test.each<[string, Sets, string, string, string]>([
    ["with the record of the name", [a(WWW, "192.0.2.1")], WWW, "A", "NOERROR: www.example.com. 60 A 192.0.2.1"],
    ["with the zone, where there is another type only", [a(WWW, "192.0.2.1")], WWW, "AAAA", `NOERROR:  / ${SOA}`],
    ["with the zone, where there is no such name", [], WWW, "A", `NXDOMAIN:  / ${SOA}`],
    ["with no error, where names are below it", [a(`a.${WWW}`, "192.0.2.1")], WWW, "A", `NOERROR:  / ${SOA}`],
    ["with what is any", [a(WWW, "192.0.2.1")], WWW, "ANY", "NOERROR: www.example.com. 60 A 192.0.2.1"],
    [
      "with an alias name and what it leads to",
      [cname("x.example.com.", WWW), a(WWW, "192.0.2.1")],
      "x.example.com.",
      "A",
      "NOERROR: x.example.com. 60 CNAME www.example.com., www.example.com. 60 A 192.0.2.1",
    ],
    [
      "with an alias name alone, where that is asked for",
      [cname("x.example.com.", WWW)],
      "x.example.com.",
      "CNAME",
      "NOERROR: x.example.com. 60 CNAME www.example.com.",
    ],
    [
      "with an alias name that leads to nothing",
      [cname("x.example.com.", WWW)],
      "x.example.com.",
      "A",
      `NXDOMAIN: x.example.com. 60 CNAME www.example.com. / ${SOA}`,
    ],
    [
      "with an alias name that leads elsewhere",
      [cname(WWW, "example.org")],
      WWW,
      "A",
      "NOERROR: www.example.com. 60 CNAME example.org. -> example.org.",
    ],
    [
      "with failure, where alias names go round",
      [cname("a.example.com.", "b.example.com"), cname("b.example.com.", "a.example.com")],
      "a.example.com.",
      "A",
      "SERVFAIL:",
    ],
    ["by others, where it is of no zone here", [], "example.org.", "A", "forward"],
    [
      "with a referral, where it is delegated",
      [{ name: "shop.example.com.", type: "NS", ttl: 5, values: ["ns.shop.example.com"] }, a("ns.shop.example.com.", "192.0.2.9")],
      "www.shop.example.com.",
      "A",
      "referral NOERROR:  / shop.example.com. 5 NS ns.shop.example.com. / ns.shop.example.com. 60 A 192.0.2.9",
    ],
  ])("%s", (_, sets, name, type, expected) => {
    expect(asked(sets, name, type)).toBe(expected);
  });

  test("of two zones, the alias name of one leads into the other", () => {
    const zones = [
      zoneOfSets("example.com.", [cname(WWW, "x.example.org")]),
      zoneOfSets("example.org.", [a("x.example.org.", "192.0.2.1")], "Z2"),
    ];
    const answer = answerFrom(viewOf(zones), { name: WWW, type: "A" });
    expect(told(answer as Reply)).toBe("NOERROR: www.example.com. 60 CNAME x.example.org., x.example.org. 60 A 192.0.2.1");
  });
});

describe("a wildcard stands for names that are not there", () => {
  const SETS = [
    a("\\052.example.com.", "192.0.2.1"),
    a("b.a.example.com.", "192.0.2.2"),
    { ...a("txt.example.com.", ""), type: "TXT", values: ['"x"'] } as RecordSet,
  ];
  test.each([
    ["one label below", WWW, "NOERROR: www.example.com. 60 A 192.0.2.1"],
    ["more labels below", `x.y.${WWW}`, "NOERROR: x.y.www.example.com. 60 A 192.0.2.1"],
    ["itself", "\\052.example.com.", "NOERROR: \\052.example.com. 60 A 192.0.2.1"],
    ["not a name that has others below it", "a.example.com.", `NOERROR:  / ${SOA}`],
    ["not names below such a name", "x.a.example.com.", `NXDOMAIN:  / ${SOA}`],
    ["not a name that has records of other types", "txt.example.com.", `NOERROR:  / ${SOA}`],
    ["not the zone's own name", "example.com.", `NOERROR:  / ${SOA}`],
  ])("%s", (_, name, expected) => {
    expect(asked(SETS, name)).toBe(expected);
  });
});

describe("an alias", () => {
  const balancer = (healthy = true): Partial<DnsView> => ({
    service: ({ HostedZoneId }): ServiceView | undefined =>
      HostedZoneId === "ZELB" ? { addresses: ["10.0.0.1", "10.0.1.1"], isHealthy: () => healthy } : undefined,
  });
  test("of a load balancer has its addresses, under the name that was asked for", () => {
    expect(asked([alias("example.com.", "web.elb.localhost.", "ZELB")], "example.com.", "A", balancer())).toBe(
      "NOERROR: example.com. 60 A 10.0.0.1, example.com. 60 A 10.0.1.1",
    );
    expect(asked([alias("example.com.", "web.elb.localhost.", "ZELB", { type: "AAAA" })], "example.com.", "AAAA", balancer())).toBe(
      `NOERROR:  / ${SOA}`,
    );
    expect(asked([alias("example.com.", "web.elb.localhost.", "ZGONE")], "example.com.", "A", balancer())).toBe(`NOERROR:  / ${SOA}`);
  });
  test("of a record of its zone has that record's values and time", () => {
    expect(asked([alias(WWW, "a.example.com."), a("a.example.com.", "192.0.2.1", { ttl: 7 })], WWW)).toBe(
      "NOERROR: www.example.com. 7 A 192.0.2.1",
    );
  });
  test("that goes round is nothing", () => {
    expect(asked([alias("a.example.com.", "b.example.com."), alias("b.example.com.", "a.example.com.")], "a.example.com.")).toBe(
      `NOERROR:  / ${SOA}`,
    );
  });
  test("is as healthy as what it leads to", () => {
    const sets = [
      alias(WWW, "web.elb.localhost.", "ZELB", { setIdentifier: "1", failover: "PRIMARY" }),
      a(WWW, "192.0.2.2", { setIdentifier: "2", failover: "SECONDARY" }),
    ];
    expect(asked(sets, WWW, "A", balancer(true))).toContain("10.0.0.1");
    expect(asked(sets, WWW, "A", balancer(false))).toBe("NOERROR: www.example.com. 60 A 192.0.2.2");
  });
});

describe("of several record sets", () => {
  const sick = (...ids: readonly string[]): Partial<DnsView> => ({ isHealthy: (id) => !ids.includes(id) });
  const set = (at: number, more: Partial<RecordSet>): RecordSet =>
    a(WWW, `192.0.2.${at}`, { setIdentifier: String(at), healthCheckId: `h${at}`, ...more });
  const answer = (at: number): string => `NOERROR: www.example.com. 60 A 192.0.2.${at}`;
  const WEIGHTED = [set(1, { weight: 1 }), set(2, { weight: 3 }), set(3, { weight: 0 })];

  test.each([
    [0, 1],
    [0.2499, 1],
    [0.25, 2],
    [0.9999, 2],
  ])("the weighted one at %d of all is number %d", (chance, at) => {
    expect(asked(WEIGHTED, WWW, "A", { chance })).toBe(answer(at));
  });
  test("a sick one has no weight, one without weight is last, and where all are sick none is", () => {
    expect(asked(WEIGHTED, WWW, "A", { chance: 0.5, ...sick("h2") })).toBe(answer(1));
    expect(asked(WEIGHTED, WWW, "A", sick("h1", "h2"))).toBe(answer(3));
    expect(asked(WEIGHTED, WWW, "A", { chance: 0.5, ...sick("h1", "h2", "h3") })).toBe(answer(2));
  });

  const FAILOVER = [set(2, { failover: "SECONDARY" }), set(1, { failover: "PRIMARY" })];
  test.each([
    [[], 1],
    [["h1"], 2],
    [["h1", "h2"], 1],
  ])("with %j sick, the primary or the secondary is told: number %d", (ids, at) => {
    expect(asked(FAILOVER, WWW, "A", sick(...ids))).toBe(answer(at));
  });

  test("that of the client's region is told, else the first that is healthy", () => {
    const sets = [set(1, { region: "eu-west-1" }), set(2, { region: "us-east-1" }), set(3, { region: "ap-south-1" })];
    expect(asked(sets, WWW)).toBe(answer(2));
    expect(asked(sets, WWW, "A", sick("h2"))).toBe(answer(3));
    expect(asked(sets, WWW, "A", { region: "eu-west-1" })).toBe(answer(1));
  });

  test("that of everybody else's place is told, and nothing where there is none", () => {
    const sets = [set(1, { geoLocation: { CountryCode: "DE" } }), set(2, { geoLocation: { CountryCode: "*" } })];
    expect(asked(sets, WWW)).toBe(answer(2));
    expect(asked(sets.slice(0, 1), WWW)).toBe(`NOERROR:  / ${SOA}`);
  });

  test("that of the client's nearest location is told that is healthy, then everybody's, and nothing where there is none", () => {
    const at = (number: number, LocationName: string): RecordSet => set(number, { cidrRouting: { CollectionId: "c", LocationName } });
    const sets = [at(1, "*"), at(2, "country"), at(3, "office")];
    const from = (...locations: readonly string[]): Partial<DnsView> => ({ locationsIn: (id) => (id === "c" ? locations : []) });
    expect(asked(sets, WWW, "A", from("office", "country"))).toBe(answer(3));
    expect(asked(sets, WWW, "A", { ...from("office", "country"), ...sick("h3") })).toBe(answer(2));
    expect(asked(sets, WWW, "A", { ...from("office", "country"), ...sick("h1", "h2", "h3") })).toBe(answer(3));
    expect(asked(sets, WWW, "A", from("elsewhere"))).toBe(answer(1));
    expect(asked(sets.slice(1), WWW)).toBe(`NOERROR:  / ${SOA}`);
  });

  test("up to eight healthy ones are told at once, beginning with another one each time", () => {
    const sets = Array.from({ length: 10 }, (_, at) => set(at, { multiValueAnswer: true }));
    const values = (more: Partial<DnsView>): readonly string[] => asked(sets, WWW, "A", more).match(/192\.0\.2\.\d/g) ?? [];
    expect(values({})).toHaveLength(8);
    expect(values({ chance: 0.5 })[0]).toBe("192.0.2.5");
    expect(values(sick("h0", "h1", "h2", "h3", "h4", "h5", "h6", "h7", "h8"))).toEqual(["192.0.2.9"]);
    expect(values(sick(...sets.map(({ healthCheckId = "" }) => healthCheckId)))).toHaveLength(8);
  });
});

test("aliases that lead to many, which lead to many, are looked at once each", () => {
  const DEPTH = 8;
  const many = (level: number): Sets =>
    Array.from({ length: 50 }, (_, at): RecordSet => {
      const more = { setIdentifier: String(at), weight: 1 };
      const name = `l${level}.example.com.`;
      return level === DEPTH
        ? a(name, "192.0.2.1", { ...more, healthCheckId: "sick" })
        : alias(name, `l${level + 1}.example.com.`, "Z1", more);
    });
  let looked = 0;
  const isHealthy = (): boolean => ++looked === 0;
  const sets = Array.from({ length: DEPTH + 1 }, (_, level) => many(level)).flat();
  expect(asked(sets, "l0.example.com.", "A", { isHealthy })).toBe("NOERROR: l0.example.com. 60 A 192.0.2.1");
  expect(looked).toBeLessThanOrEqual(2 * 50);
});

test("law: whatever is in a zone, every question ends, and what is not there comes with the zone's own record", () => {
  const names = ["example.com.", WWW, "a.example.com.", "b.a.example.com.", "\\052.example.com.", "\\052.a.example.com."];
  const anySet = fc.record({
    name: fc.constantFrom(...names),
    type: fc.constantFrom("A", "CNAME", "NS", "ALIAS"),
    to: fc.constantFrom(...names, "example.org."),
  });
  fc.assert(
    fc.property(fc.array(anySet, { maxLength: 12 }), fc.constantFrom(...names, "x.b.a.example.com."), (made, name) => {
      const sets = made.map(({ name: of, type, to }): RecordSet => {
        if (type === "ALIAS") return alias(of, to);
        return type === "A" ? a(of, "192.0.2.1") : { name: of, type: type as "CNAME", ttl: 1, values: [to] };
      });
      const answer = answerFrom(viewOf([zoneOfSets("example.com.", sets)]), { name, type: "A" });
      if (answer.kind !== "reply") return false;
      const empty =
        answer.authoritative &&
        answer.code !== "SERVFAIL" &&
        !answer.answers.some(({ data }) => data.type === "A") &&
        answer.continuesAt === undefined;
      return !empty || answer.authorities.some(({ data }) => data.type === "SOA");
    }),
  );
});
