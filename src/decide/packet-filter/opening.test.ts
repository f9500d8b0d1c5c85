import { expect, test } from "vitest";
import { TCP, type WorldAcl, type WorldAclEntry, type WorldInterface, type WorldRule } from "../../domain/network-world.ts";
import { ORIGINATOR_UNTRACKED } from "../../domain/packet-filter.ts";
import { filtered, type FilteredPacket } from "../../testing/filter-evaluator.ts";
import { FilterCompiler } from "./compiler.ts";

const [CLIENT, SERVER, BALANCER, ELSEWHERE] = ["10.0.0.4", "10.0.1.5", "10.0.2.6", "10.9.3.7"];
const OPEN: WorldAclEntry = { number: 100, allows: true, protocol: "all", block: "0.0.0.0/0" };
const SHUT: WorldAclEntry = { ...OPEN, allows: false };
const within: WorldRule = { id: "sgr-1", protocol: TCP, ports: { from: 80, to: 80 }, peer: { kind: "cidr", block: "10.0.0.0/8" } };
const everywhere: WorldRule = { id: "sgr-2", protocol: "all", peer: { kind: "cidr", block: "0.0.0.0/0" } };

interface Told {
  readonly kind?: WorldInterface["kind"];
  /** Of all groups. */
  readonly ingress?: readonly WorldRule[];
  /** Of the subnet that an address is in. */
  readonly acl?: { readonly of: string } & Partial<WorldAcl>;
}

/** Two tasks and a load balancer, each in a subnet of its own, with two groups; and a task in another VPC, which is not peered. */
function world({ kind = "load-balancer", ingress = [within], acl }: Told = {}) {
  const compiler = new FilterCompiler();
  for (const [at, block] of ["10.0.0.0/16", "10.9.0.0/16"].entries()) {
    compiler.tell("vpcs", { id: `vpc-${at}`, blocks: [block] });
    compiler.tell("networks", { id: `vpc-${at}`, bridge: `br-${at}`, block });
    for (const id of ["sg-1", "sg-2"]) compiler.tell("groups", { id: `${id}${at}`, vpcId: `vpc-${at}`, ingress, egress: [everywhere] });
  }
  for (const [address, sort] of [
    [CLIENT, "task"],
    [SERVER, "task"],
    [BALANCER, kind],
    [ELSEWHERE, "task"],
  ] as const) {
    const at = address === ELSEWHERE ? 1 : 0;
    const block = address.replace(/\d+$/, "0/24");
    const { of, ...entries } = acl ?? { of: "" };
    compiler.tell("acls", { id: `acl-${address}`, ingress: [OPEN], egress: [OPEN], ...(of === address && entries) });
    compiler.tell("subnets", { id: `subnet-${address}`, vpcId: `vpc-${at}`, block, aclId: `acl-${address}`, routeTableId: `rtb-${at}` });
    const place = { vpcId: `vpc-${at}`, subnetId: `subnet-${address}`, groups: [`sg-1${at}`, `sg-2${at}`] };
    compiler.tell("interfaces", { id: `eni-${address}`, address, kind: sort, ...place });
  }
  compiler.change();
  const contents = () => compiler.contents();
  const send = (given: Partial<FilteredPacket>) =>
    filtered(contents(), {
      ...{ hook: "forward", source: CLIENT, destination: SERVER, protocol: TCP, port: 80, sourcePort: 40000 },
      ...{ state: "new", direction: "original", marks: 0, ...given },
    });
  return { compiler, contents, send, passes: (given: Partial<FilteredPacket>) => send(given).passes };
}

const BETWEEN_TASKS = { hook: "forward", incoming: "br-0", outgoing: "br-0", source: CLIENT, destination: SERVER } as const;
const TO_BALANCER = { hook: "input", incoming: "br-0", source: CLIENT, destination: BALANCER } as const;
const FROM_BALANCER = { hook: "output", outgoing: "br-0", source: BALANCER, destination: SERVER } as const;

test.each<[what: string, way: Partial<FilteredPacket>]>([
  ["from task to task", BETWEEN_TASKS],
  ["from a task to a load balancer", TO_BALANCER],
  ["from a load balancer to a task", FROM_BALANCER],
])("%s, what opens a connection costs few looks into sets, and what follows two", (_what, way) => {
  const { send, passes } = world();
  const opening = send(way);
  expect(opening.passes).toBe(true);
  expect(opening.looks).toBeLessThanOrEqual(13);
  expect(send({ ...way, state: "established" })).toMatchObject({ passes: true, looks: 2 });
  // It is the rules that let it in.
  expect(passes({ ...way, port: 81 })).toBe(false);
});

test.each<[what: string, acl: NonNullable<Told["acl"]>, way: Partial<FilteredPacket>]>([
  ["a sending task's", { of: CLIENT, egress: [SHUT] }, BETWEEN_TASKS],
  ["a receiving task's", { of: SERVER, ingress: [SHUT] }, BETWEEN_TASKS],
  ["a task's that calls a load balancer", { of: CLIENT, egress: [SHUT] }, TO_BALANCER],
  ["a called load balancer's", { of: BALANCER, ingress: [SHUT] }, TO_BALANCER],
  ["a load balancer's that calls a target", { of: BALANCER, egress: [SHUT] }, FROM_BALANCER],
  ["a target's", { of: SERVER, ingress: [SHUT] }, FROM_BALANCER],
])("%s ACL is asked about what opens a connection, and about what follows", (_what, acl, way) => {
  const { passes } = world({ acl });
  expect([passes(way), passes({ ...way, state: "established" })]).toEqual([false, false]);
});

test("what may go everywhere and be answered from everywhere is not tracked by who opens it, and what may not be answered so is", () => {
  const marks = (told: Told) => world(told).send(BETWEEN_TASKS).marks & ORIGINATOR_UNTRACKED;
  expect([marks({ ingress: [everywhere] }), marks({})]).toEqual([ORIGINATOR_UNTRACKED, 0]);
});

test("there is no way into another VPC, from a task or from a load balancer", () => {
  const { passes } = world();
  const there = { destination: ELSEWHERE, outgoing: "br-1" };
  expect([passes({ ...BETWEEN_TASKS, ...there }), passes({ ...FROM_BALANCER, ...there })]).toEqual([false, false]);
});

test("nobody beyond a bridge opens a connection as a load balancer, or as nobody", () => {
  const { passes } = world();
  expect([BALANCER, "10.0.0.99"].map((source) => passes({ ...BETWEEN_TASKS, source }))).toEqual([false, false]);
});

test("what arrives or departs is looked at before addresses are translated only where there is a Network Load Balancer", () => {
  const hooks = ({ contents }: ReturnType<typeof world>): number =>
    new Set([...contents().chains.values()].flatMap(({ hook }) => (hook === undefined ? [] : [hook.at]))).size;
  expect(hooks(world())).toBe(3);
  const balanced = world({ kind: "network-load-balancer" });
  expect(hooks(balanced)).toBe(5);
  balanced.compiler.forget("interfaces", `eni-${BALANCER}`);
  balanced.compiler.change();
  expect(hooks(balanced)).toBe(3);
});
