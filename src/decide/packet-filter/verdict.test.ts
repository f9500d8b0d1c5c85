import { expect, test } from "vitest";
import { HOST_ADDRESS, ICMP, TCP, type NetworkWorld, type WorldPacket, type WorldRule } from "../../domain/network-world.ts";
import { connectionVerdict, trackingOf, verdictOn } from "./verdict.ts";

const ANY = "0.0.0.0/0";
const cidr = (block: string, traffic: Partial<WorldRule> = {}): WorldRule => ({
  id: "sgr-1",
  protocol: "all",
  peer: { kind: "cidr", block },
  ...traffic,
});
const port = (from: number, to = from) => ({ protocol: TCP, ports: { from, to } });
const openAcl = [{ number: 100, allows: true, protocol: "all", block: ANY }] as const;

/** AWS's example of a web and a database tier, each in a subnet of its own, and a subnet with a NAT gateway. */
const WORLD: NetworkWorld = {
  vpcs: [
    { id: "vpc-1", blocks: ["10.0.0.0/16"] },
    { id: "vpc-2", blocks: ["10.1.0.0/16"] },
  ],
  subnets: [
    { id: "public", vpcId: "vpc-1", block: "10.0.0.0/24", aclId: "open", routeTableId: "by-gateway" },
    { id: "private", vpcId: "vpc-1", block: "10.0.1.0/24", aclId: "open", routeTableId: "by-nat" },
    { id: "far", vpcId: "vpc-2", block: "10.1.0.0/24", aclId: "open", routeTableId: "far" },
  ],
  interfaces: [
    {
      id: "eni-web",
      vpcId: "vpc-1",
      subnetId: "public",
      address: "10.0.0.5",
      groups: ["web"],
      kind: "task",
      publicAddress: "198.51.100.5",
    },
    { id: "eni-bare", vpcId: "vpc-1", subnetId: "public", address: "10.0.0.6", groups: ["web"], kind: "task" },
    { id: "eni-db", vpcId: "vpc-1", subnetId: "private", address: "10.0.1.5", groups: ["db"], kind: "task" },
    { id: "eni-far", vpcId: "vpc-2", subnetId: "far", address: "10.1.0.5", groups: ["far"], kind: "task" },
    {
      id: "eni-nlb",
      vpcId: "vpc-1",
      subnetId: "public",
      address: "10.0.0.9",
      kind: "network-load-balancer",
      publicAddress: "198.51.100.9",
    },
  ],
  groups: [
    {
      id: "web",
      vpcId: "vpc-1",
      ingress: [cidr(ANY, port(80)), cidr(ANY, { protocol: ICMP, icmp: { type: 8, code: "all" } })],
      egress: [cidr(ANY)],
    },
    {
      id: "db",
      vpcId: "vpc-1",
      ingress: [
        { id: "sgr-2", ...port(5432), peer: { kind: "group", groupId: "web" } },
        { id: "sgr-3", ...port(5433), peer: { kind: "prefix-list", prefixListId: "pl-1" } },
      ],
      egress: [cidr(ANY, port(443))],
    },
    { id: "far", vpcId: "vpc-2", ingress: [{ id: "sgr-4", ...port(80), peer: { kind: "group", groupId: "web" } }], egress: [cidr(ANY)] },
  ],
  acls: [{ id: "open", ingress: openAcl, egress: openAcl }],
  routeTables: [
    {
      id: "by-gateway",
      vpcId: "vpc-1",
      routes: [route(ANY, "internet-gateway", "igw-1"), route("10.1.0.0/16", "vpc-peering-connection", "pcx-1")],
    },
    { id: "by-nat", vpcId: "vpc-1", routes: [route(ANY, "nat-gateway", "nat-1")] },
    { id: "far", vpcId: "vpc-2", routes: [route("10.0.0.0/16", "vpc-peering-connection", "pcx-1")] },
  ],
  internetGateways: [{ id: "igw-1", vpcId: "vpc-1" }],
  natGateways: [{ id: "nat-1", subnetId: "public", isPublic: true, isAvailable: true }],
  peerings: [{ id: "pcx-1", vpcIds: ["vpc-1", "vpc-2"] }],
  prefixLists: [{ id: "pl-1", blocks: ["10.0.0.6/32"] }],
};

