import { describe, expect, test } from "vitest";
import { TCP, type NetworkWorld, type WorldRule } from "../../domain/network-world.ts";
import { pathOf, type Hop } from "./path.ts";
import { pathToService, type SeenService } from "./service-path.ts";
import { obstacleText, remedyText } from "./words.ts";

const ANY = "0.0.0.0/0";
const https = (block: string, id = "sgr-1"): WorldRule => ({
  id,
  protocol: TCP,
  ports: { from: 443, to: 443 },
  peer: { kind: "cidr", block },
});
const open = [{ number: 100, allows: true, protocol: "all", block: ANY }] as const;

/** Two zones with a public and a private subnet each would say nothing more than one: a private subnet, a public one with a NAT gateway, and an endpoint beside the task. */
const WORLD: NetworkWorld = {
  vpcs: [{ id: "vpc-1", blocks: ["10.0.0.0/16"] }],
  subnets: [
    { id: "private", vpcId: "vpc-1", block: "10.0.1.0/24", aclId: "acl-private", routeTableId: "rtb-private" },
    { id: "public", vpcId: "vpc-1", block: "10.0.0.0/24", aclId: "acl-public", routeTableId: "rtb-public" },
    { id: "endpoints", vpcId: "vpc-1", block: "10.0.2.0/24", aclId: "acl-public", routeTableId: "rtb-private" },
  ],
  interfaces: [
    { id: "eni-task", vpcId: "vpc-1", subnetId: "private", address: "10.0.1.5", groups: ["sg-task"], kind: "task" },
    { id: "eni-public", vpcId: "vpc-1", subnetId: "public", address: "10.0.0.5", groups: ["sg-task"], kind: "task" },
    { id: "eni-vpce", vpcId: "vpc-1", subnetId: "endpoints", address: "10.0.2.9", groups: ["sg-vpce"], kind: "vpc-endpoint" },
  ],
  groups: [
    { id: "sg-task", vpcId: "vpc-1", ingress: [], egress: [https(ANY)] },
    { id: "sg-vpce", vpcId: "vpc-1", ingress: [https("10.0.0.0/16", "sgr-2")], egress: [] },
  ],
  acls: [
    { id: "acl-private", ingress: open, egress: open },
    { id: "acl-public", ingress: open, egress: open },
  ],
  routeTables: [
    { id: "rtb-private", vpcId: "vpc-1", routes: [{ destination: "pl-s3", target: { kind: "vpc-endpoint", id: "vpce-s3" } }] },
    { id: "rtb-public", vpcId: "vpc-1", routes: [{ destination: ANY, target: { kind: "internet-gateway", id: "igw-1" } }] },
  ],
  internetGateways: [{ id: "igw-1", vpcId: "vpc-1" }],
  natGateways: [{ id: "nat-1", subnetId: "public", isPublic: true, isAvailable: true }],
  peerings: [],
  prefixLists: [{ id: "pl-s3", blocks: ["52.216.0.0/15"] }],
};

const withRoute = (destination: string, kind: "nat-gateway" | "internet-gateway", id: string): NetworkWorld => ({
  ...WORLD,
  routeTables: WORLD.routeTables.map((table) =>
    table.id === "rtb-private" ? { ...table, routes: [{ destination, target: { kind, id } }] } : table,
  ),
});

const task = WORLD.interfaces[0]!;
const shown = (hops: readonly Hop[]): readonly string[] =>
  hops.map(({ component, route }) => [component.id, route].filter(Boolean).join(" "));
const to = (world: NetworkWorld, address: string, port = 443) => pathOf(world, { from: task.address, to: address, protocol: TCP, port });

