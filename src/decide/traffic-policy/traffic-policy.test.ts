import { expect, test } from "vitest";
import { readPolicy } from "./read-policy.ts";
import { recordSetsOf } from "./record-sets-of.ts";

const BASE = { AWSPolicyFormatVersion: "2015-10-01", RecordType: "A" };
const ENDPOINTS = {
  one: { Type: "value", Value: "192.0.2.1" },
  two: { Type: "value", Value: "192.0.2.2" },
  balancer: { Type: "application-load-balancer", Value: "web-1.us-east-1.elb.localhost" },
};
const refer = (EndpointReference: string, more: object = {}) => ({ EndpointReference, ...more });

function sets(document: object, more: object = {}) {
  const read = readPolicy(JSON.stringify({ ...BASE, Endpoints: ENDPOINTS, ...document }));
  if ("problems" in read) return read.problems;
  const zone = { id: "Z1", name: "example.com." };
  const balancerZone = (name: string) => (name === "web-1.us-east-1.elb.localhost." ? "ZELB" : undefined);
  const made = recordSetsOf(read.policy, { instanceId: "i-1", name: "www.example.com.", ttl: 60, zone, balancerZone, ...more });
  return "problems" in made
    ? made.problems
    : made.sets.map(({ name: _name, type: _type, ...set }) => (_name === "www.example.com." ? set : { [_name]: set }));
}

test("a policy that starts at an endpoint is one simple record set", () => {
  expect(sets({ StartEndpoint: "one" })).toEqual([{ ttl: 60, values: ["192.0.2.1"] }]);
  expect(sets({ StartEndpoint: "balancer" })).toEqual([
    { aliasTarget: { HostedZoneId: "ZELB", DNSName: "web-1.us-east-1.elb.localhost.", EvaluateTargetHealth: false } },
  ]);
});

test.each([
  [
    "failover",
    { Primary: refer("balancer", { EvaluateTargetHealth: "true" }), Secondary: refer("two", { HealthCheck: "h-1" }) },
    [
      { failover: "PRIMARY", aliasTarget: { HostedZoneId: "ZELB", DNSName: "web-1.us-east-1.elb.localhost.", EvaluateTargetHealth: true } },
      { failover: "SECONDARY", ttl: 60, values: ["192.0.2.2"], healthCheckId: "h-1" },
    ],
  ],
  ["weighted", { Items: [refer("one", { Weight: "3" }), refer("two", { Weight: 0 })] }, [{ weight: 3 }, { weight: 0 }]],
  ["latency", { Regions: [refer("one", { Region: "eu-central-1" })] }, [{ region: "eu-central-1" }]],
  ["multivalue", { Items: [refer("one"), refer("two")] }, [{ multiValueAnswer: true }, { multiValueAnswer: true }]],
  [
    "geo",
    {
      Locations: [refer("one", { Country: "US", Subdivision: "CA" }), refer("two", { Continent: "EU" }), refer("two", { IsDefault: true })],
    },
    [
      { geoLocation: { CountryCode: "US", SubdivisionCode: "CA" } },
      { geoLocation: { ContinentCode: "EU" } },
      { geoLocation: { CountryCode: "*" } },
    ],
  ],
])("a %s rule is a record set for each thing that it leads to", (RuleType, rule, expected) => {
  const made = sets({ StartRule: "r", Rules: { r: { RuleType, ...rule } } });
  expect(made).toMatchObject(expected);
  expect(made).toHaveLength(expected.length);
});

test("a rule that others lead to has one name, to which they are aliases", () => {
  const Rules = {
    far: { RuleType: "weighted", Items: [refer("one", { Weight: "1" })] },
    near: { RuleType: "failover", Primary: { RuleReference: "far", EvaluateTargetHealth: true }, Secondary: { RuleReference: "far" } },
  };
  expect(sets({ StartRule: "near", Rules })).toMatchObject([
    { failover: "PRIMARY", aliasTarget: { HostedZoneId: "Z1", DNSName: "_i-1-1.example.com.", EvaluateTargetHealth: true } },
    { failover: "SECONDARY", aliasTarget: { HostedZoneId: "Z1", DNSName: "_i-1-1.example.com.", EvaluateTargetHealth: false } },
    { "_i-1-1.example.com.": { setIdentifier: "far-1", weight: 1, ttl: 60, values: ["192.0.2.1"] } },
  ]);
});