function route(destination: string, kind: "internet-gateway" | "nat-gateway" | "vpc-peering-connection", id: string) {
  return { destination, target: { kind, id } };
}

const tcp = (from: string, to: string, toPort: number): WorldPacket => ({ from, to, protocol: TCP, port: toPort });

test.each([
  ["the internet reaches what its group opens", tcp("203.0.113.1", "10.0.0.5", 80), undefined],
  [
    "the internet does not reach another port",
    tcp("203.0.113.1", "10.0.0.5", 81),
    { kind: "groups", interfaceId: "eni-web", egress: false },
  ],
  ["this host is a client like the internet", tcp(HOST_ADDRESS, "10.0.0.5", 80), undefined],
  ["a rule with a group lets its members in", tcp("10.0.0.5", "10.0.1.5", 5432), undefined],
  ["and nobody else", tcp("10.0.0.9", "10.0.1.5", 5432), { kind: "groups", interfaceId: "eni-db", egress: false }],
  ["a rule with a prefix list lets in whom it has", tcp("10.0.0.6", "10.0.1.5", 5433), undefined],
  ["and nobody else of the subnet", tcp("10.0.0.5", "10.0.1.5", 5433), { kind: "groups", interfaceId: "eni-db" }],
  ["what no rule lets out stays", tcp("10.0.1.5", "10.0.0.5", 80), { kind: "groups", interfaceId: "eni-db", egress: true }],
  ["a public address has a way out by the internet gateway", tcp("10.0.0.5", "203.0.113.1", 443), undefined],
  [
    "without one there is none",
    tcp("10.0.0.6", "203.0.113.1", 443),
    { kind: "no-way", why: "no-public-address", routeTableId: "by-gateway" },
  ],
  ["a private subnet has one by its NAT gateway", tcp("10.0.1.5", "203.0.113.1", 443), undefined],
  ["an address of the VPC that nobody has is nobody's", tcp("203.0.113.1", "10.0.0.77", 80), { kind: "nobody", address: "10.0.0.77" }],
  ["a peering leads to the other VPC, whose groups may name ours", tcp("10.0.0.5", "10.1.0.5", 80), undefined],
  ["without a route to it there is no way", tcp("10.0.1.5", "10.1.0.5", 443), { kind: "no-way", why: "nat-without-way" }],
  ["a load balancer without groups lets everything through", tcp("203.0.113.1", "10.0.0.9", 9), undefined],
])("%s", (_sentence, packet, by) => {
  expect(connectionVerdict(WORLD, packet)).toMatchObject(by ? { kind: "stopped", by } : { kind: "passes" });
});

test("ICMP goes by type and code", () => {
  const icmp = (type: number): WorldPacket => ({ from: "203.0.113.1", to: "10.0.0.5", protocol: ICMP, icmp: { type, code: 0 } });
  expect(connectionVerdict(WORLD, icmp(8)).kind).toBe("passes");
  expect(connectionVerdict(WORLD, icmp(13)).kind).toBe("stopped");
});

test("an ACL knows no connections: what answers needs an entry of its own, and the lowest number decides", () => {
  const ingress = [
    { number: 90, allows: false, protocol: TCP, ports: { from: 5432, to: 5432 }, block: "10.0.0.6/32" },
    { number: 100, allows: true, protocol: TCP, ports: { from: 5432, to: 5432 }, block: "10.0.0.0/24" },
  ] as const;
  const withAcl = (egress: NetworkWorld["acls"][number]["egress"]): NetworkWorld => ({
    ...WORLD,
    subnets: WORLD.subnets.map((subnet) => (subnet.id === "private" ? { ...subnet, aclId: "own" } : subnet)),
    acls: [...WORLD.acls, { id: "own", ingress, egress }],
  });
  const answers = { number: 1, allows: true, protocol: TCP, ports: { from: 1024, to: 65535 }, block: "10.0.0.0/24" };
  const acl = { kind: "stopped", by: { kind: "acl", subnetId: "private", aclId: "own" } };
  expect(connectionVerdict(withAcl([answers]), tcp("10.0.0.5", "10.0.1.5", 5432))).toEqual({ kind: "passes" });
  expect(connectionVerdict(withAcl([]), tcp("10.0.0.5", "10.0.1.5", 5432))).toMatchObject({ ...acl, by: { egress: true } });
  expect(connectionVerdict(withAcl([answers]), tcp("10.0.0.6", "10.0.1.5", 5432))).toMatchObject({
    ...acl,
    by: { egress: false, entry: 90 },
  });
  const within = { ...tcp("10.0.1.5", "10.0.1.6", 443) };
  const beside = { ...WORLD.interfaces[2]!, id: "eni-db2", address: "10.0.1.6", groups: ["web"] };
  const world = withAcl([]);
  expect(verdictOn({ ...world, interfaces: [...world.interfaces, beside] }, { ...within, port: 443 })).toMatchObject({
    by: { kind: "groups" },
  });
});