describe("a way is told hop by hop", () => {
  test("to an endpoint in another subnet: groups and ACLs of both ends, the local route", () => {
    const { hops, explanation } = to(WORLD, "10.0.2.9");
    expect(explanation).toBeUndefined();
    expect(shown(hops)).toEqual(["eni-task", "sg-task", "acl-private", "rtb-private local", "acl-public", "sg-vpce", "eni-vpce"]);
    expect(hops[1]).toMatchObject({ direction: "egress", rule: { id: "sgr-1" } });
    expect(hops[5]).toMatchObject({ direction: "ingress", rule: { id: "sgr-2" } });
    expect(hops[2]).toMatchObject({ entry: { number: 100 } });
  });

  test("to S3 by a gateway endpoint, and to the internet by a NAT gateway", () => {
    expect(shown(to(WORLD, "52.216.1.1").hops)).toEqual([
      "eni-task",
      "sg-task",
      "acl-private",
      "rtb-private pl-s3",
      "vpce-s3",
      "52.216.1.1",
    ]);
    const { hops, explanation } = to(withRoute(ANY, "nat-gateway", "nat-1"), "192.0.2.1");
    expect(explanation).toBeUndefined();
    expect(shown(hops)).toEqual(["eni-task", "sg-task", "acl-private", `rtb-private ${ANY}`, "nat-1", "192.0.2.1"]);
  });
});

test("before a gateway that does not take it, the route that leads there is told", () => {
  const { hops } = to(withRoute(ANY, "internet-gateway", "igw-1"), "192.0.2.1");
  expect(shown(hops)).toEqual(["eni-task", "sg-task", "acl-private", "rtb-private"]);
});

describe("where it is barred, the first thing in the way is named", () => {
  const closed = (id: string, direction: "ingress" | "egress", entries: NetworkWorld["acls"][number]["ingress"] = []): NetworkWorld => ({
    ...WORLD,
    acls: WORLD.acls.map((acl) => (acl.id === id ? { ...acl, [direction]: entries } : acl)),
  });
  const groups = (id: string, changes: Partial<NetworkWorld["groups"][number]>): NetworkWorld => ({
    ...WORLD,
    groups: WORLD.groups.map((group) => (group.id === id ? { ...group, ...changes } : group)),
  });
  const answersOnly = [
    { number: 90, allows: false, protocol: TCP, ports: { from: 1024, to: 65535 }, block: ANY },
    { number: 100, allows: true, protocol: "all", block: ANY },
  ] as const;

  test.each<[what: string, world: NetworkWorld, address: string, port: number, code: string, component: string, says: string]>([
    [
      "no route",
      WORLD,
      "192.0.2.1",
      443,
      "NO_ROUTE_TO_DESTINATION",
      "rtb-private",
      "the route table rtb-private of the subnet private has no route to 192.0.2.1",
    ],
    [
      "an internet gateway, and no public address",
      withRoute(ANY, "internet-gateway", "igw-1"),
      "192.0.2.1",
      443,
      "IGW_PUBLIC_IP_ASSOCIATION_FOR_EGRESS",
      "igw-1",
      "which carries only what has a public address, and eni-task has none",
    ],
    [
      "a gateway that is not there",
      withRoute(ANY, "nat-gateway", "nat-2"),
      "192.0.2.1",
      443,
      "BAD_STATE_ROUTE",
      "rtb-private",
      "is a blackhole: the NAT gateway nat-2 is not there",
    ],
    [
      "a NAT gateway whose own subnet has no way on",
      { ...withRoute(ANY, "nat-gateway", "nat-1"), internetGateways: [] },
      "192.0.2.1",
      443,
      "NO_ROUTE_TO_DESTINATION",
      "rtb-public",
      "the route table rtb-public, of the subnet of the NAT gateway nat-1, has no route on to 192.0.2.1",
    ],
    ["nobody", WORLD, "10.0.2.77", 443, "NO_POSSIBLE_DESTINATION", "vpc-1", "nobody has the address 10.0.2.77 in vpc-1"],
    [
      "the task's group",
      WORLD,
      "10.0.2.9",
      80,
      "ENI_SG_RULES_MISMATCH",
      "sg-task",
      "no outbound rule of the security group sg-task lets TCP 80 from 10.0.1.5 to 10.0.2.9 through",
    ],
    [
      "the endpoint's group",
      groups("sg-vpce", { ingress: [https("192.168.0.0/16")] }),
      "10.0.2.9",
      443,
      "ENI_SG_RULES_MISMATCH",
      "sg-vpce",
      "no inbound rule of the security group sg-vpce",
    ],
    [
      "a group without rules",
      groups("sg-vpce", { ingress: [] }),
      "10.0.2.9",
      443,
      "SG_HAS_NO_RULES",
      "sg-vpce",
      "the security group sg-vpce has no inbound rules",
    ],
    [
      "an ACL on the way out",
      closed("acl-private", "egress"),
      "10.0.2.9",
      443,
      "SUBNET_ACL_RESTRICTION",
      "acl-private",
      "the network ACL acl-private of the subnet private has no rule that allows outbound",
    ],
    [
      "an ACL that lets no answers back",
      closed("acl-private", "ingress", answersOnly),
      "10.0.2.9",
      443,
      "SUBNET_ACL_RESTRICTION",
      "acl-private",
      "denies by its rule 90 the answer, inbound",
    ],
  ])("%s", (_what, world, address, port, code, component, says) => {
    const { hops, explanation } = to(world, address, port);
    expect(explanation).toMatchObject({ code, component: { id: component } });
    expect(hops[0]?.component.id).toBe("eni-task");
    if (!explanation) return;
    expect(obstacleText(explanation)).toContain(says);
    expect(remedyText(explanation, "com.amazonaws.us-east-1.ecr.api")).toMatch(/^[a-z]/);
    // What is in the way is not behind it.
    const beyond = explanation.isAnswer ? [] : hops.filter((hop) => hop.component.id === "eni-vpce");
    expect(beyond).toEqual([]);
  });
});

