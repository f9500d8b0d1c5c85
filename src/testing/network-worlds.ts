import * as fc from "fast-check";
import {
  HOST_ADDRESS,
  ICMP,
  TCP,
  UDP,
  type NetworkWorld,
  type WorldAclEntry,
  type WorldInterface,
  type WorldPacket,
  type WorldRule,
  type WorldTraffic,
} from "../domain/network-world.ts";

/** Small worlds in which much overlaps, so that what rules say of each other's packets matters. */
const OUTSIDE = ["203.0.113.1", "198.51.100.7"];
const BLOCKS = [
  "0.0.0.0/0",
  "0.0.0.0/0",
  "10.0.0.0/8",
  "10.0.0.0/16",
  "10.1.0.0/16",
  "10.0.0.0/24",
  "10.0.1.4/32",
  "203.0.113.0/24",
  "127.0.0.0/8",
  "128.0.0.0/1",
];
const PORTS = [22, 80, 81, 443, 49152];
const VPCS = ["vpc-1", "vpc-2"];
const GROUPS = ["sg-a", "sg-b", "sg-c", "sg-d"];
const LISTS = ["pl-1", "pl-2"];

const ports = fc
  .tuple(fc.constantFrom(...PORTS, 0), fc.constantFrom(...PORTS, 65535))
  .map(([one, other]) => ({ from: Math.min(one, other), to: Math.max(one, other) }));

const traffic: fc.Arbitrary<WorldTraffic> = fc.oneof(
  fc.constant({ protocol: "all" } as const),
  fc.record({ protocol: fc.constantFrom(TCP, UDP), ports }),
  fc.record({ protocol: fc.constantFrom(TCP, UDP), ports: fc.constant({ from: 0, to: 65535 }) }),
  fc.record({ protocol: fc.constantFrom(TCP, UDP, ICMP, 47) }),
  fc.record({
    protocol: fc.constant(ICMP),
    icmp: fc.record({ type: fc.constantFrom(0, 8), code: fc.constantFrom<number | "all">("all", 0, 1) }),
  }),
);

const rules: fc.Arbitrary<readonly WorldRule[]> = fc.array(
  fc
    .tuple(
      traffic,
      fc.oneof(
        fc.record({ kind: fc.constant("cidr" as const), block: fc.constantFrom(...BLOCKS) }),
        fc.record({ kind: fc.constant("group" as const), groupId: fc.constantFrom(...GROUPS) }),
        fc.record({ kind: fc.constant("prefix-list" as const), prefixListId: fc.constantFrom(...LISTS) }),
      ),
      fc.nat(),
    )
    .map(([one, peer, id]) => ({ ...one, peer, id: `sgr-${id}` })),
  { maxLength: 5 },
);

const entries: fc.Arbitrary<readonly WorldAclEntry[]> = fc.oneof(
  fc.constant([{ number: 100, allows: true, protocol: "all", block: "0.0.0.0/0" } as const]),
  fc.uniqueArray(
    fc
      .tuple(traffic, fc.integer({ min: 1, max: 9 }), fc.boolean(), fc.constantFrom(...BLOCKS))
      .map(([one, number, allows, block]) => ({ ...one, number, allows, block })),
    { maxLength: 4, selector: ({ number }) => number },
  ),
);

const target = fc.constantFrom(
  { kind: "internet-gateway" as const, id: "igw-1" },
  { kind: "internet-gateway" as const, id: "igw-2" },
  { kind: "nat-gateway" as const, id: "nat-1" },
  { kind: "vpc-peering-connection" as const, id: "pcx-1" },
  { kind: "vpc-endpoint" as const, id: "vpce-1" },
  { kind: "network-interface" as const, id: "eni-1" },
);

const routes = fc.uniqueArray(fc.record({ destination: fc.constantFrom(...new Set(BLOCKS), ...LISTS), target }), {
  maxLength: 4,
  selector: ({ destination }) => destination,
});

export const KINDS: readonly WorldInterface["kind"][] = ["task", "task", "task", "load-balancer", "network-load-balancer", "vpc-endpoint"];

const interfaceAt = (at: number) =>
  fc
    .record({
      vpc: fc.constantFrom(0, 0, 1),
      subnet: fc.constantFrom(0, 1),
      groups: fc.option(fc.uniqueArray(fc.constantFrom(...GROUPS), { minLength: 1, maxLength: 2 }), { nil: undefined, freq: 9 }),
      kind: fc.constantFrom(...KINDS),
      isPublic: fc.boolean(),
    })
    .map(({ vpc, subnet, groups, kind, isPublic }): WorldInterface => ({
      id: `eni-${at}`,
      vpcId: VPCS[vpc] ?? "",
      subnetId: `subnet-${vpc}${subnet}`,
      address: `10.${vpc}.${subnet}.${4 + at}`,
      kind,
      ...(groups && { groups }),
      ...(isPublic && { publicAddress: `198.51.100.${100 + at}` }),
    }));

