import { expect, test } from "vitest";
import { TCP, UDP } from "../../domain/network-world.ts";
import { filtered, type FilteredPacket } from "../../testing/filter-evaluator.ts";
import { FilterCompiler } from "./compiler.ts";

/** A VPC with a network on this host, and two tasks whose groups let out everything and in nothing. */
function contents(resolvers: readonly string[] = []) {
  const compiler = new FilterCompiler();
  compiler.tell("vpcs", { id: "vpc-1", blocks: ["10.0.0.0/16"] });
  compiler.tell("networks", { id: "vpc-1", bridge: "br-1", block: "10.0.0.0/16" });
  const open = [{ number: 100, allows: true, block: "0.0.0.0/0", protocol: "all" as const }];
  compiler.tell("acls", { id: "acl-1", ingress: open, egress: open });
  compiler.tell("subnets", { id: "subnet-1", vpcId: "vpc-1", block: "10.0.0.0/24", aclId: "acl-1", routeTableId: "rtb-1" });
  const outside = { destination: "0.0.0.0/0", target: { kind: "internet-gateway" as const, id: "igw-1" } };
  compiler.tell("routeTables", { id: "rtb-1", vpcId: "vpc-1", routes: [outside] });
  compiler.tell("internetGateways", { id: "igw-1", vpcId: "vpc-1" });
  const everywhere = { id: "sgr-1", protocol: "all" as const, peer: { kind: "cidr" as const, block: "0.0.0.0/0" } };
  compiler.tell("groups", { id: "sg-1", vpcId: "vpc-1", ingress: [], egress: [everywhere] });
  for (const at of [5, 6]) {
    const where = { address: `10.0.0.${at}`, publicAddress: `203.0.113.${at}`, vpcId: "vpc-1", subnetId: "subnet-1" };
    compiler.tell("interfaces", { id: `eni-${at}`, ...where, kind: "task", groups: ["sg-1"] });
  }
  compiler.tell("doors", { id: "80" });
  for (const id of resolvers) compiler.tell("resolvers", { id });
  compiler.change();
  return compiler.contents();
}

const packet = (given: Partial<FilteredPacket>): FilteredPacket => ({
  ...{ hook: "input", source: "10.0.0.5", destination: "169.254.170.2", protocol: TCP, port: 80, sourcePort: 40000 },
  ...{ incoming: "br-1", state: "new", direction: "original", marks: 0 },
  ...given,
});

test("at this host's link-local address tasks reach what is there for them, and nothing else of the host", () => {
  const filter = contents();
  const passes = (given: Partial<FilteredPacket>) => filtered(filter, packet(given)).passes;
  expect(passes({})).toBe(true);
  expect(passes({ port: 5432 })).toBe(false);
  expect(passes({ protocol: UDP })).toBe(false);
  expect(passes({ protocol: UDP, port: 5432, incoming: "eth0" })).toBe(true);
});

test("this host is no part of the internet: tasks with a way out reach nothing at its other addresses, and answer what it opened", () => {
  const filter = contents(["203.0.113.53"]);
  const to = (destination: string, given: Partial<FilteredPacket> = {}) => filtered(filter, packet({ destination, ...given })).passes;
  // On another machine the same is reached.
  expect(to("192.0.2.2", { hook: "forward", outgoing: "eth0" })).toBe(true);
  expect(to("192.0.2.2")).toBe(false);
  expect(to("10.9.0.1")).toBe(false);
  expect(to("192.0.2.2", { state: "established", direction: "reply" })).toBe(true);
  // A name server may be one of its addresses.
  expect([to("203.0.113.53", { port: 53 }), to("203.0.113.53", { port: 80 })]).toEqual([true, false]);
  expect(to("192.0.2.2", { incoming: "eth0", source: "192.0.2.9" })).toBe(true);
});

test("nothing is sent to everybody on a network, and nothing over it to addresses that stand for names", () => {
  const filter = contents();
  for (const destination of ["255.255.255.255", "224.0.0.251"]) {
    const to = { destination, protocol: UDP, port: 5353 };
    expect(filtered(filter, packet({ ...to, hook: "forward", outgoing: "br-1" })).passes).toBe(false);
    expect(filtered(filter, packet(to)).passes).toBe(false);
    const { incoming: _, ...sent } = packet({ ...to, hook: "output", source: "10.0.0.1", outgoing: "br-1" });
    expect(filtered(filter, sent).passes).toBe(false);
  }
  expect(filtered(filter, packet({ destination: "241.1.2.3" })).passes).toBe(true);
  expect(filtered(filter, packet({ hook: "forward", destination: "241.1.2.3", outgoing: "br-1" })).passes).toBe(false);
});

test.each([
  ["the VPC's resolver", "10.0.0.2", true],
  ["the router, where it answers, too", "10.0.0.1", true],
  ["nobody's", "10.0.0.3", false],
])("names are asked for at %s whatever groups and ACLs say, and nothing else is", (_what, destination, answers) => {
  const compiler = new FilterCompiler();
  compiler.tell("vpcs", { id: "vpc-1", blocks: ["10.0.0.0/16"] });
  compiler.tell("networks", { id: "vpc-1", bridge: "br-1", block: "10.0.0.0/16" });
  compiler.tell("acls", { id: "acl-1", ingress: [], egress: [] });
  compiler.tell("subnets", { id: "subnet-1", vpcId: "vpc-1", block: "10.0.0.0/24", aclId: "acl-1", routeTableId: "rtb-1" });
  compiler.tell("groups", { id: "sg-1", vpcId: "vpc-1", ingress: [], egress: [] });
  const own = { address: "10.0.0.5", vpcId: "vpc-1", subnetId: "subnet-1", groups: ["sg-1"] };
  compiler.tell("interfaces", { id: "eni-1", ...own, kind: "task" });
  compiler.change();
  const filter = compiler.contents();
  for (const protocol of [TCP, UDP]) {
    expect(filtered(filter, packet({ destination, protocol, port: 53 })).passes).toBe(answers);
    if (!answers) continue;
    const { incoming: _, ...answer } = packet({
      hook: "output",
      source: destination,
      destination: "10.0.0.5",
      protocol,
      port: 40000,
      sourcePort: 53,
    });
    expect(filtered(filter, { ...answer, outgoing: "br-1", state: "established", direction: "reply" }).passes).toBe(true);
  }
  expect(filtered(filter, packet({ destination, port: 5432 })).passes).toBe(false);
});