test.each<[string, object, string]>([
  ["no such endpoint", { StartEndpoint: "three" }, "There is no endpoint three."],
  ["no such rule", { StartRule: "r" }, "There is no rule r."],
  ["no start", {}, "Exactly one of StartEndpoint and StartRule must be in the document."],
  ["two starts", { StartEndpoint: "one", StartRule: "one" }, "Exactly one of StartEndpoint and StartRule"],
  ["another version", { StartEndpoint: "one", AWSPolicyFormatVersion: "2012-10-17" }, "AWSPolicyFormatVersion must be one of"],
  ["a type of no policy", { StartEndpoint: "one", RecordType: "NS" }, "RecordType must be one of"],
  ["a member that nobody knows", { StartEndpoint: "one", Start: 1 }, "Start is no member of the document."],
  ["a value of another type", { StartEndpoint: "one", RecordType: "AAAA" }, "The value of the endpoint one is no AAAA"],
  ["a load balancer as CNAME", { StartEndpoint: "one", RecordType: "TXT" }, "needs the RecordType A or AAAA"],
  [
    "a rule that leads to itself",
    { StartEndpoint: "one", Rules: { r: { RuleType: "weighted", Items: [{ RuleReference: "r", Weight: "1" }] } } },
    "The rule r leads to itself.",
  ],
  [
    "a weight beyond",
    { StartRule: "r", Rules: { r: { RuleType: "weighted", Items: [refer("one", { Weight: "256" })] } } },
    "from 0 to 255",
  ],
  ["a rule of nothing", { StartRule: "r", Rules: { r: { RuleType: "latency", Regions: [] } } }, "Regions must be a list"],
  ["a rule of no type", { StartRule: "r", Rules: { r: { RuleType: "cidr" } } }, "RuleType must be one of"],
  [
    "several values of a load balancer",
    { StartRule: "r", Rules: { r: { RuleType: "multivalue", Items: [refer("balancer")] } } },
    "must be endpoints of type value",
  ],
  [
    "a default that is a place",
    { StartRule: "r", Rules: { r: { RuleType: "geo", Locations: [refer("one", { IsDefault: "true", Continent: "EU" })] } } },
    "A default location has no other place",
  ],
  [
    "places by distance",
    { StartRule: "r", Rules: { r: { RuleType: "geoproximity", GeoproximityLocations: [refer("one")] } } },
    "Nobody's place is known here: the rule r",
  ],
  [
    "what is not here",
    { StartEndpoint: "s", Endpoints: { s: { Type: "s3-website", Region: "us-east-1", Value: "a" } } },
    "type s3-website are not here",
  ],
  [
    "a load balancer that is not there",
    { StartEndpoint: "s", Endpoints: { s: { Type: "network-load-balancer", Value: "a.b" } } },
    "no load balancer a.b",
  ],
  [
    "a load balancer of no name",
    { StartEndpoint: "s", Endpoints: { s: { Type: "network-load-balancer", Value: "a..b" } } },
    "no load balancer a..b",
  ],
])("%s is told", (_what, document, problem) => {
  expect(sets(document)).toContainEqual(expect.stringContaining(problem));
});

test.each(["", "null", "[]", '{"a":', "1"])("%j is no document", (text) => {
  expect(readPolicy(text)).toEqual({ problems: ["The document is no JSON object."] });
});

test("a rule of a zone whose name is long has no name below it", () => {
  const Rules = {
    far: { RuleType: "weighted", Items: [refer("one", { Weight: "1" })] },
    near: { RuleType: "weighted", Items: [{ RuleReference: "far", Weight: "1" }] },
  };
  const name = `${"a.".repeat(120)}example.com.`;
  expect(sets({ StartRule: "near", Rules }, { zone: { id: "Z1", name } })).toContainEqual(expect.stringContaining("too long"));
});