export const networkWorlds: fc.Arbitrary<NetworkWorld> = fc
  .record({
    interfaces: fc.integer({ min: 2, max: 5 }).chain((count) => fc.tuple(...Array.from({ length: count }, (_, at) => interfaceAt(at)))),
    groups: fc.tuple(
      ...GROUPS.map((id, at) => fc.record({ id: fc.constant(id), vpcId: fc.constant(VPCS[at % 2] ?? ""), ingress: rules, egress: rules })),
    ),
    acls: fc.tuple(...["acl-1", "acl-2"].map((id) => fc.record({ id: fc.constant(id), ingress: entries, egress: entries }))),
    routeTables: fc.tuple(
      ...["rtb-0", "rtb-1", "rtb-2"].map((id, at) => fc.record({ id: fc.constant(id), vpcId: fc.constant(VPCS[at % 2] ?? ""), routes })),
    ),
    acl: fc.tuple(...["00", "01", "10", "11"].map(() => fc.constantFrom("acl-1", "acl-1", "acl-2"))),
    tables: fc.tuple(...["00", "01", "10", "11"].map((_, at) => (at < 2 ? fc.constantFrom("rtb-0", "rtb-2") : fc.constant("rtb-1")))),
    attached: fc.constantFrom<string | undefined>("vpc-1", "vpc-1", "vpc-2", undefined),
    nat: fc.record({ isPublic: fc.boolean(), isAvailable: fc.boolean() }),
    isPeered: fc.boolean(),
    lists: fc.tuple(
      ...LISTS.map((id) =>
        fc.record({
          id: fc.constant(id),
          blocks: fc.uniqueArray(fc.constantFrom("10.0.0.5/32", "203.0.113.0/24", "10.0.1.0/24"), { maxLength: 2 }),
        }),
      ),
    ),
  })
  .map(({ interfaces, groups, acls, routeTables, acl, tables, attached, nat, isPeered, lists }) => ({
    vpcs: VPCS.map((id, at) => ({ id, blocks: [`10.${at}.0.0/16`] })),
    subnets: ["00", "01", "10", "11"].map((id, at) => ({
      id: `subnet-${id}`,
      vpcId: VPCS[Number(id[0])] ?? "",
      block: `10.${id[0]}.${id[1]}.0/24`,
      aclId: acl[at] ?? "",
      routeTableId: tables[at] ?? "",
    })),
    interfaces,
    groups,
    acls,
    routeTables,
    internetGateways: [
      { id: "igw-1", ...(attached !== undefined && { vpcId: attached }) },
      { id: "igw-2", vpcId: "vpc-2" },
    ],
    natGateways: [{ id: "nat-1", subnetId: "subnet-01", ...nat }],
    peerings: isPeered ? [{ id: "pcx-1", vpcIds: ["vpc-1", "vpc-2"] }] : [],
    prefixLists: lists,
  }));

/** Packets between what is in a world, this host, and the internet; also to addresses that nobody has. */
export function packetsIn(world: NetworkWorld): fc.Arbitrary<WorldPacket> {
  const own = world.interfaces.map(({ address }) => address);
  const connection = fc.option(
    fc.record({
      direction: fc.constantFrom("original" as const, "reply" as const),
      tracked: fc.record({ originator: fc.boolean(), responder: fc.boolean() }),
    }),
    { nil: undefined },
  );
  const what = fc.oneof(
    fc.record({ protocol: fc.constantFrom(TCP, UDP), port: fc.constantFrom(...PORTS) }),
    fc.record({ protocol: fc.constant(ICMP), icmp: fc.record({ type: fc.constantFrom(0, 8, 3), code: fc.constantFrom(0, 1) }) }),
    fc.record({ protocol: fc.constantFrom(47, 50) }),
  );
  return fc
    .record({
      from: fc.constantFrom(...own, ...own, ...OUTSIDE, HOST_ADDRESS),
      to: fc.constantFrom(...own, ...own, ...OUTSIDE, HOST_ADDRESS, "10.0.0.200", "10.1.0.200"),
      what,
      connection,
    })
    .filter(({ from, to, connection: of }) => {
      if (from === to || !(own.includes(from) || own.includes(to))) return false;
      // This host's own programs are clients only.
      if (to === HOST_ADDRESS) return of?.direction === "reply";
      return from !== HOST_ADDRESS || of?.direction !== "reply";
    })
    .map(({ from, to, what: traffic_, connection: of }) => ({ from, to, ...traffic_, ...(of && { connection: of }) }));
}
