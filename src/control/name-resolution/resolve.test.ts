import { describe, expect, test } from "vitest";
import type { Resolution } from "../../domain/dns/message.ts";
import { memoryJournal } from "../../drivers/memory/journal.ts";
import { vpcs } from "../../state/ec2.ts";
import { loadBalancers, listeners, targets, type LoadBalancerRecord } from "../../state/elb.ts";
import { JournaledState } from "../../state/journaled-state.ts";
import { healthChecks, hostedZones, recordSets, type HostedZoneRecord, type RecordSetRecord } from "../../state/route53.ts";
import { healthStatuses } from "../../state/route53-health.ts";
import { resolveInVpc, resolveOnHost } from "./resolve.ts";

const ACCOUNT = "123456789012";
const GATEWAY = { vpcId: "vpc-1", vpcCidr: "172.31.0.0/16", address: "172.31.0.1" };
const CLIENT = "172.31.0.9";
const ARN = "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/web/0123456789abcdef";

const balancer: LoadBalancerRecord = {
  ...{ account: ACCOUNT, region: "us-east-1", arn: ARN, name: "web", type: "application", scheme: "internet-facing" },
  ...{ dnsName: "Web-1.us-east-1.elb.localhost", canonicalHostedZoneId: "ZELB", vpcId: "vpc-1", ipAddressType: "ipv4" },
  ...{ availabilityZones: [], securityGroups: [], attributes: {}, state: { code: "active" }, tags: [], createdAt: 1 },
};

const zone = (id: string, name: string, vpcId?: string): HostedZoneRecord => ({
  ...{ id, name, account: ACCOUNT, callerReference: id, privateZone: vpcId !== undefined, createdAt: 1 },
  ...{ vpcs: vpcId === undefined ? [] : [{ id: vpcId, region: "us-east-1" }], authorizedVpcs: [], nameServers: [], tags: [] },
});
const set = (zoneId: string, name: string, value: string, more: Partial<RecordSetRecord> = {}): RecordSetRecord => ({
  ...{ zoneId, account: ACCOUNT, name, type: "A", ttl: 60, values: [value] },
  ...more,
});

function world(zones: readonly HostedZoneRecord[] = [], sets: readonly RecordSetRecord[] = []) {
  const state = new JournaledState(memoryJournal());
  state.commit(() => {
    state.table(loadBalancers).put(balancer);
    state.table(vpcs).put({ id: "vpc-1", account: ACCOUNT, region: "us-east-1", cidrBlock: GATEWAY.vpcCidr, isDefault: true, tags: [] });
    for (const one of zones) state.table(hostedZones).put(one);
    for (const one of sets) state.table(recordSets).put(one);
  });
  return {
    state,
    inVpc: (name: string, client = CLIENT, vpcId = "vpc-1") =>
      shown(
        resolveInVpc({ state, chance: () => 0, sharedDomains: ["shared.org"] }, { ...GATEWAY, vpcId })(
          { name: `${name}.`, type: "A" },
          client,
        ),
      ),
    onHost: (name: string, client = "127.0.0.1") =>
      shown(resolveOnHost({ state, chance: () => 0 }, "127.0.0.1")({ name: `${name}.`, type: "A" }, client)),
  };
}

function shown(resolution: Resolution): string {
  if (resolution.kind !== "reply") return resolution.kind;
  const addresses = resolution.answers.flatMap(({ data }) => (data.type === "A" ? [data.address] : []));
  return addresses.length > 0 ? addresses.join(" ") : resolution.code;
}

