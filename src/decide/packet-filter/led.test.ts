import { describe, expect, test } from "vitest";
import { TCP, type WorldGroup, type WorldPeer, type WorldRule } from "../../domain/network-world.ts";
import { filtered, type FilteredPacket } from "../../testing/filter-evaluator.ts";
import { FilterCompiler } from "./compiler.ts";

const [CLIENT, TARGET, BALANCER] = ["10.0.0.5", "10.0.1.6", "10.0.0.9"] as const;
const OPEN = [{ number: 100, allows: true, block: "0.0.0.0/0", protocol: "all" as const }];
const from = (peer: WorldPeer, port: number): WorldRule => ({ id: "sgr-1", protocol: TCP, ports: { from: port, to: port }, peer });
const block = (text: string): WorldPeer => ({ kind: "cidr", block: text });
const group = (groupId: string): WorldPeer => ({ kind: "group", groupId });

type Rules = Readonly<Record<"client" | "front" | "target", Pick<WorldGroup, "ingress" | "egress">>>;

/** A client calls port 80 of a Network Load Balancer, and the kernel leads it to port 8080 of a target, which sees who it is. */
const USUAL: Rules = {
  client: { ingress: [], egress: [from(group("front"), 80)] },
  front: { ingress: [from(group("client"), 80)], egress: [from(group("target"), 8080)] },
  target: { ingress: [from(group("front"), 8080)], egress: [] },
};

function world(
  rules: Partial<Rules> = {},
  acl: { readonly ingress: typeof OPEN; readonly egress: typeof OPEN } = { ingress: OPEN, egress: OPEN },
  more: (compiler: FilterCompiler) => void = () => undefined,
) {
  const compiler = new FilterCompiler();
  compiler.tell("vpcs", { id: "vpc-1", blocks: ["10.0.0.0/16"] });
  compiler.tell("networks", { id: "vpc-1", bridge: "br-1", block: "10.0.0.0/16" });
  compiler.tell("acls", { id: "acl-1", ingress: OPEN, egress: OPEN });
  compiler.tell("acls", { id: "acl-2", ...acl });
  for (const at of [0, 1])
    compiler.tell("subnets", {
      id: `subnet-${at}`,
      vpcId: "vpc-1",
      block: `10.0.${at}.0/24`,
      aclId: `acl-${at === 0 ? 2 : 1}`,
      routeTableId: "rtb-1",
    });
  compiler.tell("routeTables", { id: "rtb-1", vpcId: "vpc-1", routes: [] });
  for (const [id, own] of Object.entries({ ...USUAL, ...rules })) compiler.tell("groups", { id, vpcId: "vpc-1", ...own });
  const put = (id: string, address: string, kind: "task" | "network-load-balancer"): void =>
    compiler.tell("interfaces", { id, address, kind, vpcId: "vpc-1", subnetId: `subnet-${address[5]}`, groups: [id] });
  put("client", CLIENT, "task");
  put("target", TARGET, "task");
  put("front", BALANCER, "network-load-balancer");
  more(compiler);
  compiler.change();
  const contents = compiler.contents();
  const passes = (given: Partial<FilteredPacket>): boolean =>
    filtered(contents, {
      ...{ source: CLIENT, protocol: TCP, sourcePort: 40000, incoming: "br-1", state: "new", direction: "original", marks: 0 },
      ...{ hook: "forward", destination: TARGET, port: 8080, outgoing: "br-1" },
      ...given,
    } as FilteredPacket).passes;
  const arriving = { hook: "arriving", destination: BALANCER, port: 80 } as const;
  const back = { source: TARGET, destination: CLIENT, sourcePort: 8080, port: 40000, direction: "reply", state: "established" } as const;
  return {
    passes,
    arrives: (given: Partial<FilteredPacket> = {}) => passes({ ...arriving, ...given }),
    isLed: (given: Partial<FilteredPacket> = {}) => passes({ called: BALANCER, ...given }),
    isAnswered: (given: Partial<FilteredPacket> = {}) => passes({ called: BALANCER, ...back, ...given }),
  };
}

test("a client's groups are asked about the load balancer, the load balancer's about both, and a target's may name the load balancer's", () => {
  const at = world();
  expect([at.arrives(), at.isLed(), at.isAnswered()]).toEqual([true, true, true]);
  // Who comes by itself is not the load balancer's.
  expect(world({ client: { ingress: [], egress: [from(group("target"), 8080)] } }).passes({})).toBe(false);
  expect(at.arrives({ port: 81 })).toBe(false);
});

