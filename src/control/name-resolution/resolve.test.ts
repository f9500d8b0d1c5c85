import { describe, expect, test } from "vitest";
import type { Resolution } from "../../domain/dns/message.ts";
import { memoryJournal } from "../../drivers/memory/journal.ts";
import { vpcEndpoints, type VpcEndpointRecord } from "../../state/ec2-endpoints.ts";
import { elasticAddresses } from "../../state/ec2-gateways.ts";
import { vpcPeerings } from "../../state/ec2-peering.ts";
import { vpcs } from "../../state/ec2.ts";
import { loadBalancers, listeners, targets, type LoadBalancerRecord } from "../../state/elb.ts";
import { networkInterfaces, type NetworkInterfaceRecord } from "../../state/network-interfaces.ts";
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

describe("the VPC's resolver", () => {
  const endpoint: VpcEndpointRecord = {
    ...{ id: "vpce-0123456789abcdef0", account: ACCOUNT, region: "us-east-1", vpcId: "vpc-1", type: "Interface", state: "available" },
    ...{ serviceName: "com.amazonaws.us-east-1.ecr.api", privateDnsEnabled: true, subnetIds: [], groupIds: [], routeTableIds: [] },
    ...{ networkInterfaceIds: [], tags: [], createdAt: 0 },
  };
  const eni = (id: string, zoneName: string, address: string, more: Partial<NetworkInterfaceRecord> = {}): NetworkInterfaceRecord => ({
    ...{
      id,
      account: ACCOUNT,
      region: "us-east-1",
      vpcId: "vpc-1",
      subnetId: "subnet-1",
      availabilityZone: zoneName,
      chosen: false,
      createdAt: 0,
    },
    ...{ privateIpv4Address: address, ...more },
  });
  const furnished = (zones: readonly HostedZoneRecord[] = []) => {
    const at = world(zones);
    at.state.commit(() => {
      const vpc = { account: ACCOUNT, region: "us-east-1", isDefault: false, tags: [] };
      at.state.table(vpcs).put({ ...vpc, id: "vpc-2", cidrBlock: "10.2.0.0/16", dnsHostnames: true });
      at.state.table(vpcEndpoints).put(endpoint);
      at.state.table(vpcEndpoints).put({ ...endpoint, id: "vpce-dkr", serviceName: "com.amazonaws.us-east-1.ecr.dkr" });
      at.state.table(networkInterfaces).put(eni("eni-1", "us-east-1a", "172.31.0.50", { vpcEndpointId: endpoint.id }));
      at.state.table(networkInterfaces).put(eni("eni-2", "us-east-1b", "172.31.16.50", { vpcEndpointId: endpoint.id }));
      at.state.table(networkInterfaces).put(eni("eni-3", "us-east-1a", "172.31.0.60", { vpcEndpointId: "vpce-dkr" }));
      at.state.table(networkInterfaces).put(eni("eni-far", "us-east-1a", "10.2.0.9", { vpcId: "vpc-2" }));
      const association = { id: "eipassoc-1", networkInterfaceId: "eni-far", privateIp: "10.2.0.9" };
      const own = { account: ACCOUNT, region: "us-east-1", allocationId: "eipalloc-1", tags: [] };
      at.state.table(elasticAddresses).put({ ...own, publicIp: "203.0.113.7", association });
    });
    return at;
  };
  const far = (at: ReturnType<typeof furnished>, name: string): string =>
    shown(
      resolveInVpc({ state: at.state, chance: () => 0 }, { vpcId: "vpc-2", vpcCidr: "10.2.0.0/16", address: "10.2.0.1" })(
        { name: `${name}.`, type: "A" },
        "10.2.0.4",
      ),
    );

  test.each([
    ["an address by its private name", "ip-172-31-0-77.ec2.internal", "172.31.0.77"],
    ["no address of another VPC", "ip-10-2-0-9.ec2.internal", "NXDOMAIN"],
    ["no address that is none", "ip-172-31-0-999.ec2.internal", "NXDOMAIN"],
    ["a service by its own name, at its endpoint", "api.ecr.us-east-1.amazonaws.com", "172.31.0.50 172.31.16.50"],
    ["a service whose names are many", "123456789012.dkr.ecr.us-east-1.amazonaws.com", "172.31.0.60"],
    ["not what is two labels below", "a.b.dkr.ecr.us-east-1.amazonaws.com", "forward"],
    ["an endpoint by its name", "vpce-0123456789abcdef0-9abcdef0.api.ecr.us-east-1.vpce.amazonaws.com", "172.31.0.50 172.31.16.50"],
    ["an endpoint in one zone", "vpce-0123456789abcdef0-9abcdef0-us-east-1b.api.ecr.us-east-1.vpce.amazonaws.com", "172.31.16.50"],
    ["a service without an endpoint as others know it", "logs.us-east-1.amazonaws.com", "forward"],
    ["a public address of another VPC as it is", "ec2-203-0-113-7.compute-1.amazonaws.com", "203.0.113.7"],
    ["no public address that nobody has", "ec2-203-0-113-8.compute-1.amazonaws.com", "forward"],
  ])("tells %s", (_what, name, answer) => {
    expect(furnished().inVpc(name)).toBe(answer);
  });

  test("tells another VPC nothing of an endpoint, and the private address of a public name of its own", () => {
    const at = furnished();
    expect(far(at, "api.ecr.us-east-1.amazonaws.com")).toBe("forward");
    expect(far(at, "vpce-0123456789abcdef0-9abcdef0.api.ecr.us-east-1.vpce.amazonaws.com")).toBe("forward");
    expect(far(at, "ec2-203-0-113-7.compute-1.amazonaws.com")).toBe("10.2.0.9");
    at.state.commit(() => at.state.table(vpcs).update("vpc-2", (vpc) => ({ ...vpc, dnsHostnames: false })));
    expect(far(at, "ec2-203-0-113-7.compute-1.amazonaws.com")).toBe("forward");
  });

  test("tells a peer the private address where the connection says so", () => {
    const at = furnished();
    const side = (vpcId: string, remoteDnsResolution: boolean) => ({
      ...{ account: ACCOUNT, region: "us-east-1", vpcId, cidrBlocks: [], remoteDnsResolution },
    });
    const peer = (resolution: boolean): void =>
      void at.state.commit(() =>
        at.state.table(vpcPeerings).put({
          ...{ id: "pcx-1", account: ACCOUNT, region: "us-east-1", status: "active", statusMessage: "", expiresAt: 0, tags: [] },
          ...{ requester: side("vpc-1", true), accepter: side("vpc-2", resolution) },
        }),
      );
    peer(false);
    expect(at.inVpc("ec2-203-0-113-7.compute-1.amazonaws.com")).toBe("203.0.113.7");
    peer(true);
    expect(at.inVpc("ec2-203-0-113-7.compute-1.amazonaws.com")).toBe("10.2.0.9");
  });

  test("leaves a service's name alone where the endpoint has no private DNS, or is not there yet", () => {
    const at = furnished();
    for (const more of [{ privateDnsEnabled: false }, { state: "pending" as const }]) {
      at.state.commit(() => at.state.table(vpcEndpoints).put({ ...endpoint, ...more }));
      expect(at.inVpc("api.ecr.us-east-1.amazonaws.com")).toBe("forward");
    }
  });

  test("knows the private name of an address", () => {
    const resolve = resolveInVpc({ state: furnished().state, chance: () => 0 }, GATEWAY);
    expect(resolve({ name: "77.0.31.172.in-addr.arpa.", type: "PTR" }, CLIENT)).toMatchObject({
      answers: [{ data: { type: "PTR", target: "ip-172-31-0-77.ec2.internal." } }],
    });
    expect(resolve({ name: "9.0.2.10.in-addr.arpa.", type: "PTR" }, CLIENT).kind).toBe("forward");
  });

  test("stands behind a private zone of the name", () => {
    expect(furnished([zone("Z1", "ec2.internal.", "vpc-1")]).inVpc("ip-172-31-0-77.ec2.internal")).toBe("NXDOMAIN");
  });

  test("does not answer at all where enableDnsSupport is off", () => {
    const at = furnished();
    at.state.commit(() => at.state.table(vpcs).update("vpc-1", (vpc) => ({ ...vpc, dnsSupport: false })));
    expect(["example.com", "api.ecr.us-east-1.amazonaws.com", "web-1.us-east-1.elb.localhost"].map((name) => at.inVpc(name))).toEqual([
      "silent",
      "silent",
      "silent",
    ]);
  });
});

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
      expect(inVpc("web-1.us-east-1.elb.localhost", client)).toBe("silent");
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
    expect(at.inVpc("example.org", "10.200.0.9")).toBe("silent");
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