describe("a load balancer's name", () => {
  test("means the gateway in its VPC, in whatever letters it was given, and loopback on this host", () => {
    const { inVpc, onHost } = world();
    expect([inVpc("web-1.us-east-1.elb.localhost"), onHost("web-1.us-east-1.elb.localhost")]).toEqual(["172.31.0.1", "127.0.0.1"]);
    expect([inVpc("web-2.us-east-1.elb.localhost"), onHost("web-2.us-east-1.elb.localhost")]).toEqual(["NXDOMAIN", "NXDOMAIN"]);
  });

  test("is there under AWS's domain too, since to curl what ends with .localhost is the task itself; what is not ours there is AWS's", () => {
    const { inVpc } = world();
    expect(inVpc("web-1.us-east-1.elb.amazonaws.com")).toBe("172.31.0.1");
    expect(inVpc("web-2.us-east-1.elb.amazonaws.com")).toBe("forward");
    expect(inVpc("web-1.us-east-1.elb.amazonaws.com", CLIENT, "vpc-2")).toBe("forward");
  });

  test("tells nothing of another VPC's, and nothing to who asks from elsewhere", () => {
    const { inVpc } = world();
    expect(inVpc("web-1.us-east-1.elb.localhost", CLIENT, "vpc-2")).toBe("NXDOMAIN");
    for (const client of ["10.200.0.9", "172.17.0.2", "", "::ffff:172.31.0.9"])
      expect(inVpc("web-1.us-east-1.elb.localhost", client)).toBe("refused");
  });
});

describe("zones", () => {
  const ZONES = [zone("Z1", "example.com."), zone("Z2", "example.com.", "vpc-1"), zone("Z3", "internal.", "vpc-2")];
  const SETS = [
    set("Z1", "www.example.com.", "192.0.2.1"),
    set("Z1", "public.example.com.", "192.0.2.2"),
    set("Z2", "www.example.com.", "10.0.0.2"),
  ];
  const at = world(ZONES, [...SETS, set("Z3", "db.internal.", "10.0.0.3")]);

  test("a private one shadows the public one in its VPC, and nowhere else", () => {
    expect([at.inVpc("www.example.com"), at.inVpc("public.example.com")]).toEqual(["10.0.0.2", "NXDOMAIN"]);
    expect(at.inVpc("www.example.com", CLIENT, "vpc-2")).toBe("192.0.2.1");
    expect([at.onHost("www.example.com"), at.onHost("public.example.com")]).toEqual(["192.0.2.1", "192.0.2.2"]);
  });

  test("of private ones the nearest above a name answers, and alone", () => {
    const nested = [zone("Z4", "sub.example.com.", "vpc-1"), zone("Z5", "b.example.com.", "vpc-1")];
    const { inVpc } = world(
      [...ZONES, ...nested],
      [...SETS, set("Z4", "www.sub.example.com.", "10.0.0.4"), set("Z2", "x.sub.example.com.", "10.0.0.5")],
    );
    expect(["www.sub.example.com", "x.sub.example.com", "www.example.com"].map((name) => inVpc(name))).toEqual([
      "10.0.0.4",
      "NXDOMAIN",
      "10.0.0.2",
    ]);
    expect(inVpc("ab.example.com")).toBe("NXDOMAIN");
  });

  test("a private one is not there for other VPCs", () => {
    expect([at.inVpc("db.internal", CLIENT, "vpc-2"), at.inVpc("db.internal"), at.onHost("db.internal")]).toEqual([
      "10.0.0.3",
      "forward",
      "forward",
    ]);
  });

  test("others' names are looked up for clients of the VPC, and on this host for its own programs alone", () => {
    expect(at.inVpc("example.org")).toBe("forward");
    expect(at.inVpc("example.org", "10.200.0.9")).toBe("refused");
    expect(at.onHost("example.org")).toBe("forward");
    expect([at.onHost("example.org", "192.0.2.9"), at.onHost("www.example.com", "192.0.2.9")]).toEqual(["refused", "192.0.2.1"]);
  });

  test("of another account, a public one answers where no domain of the world is at stake, or the operator says so", () => {
    const names = ["google.com", "google.test", "shared.org"];
    const other = names.map((name, at) => ({ ...zone(`Z${at}`, `${name}.`), account: "210987654321" }));
    const { inVpc, onHost } = world(
      other,
      names.map((name, at) => set(`Z${at}`, `${name}.`, `192.0.2.${at}`)),
    );
    expect(names.map((name) => inVpc(name))).toEqual(["forward", "192.0.2.1", "192.0.2.2"]);
    expect(names.map((name) => onHost(name))).toEqual(["192.0.2.0", "192.0.2.1", "192.0.2.2"]);
    const own = world([...other, zone("Z9", "google.com.")], [set("Z9", "google.com.", "10.0.0.9")]);
    expect(own.inVpc("google.com")).toBe("10.0.0.9");
  });

  test("the name servers of a zone are where they are asked for, and nobody else's are there", () => {
    const id = `Z${"0".repeat(20)}`;
    const { inVpc, onHost } = world([zone(id, "example.com.")]);
    const name = `ns-2.${id.toLowerCase()}.dns.localhost`;
    expect([inVpc(name), onHost(name)]).toEqual(["172.31.0.1", "127.0.0.1"]);
    expect(onHost(name.replace("0", "1"))).toBe("forward");
  });
});