test.each<[what: string, rules: Partial<Rules>, arrives: boolean, isLed: boolean]>([
  [
    "the client's groups do not let it out to the load balancer",
    { client: { ingress: [], egress: [from(group("target"), 8080)] } },
    false,
    true,
  ],
  [
    "the load balancer's groups do not let the client in",
    { front: { ...USUAL.front, ingress: [from(block("10.0.1.0/24"), 80)] } },
    false,
    true,
  ],
  ["the load balancer's groups do not let it out to the target", { front: { ...USUAL.front, egress: [] } }, true, false],
  ["the target's groups let nobody in", { target: { ingress: [], egress: [] } }, true, false],
  ["the target's groups let the client in", { target: { ingress: [from(block(`${CLIENT}/32`), 8080)], egress: [] } }, true, true],
  ["the target's groups name the client's", { target: { ingress: [from(group("client"), 8080)], egress: [] } }, true, true],
])("where %s", (_what, rules, arrives, isLed) => {
  const at = world(rules);
  expect([at.arrives(), at.isLed()]).toEqual([arrives, isLed]);
});

test("what is under way outlives the load balancer's rules, and its subnet's ACL is asked all the same", () => {
  const established = { state: "established" } as const;
  const shut = world({ front: { ingress: [], egress: [] } });
  expect([shut.arrives(established), shut.isLed(established)]).toEqual([true, true]);
  const [other] = OPEN;
  const barred = world({}, { ingress: OPEN, egress: [{ ...other!, allows: false }] });
  expect([barred.isLed(established), barred.isAnswered()]).toEqual([false, true]);
  const unanswered = world({}, { ingress: [{ ...other!, allows: false }], egress: OPEN });
  expect([unanswered.isLed(established), unanswered.isAnswered()]).toEqual([true, false]);
});

describe("a client in a peered VPC", () => {
  const PEER = "10.9.0.5";
  const route = { destination: "10.9.0.0/16", target: { kind: "vpc-peering-connection", id: "pcx-1" } } as const;
  const peered = (routes: readonly (typeof route)[]) => {
    const at = world({ front: { ...USUAL.front, ingress: [from(block("10.9.0.0/16"), 80)] } }, undefined, (compiler) => {
      compiler.tell("vpcs", { id: "vpc-2", blocks: ["10.9.0.0/16"] });
      compiler.tell("networks", { id: "vpc-2", bridge: "br-2", block: "10.9.0.0/16" });
      compiler.tell("peerings", { id: "pcx-1", vpcIds: ["vpc-1", "vpc-2"] });
      compiler.tell("routeTables", { id: "rtb-1", vpcId: "vpc-1", routes });
      compiler.tell("routeTables", {
        id: "rtb-2",
        vpcId: "vpc-2",
        routes: [{ destination: "10.0.0.0/16", target: route.target }],
      });
      compiler.tell("subnets", { id: "subnet-9", vpcId: "vpc-2", block: "10.9.0.0/24", aclId: "acl-1", routeTableId: "rtb-2" });
      compiler.tell("groups", { id: "peer", vpcId: "vpc-2", ingress: [], egress: [from(block("10.0.0.0/16"), 80)] });
      compiler.tell("interfaces", { id: "peer", address: PEER, kind: "task", vpcId: "vpc-2", subnetId: "subnet-9", groups: ["peer"] });
    });
    const client = { source: PEER, incoming: "br-2" } as const;
    return [at.arrives(client), at.isLed(client), at.isAnswered({ destination: PEER, outgoing: "br-2" })];
  };

  test("is led to the target, which answers", () => {
    expect(peered([route])).toEqual([true, true, true]);
  });

  test("hears nothing where no route of the load balancer's leads back", () => {
    expect(peered([])).toEqual([true, true, false]);
  });
});

test("this host's own programs are asked about as 127.0.0.1, at the load balancer's address as elsewhere", () => {
  const own = { hook: "departing", source: BALANCER, destination: BALANCER, port: 80, incoming: "", outgoing: "lo" } as const;
  expect(world().passes(own)).toBe(false);
  expect(world({ front: { ...USUAL.front, ingress: [from(block("127.0.0.0/8"), 80)] } }).passes(own)).toBe(true);
});

test("nothing else that arrives is looked at before it is translated", () => {
  const at = world();
  expect(at.arrives({ destination: TARGET })).toBe(true);
  expect(at.arrives({ source: "10.0.0.77" })).toBe(false);
  expect(at.arrives({ source: TARGET, direction: "reply", state: "established" })).toBe(true);
});