test("a connection from everybody to who may answer everybody is not tracked, and goes by the rules of today; a tracked one outlives them", () => {
  const opening = tcp("203.0.113.1", "10.0.0.5", 80);
  expect(trackingOf(WORLD, opening)).toEqual({ originator: true, responder: false });
  expect(trackingOf(WORLD, tcp("10.0.0.5", "10.0.1.5", 5432))).toEqual({ originator: true, responder: true });
  const closed = { ...WORLD, groups: WORLD.groups.map((group) => ({ ...group, ingress: [] })) };
  const later = (packet: WorldPacket): WorldPacket => ({
    ...packet,
    connection: { direction: "original", tracked: trackingOf(WORLD, packet) },
  });
  expect(verdictOn(closed, later(opening)).kind).toBe("stopped");
  expect(verdictOn(closed, later(tcp("10.0.0.5", "10.0.1.5", 5432))).kind).toBe("passes");
});

test.each([
  ["a gateway that is gone", { internetGateways: [] }, "blackhole"],
  ["a route that is gone", { routeTables: [] }, "no-route"],
])("%s leaves no way out", (_sentence, change, why) => {
  expect(verdictOn({ ...WORLD, ...change }, tcp("10.0.0.5", "203.0.113.1", 443))).toMatchObject({ by: { kind: "no-way", why } });
});

test("what goes by a NAT gateway passes the ACL of the gateway's subnet, in and out, and so does what comes back", () => {
  const entry = (block: string, from: number, to = from) =>
    ({ number: 1, allows: true, protocol: TCP, ports: { from, to }, block }) as const;
  const nat = WORLD.natGateways[0]!;
  const withAcl = (ingress: NetworkWorld["acls"][number]["ingress"], egress: NetworkWorld["acls"][number]["egress"]): NetworkWorld => ({
    ...WORLD,
    subnets: WORLD.subnets.map((subnet) => (subnet.id === nat.subnetId ? { ...subnet, aclId: "own" } : subnet)),
    acls: [...WORLD.acls, { id: "own", ingress, egress }],
  });
  const [there, back] = [tcp("10.0.1.5", "203.0.113.1", 443), [1024, 65535] as const];
  const whole = [
    [entry("10.0.1.0/24", 443), { ...entry(ANY, ...back), number: 2 }],
    [entry(ANY, 443), { ...entry("10.0.1.0/24", ...back), number: 2 }],
  ] as const;
  expect(connectionVerdict(withAcl(...whole), there)).toEqual({ kind: "passes" });
  const stopped = (egress: boolean) => ({ kind: "stopped", by: { kind: "acl", subnetId: nat.subnetId, aclId: "own", egress } });
  const without = (side: 0 | 1, at: number) =>
    withAcl(
      ...(whole.map((entries, one) => (one === side ? entries.filter((_, index) => index !== at) : entries)) as unknown as Parameters<
        typeof withAcl
      >),
    );
  expect(connectionVerdict(without(0, 0), there)).toEqual(stopped(false));
  expect(connectionVerdict(without(1, 0), there)).toEqual(stopped(true));
  // The answer.
  expect(connectionVerdict(without(0, 1), there)).toEqual(stopped(false));
  expect(connectionVerdict(without(1, 1), there)).toEqual(stopped(true));
  // What somebody outside opens does not come by it.
  expect(verdictOn(withAcl([], []), tcp("203.0.113.1", "10.0.1.5", 443))).not.toMatchObject({ by: { aclId: "own" } });
});