describe("health", () => {
  const failover = (type: "PRIMARY" | "SECONDARY", value: string, more: Partial<RecordSetRecord>): RecordSetRecord =>
    set("Z1", "www.example.com.", value, { failover: type, setIdentifier: type, ...more });

  test("an alias of a load balancer that asks for it is healthy while each of its groups has a healthy target", () => {
    const aliasTarget = { HostedZoneId: "ZELB", DNSName: "dualstack.web-1.us-east-1.elb.localhost.", EvaluateTargetHealth: true };
    const { values: _, ttl: _ttl, ...primary } = failover("PRIMARY", "", { aliasTarget });
    const { state, inVpc } = world([zone("Z1", "example.com.")], [primary, failover("SECONDARY", "192.0.2.2", {})]);
    expect(inVpc("www.example.com")).toBe("192.0.2.2");
    const group = ARN.replace("loadbalancer/app/web", "targetgroup/web");
    const target = { targetGroupArn: group, id: "172.31.0.7", port: 80, address: "172.31.0.7", addressPort: 80, registeredAt: 1 };
    state.commit(() => {
      const base = { ...{ account: ACCOUNT, region: "us-east-1", loadBalancerArn: ARN }, protocol: "HTTP", port: 80 } as const;
      const rest = { certificates: [], attributes: {}, tags: [], createdAt: 1 };
      state.table(listeners).put({ ...base, ...rest, arn: `${ARN}/1`, defaultActions: [{ Type: "forward", TargetGroupArn: group }] });
      state.table(targets).put({ ...target, health: { state: "unhealthy" } });
    });
    expect(inVpc("www.example.com")).toBe("192.0.2.2");
    state.commit(() => state.table(targets).put({ ...target, health: { state: "healthy" } }));
    expect(inVpc("www.example.com")).toBe("172.31.0.1");
  });

  const check = (id: string, config: object) => ({
    id,
    account: ACCOUNT,
    callerReference: id,
    config: config as never,
    version: 1,
    tags: [],
    createdAt: 1,
  });
  test.each<[string, object, boolean, boolean]>([
    ["an endpoint that is healthy", { Type: "HTTP" }, true, true],
    ["one that is not", { Type: "HTTP" }, false, false],
    ["one that is not, inverted", { Type: "HTTP", Inverted: true }, false, true],
    ["a disabled one, whatever was found", { Type: "HTTP", Disabled: true }, false, true],
    [
      "a calculated one of which enough are healthy",
      { Type: "CALCULATED", ChildHealthChecks: ["c", "d"], HealthThreshold: 1 },
      false,
      true,
    ],
    ["one of which too few are", { Type: "CALCULATED", ChildHealthChecks: ["c", "d"], HealthThreshold: 2 }, true, false],
    ["one that is its own child", { Type: "CALCULATED", ChildHealthChecks: ["h"], HealthThreshold: 1 }, true, false],
  ])("%s counts", (_, config, found, healthy) => {
    const sets = [failover("PRIMARY", "192.0.2.1", { healthCheckId: "h" }), failover("SECONDARY", "192.0.2.2", {})];
    const { state, inVpc } = world([zone("Z1", "example.com.")], sets);
    const status = (id: string, is: boolean) => ({ id, account: ACCOUNT, healthy: is, checkedAt: 1, text: "" });
    state.commit(() => {
      for (const one of [check("h", config), check("c", { Type: "TCP" }), check("d", { Type: "TCP" })]) state.table(healthChecks).put(one);
      for (const one of [status("h", found), status("c", true), status("d", false)]) state.table(healthStatuses).put(one);
    });
    expect(inVpc("www.example.com")).toBe(healthy ? "192.0.2.1" : "192.0.2.2");
  });
});