describe("a service of AWS's", () => {
  const ecr: SeenService = {
    name: "ecr.api",
    host: "api.ecr.us-east-1.amazonaws.com",
    publicAddress: "52.95.1.1",
    endpointAddresses: ["10.0.2.9"],
  };

  test("is reached by the endpoint of the VPC, whatever routes there are", () => {
    expect(pathToService(WORLD, task, ecr)).toMatchObject({ to: "10.0.2.9" });
    expect(pathToService(WORLD, task, ecr).explanation).toBeUndefined();
  });

  test("is not reached by its public address where private DNS leads to an endpoint that is barred", () => {
    const barred = { ...withRoute(ANY, "nat-gateway", "nat-1"), groups: [WORLD.groups[0]!, { ...WORLD.groups[1]!, ingress: [] }] };
    expect(pathToService(barred, task, ecr).explanation).toMatchObject({ code: "SG_HAS_NO_RULES", component: { id: "sg-vpce" } });
    expect(pathToService(barred, task, { ...ecr, endpointAddresses: [] }).explanation).toBeUndefined();
  });

  test("is reached by any of several addresses", () => {
    expect(pathToService(WORLD, task, { ...ecr, endpointAddresses: ["10.0.2.77", "10.0.2.9"] })).toMatchObject({ to: "10.0.2.9" });
    expect(pathToService(WORLD, task, { ...ecr, endpointAddresses: ["10.0.2.77", "10.0.2.78"] })).toMatchObject({
      to: "10.0.2.77",
      explanation: { code: "NO_POSSIBLE_DESTINATION" },
    });
  });

  test("is found by no name where the VPC resolves none", () => {
    const { explanation } = pathToService(WORLD, task, ecr, false);
    expect(explanation).toMatchObject({ code: "UNKNOWN_DESTINATION", component: { id: "vpc-1" }, to: ecr.host });
    expect(explanation && remedyText(explanation)).toContain("enableDnsSupport of vpc-1");
  });

  test("with many public addresses is let out to by its prefix list, not by one of them", () => {
    const shut = { ...WORLD, groups: WORLD.groups.map((group) => ({ ...group, egress: [] })) };
    const s3 = { ...ecr, name: "s3", publicAddress: "52.216.0.9", endpointAddresses: [] };
    const { explanation } = pathToService(shut, task, s3);
    const remedy = explanation && remedyText(explanation, "com.amazonaws.us-east-1.s3");
    expect(remedy).toContain("authorize TCP 443 out to the prefix list com.amazonaws.us-east-1.s3");
    expect(remedy).not.toContain("52.216.0.9");
    expect(explanation && remedyText(explanation, "com.amazonaws.us-east-1.ecr.api")).toContain("52.216.0.9/32");
  });

  test("without any way, an endpoint or a way to the internet would mend it", () => {
    const { explanation } = pathToService(WORLD, task, { ...ecr, endpointAddresses: [] });
    expect(explanation && remedyText(explanation, "com.amazonaws.us-east-1.ecr.api")).toBe(
      "make a VPC endpoint of com.amazonaws.us-east-1.ecr.api that the subnet has a way to; or make a route in rtb-private to a NAT gateway, or to an attached internet gateway for what has a public address",
    );
  });
});
