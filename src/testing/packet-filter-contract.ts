import { expect, test } from "vitest";
import { FilterCompiler } from "../decide/packet-filter/compiler.ts";
import { ICMP, TCP, type WorldGroup, type WorldInterface } from "../domain/network-world.ts";
import type { FilterChange } from "../domain/packet-filter.ts";
import type { PacketFilter } from "../ports/packet-filter.ts";

export interface PacketFilterUnderTest extends AsyncDisposable {
  readonly filter: PacketFilter;
  /** Another control plane's, of the same installation, that knows nothing yet. */
  another(): PacketFilter;
  /** Somebody takes an address out of a set, behind everybody's back. */
  tamper(set: string, address: string): Promise<void>;
}

const ANY = "0.0.0.0/0";
const group = (id: string, ...ingress: WorldGroup["ingress"]): WorldGroup => ({
  ...{ id, vpcId: "vpc-1", ingress },
  egress: [{ id: "sgr-9", protocol: "all", peer: { kind: "cidr", block: ANY } }],
});
const at = (address: string, ...groups: readonly string[]): WorldInterface => ({
  ...{ id: `eni-${address}`, vpcId: "vpc-1", subnetId: "subnet-1", address, groups, kind: "task" },
});

function compiler(): FilterCompiler {
  const made = new FilterCompiler();
  const open = [{ number: 100, allows: true, protocol: "all", block: ANY }] as const;
  made.tell("vpcs", { id: "vpc-1", blocks: ["10.99.0.0/16"] });
  made.tell("networks", { id: "vpc-1", bridge: "br-0123456789ab", block: "10.99.0.0/16" });
  made.tell("acls", { id: "acl-1", ingress: open, egress: open });
  made.tell("subnets", { id: "subnet-1", vpcId: "vpc-1", block: "10.99.0.0/24", aclId: "acl-1", routeTableId: "rtb-1" });
  made.tell(
    "groups",
    group("sg-1", { id: "sgr-1", protocol: TCP, ports: { from: 80, to: 90 }, peer: { kind: "cidr", block: "10.0.0.0/8" } }),
  );
  made.tell("interfaces", at("10.99.0.4", "sg-1"));
  return made;
}

/** What every implementation of the port does. */
export function packetFilterContract(open: () => Promise<PacketFilterUnderTest>): void {
  test("what it was told it holds, also for the next control plane", async () => {
    await using under = await open();
    const world = compiler();
    world.change();
    expect((await under.filter.adopt(world.contents())).differed).toBeGreaterThan(10);
    expect(await under.another().adopt(world.contents())).toEqual({ differed: 0 });
  });

  test("changes of every sort bring it to where telling all would", async () => {
    await using under = await open();
    const world = compiler();
    world.change();
    await under.filter.adopt(world.contents());
    const step = async (change: (to: FilterCompiler) => void): Promise<void> => {
      change(world);
      await under.filter.apply(world.change());
      expect(await under.another().adopt(world.contents())).toEqual({ differed: 0 });
    };
    await step((to) => to.tell("interfaces", at("10.99.0.5", "sg-1", "sg-2")));
    await step((to) =>
      to.tell(
        "groups",
        group(
          "sg-2",
          { id: "sgr-2", protocol: TCP, ports: { from: 0, to: 65535 }, peer: { kind: "cidr", block: ANY } },
          { id: "sgr-3", protocol: TCP, ports: { from: 443, to: 443 }, peer: { kind: "cidr", block: "10.99.0.0/25" } },
          { id: "sgr-4", protocol: ICMP, icmp: { type: 8, code: "all" }, peer: { kind: "cidr", block: ANY } },
          { id: "sgr-5", protocol: 50, peer: { kind: "cidr", block: "192.0.2.0/24" } },
          { id: "sgr-6", protocol: "all", peer: { kind: "group", groupId: "sg-1" } },
        ),
      ),
    );
    // Narrower ranges in the place of a wider one that had them: the kernel takes no two that overlap.
    await step((to) =>
      to.tell(
        "groups",
        group("sg-2", { id: "sgr-3", protocol: TCP, ports: { from: 443, to: 444 }, peer: { kind: "cidr", block: "10.99.0.0/25" } }),
      ),
    );
    await step((to) =>
      to.tell("acls", {
        id: "acl-1",
        ingress: [{ number: 1, allows: true, protocol: TCP, ports: { from: 1, to: 9 }, block: ANY }],
        egress: [],
      }),
    );
    await step((to) => to.tell("internetGateways", { id: "igw-1", vpcId: "vpc-1" }));
    await step((to) =>
      to.tell("routeTables", {
        id: "rtb-1",
        vpcId: "vpc-1",
        routes: [{ destination: ANY, target: { kind: "internet-gateway", id: "igw-1" } }],
      }),
    );
    await step((to) => to.tell("interfaces", { ...at("10.99.0.5", "sg-2"), publicAddress: "203.0.113.5" }));
    // Another interface at the address of one that is gone.
    await step((to) => {
      to.forget("interfaces", "eni-10.99.0.5");
      to.tell("interfaces", { ...at("10.99.0.5", "sg-1"), id: "eni-new" });
    });
    await step((to) => to.forget("groups", "sg-1"));
    await step((to) => {
      to.forget("interfaces", "eni-new");
      to.forget("interfaces", "eni-10.99.0.4");
    });
    // What arrives is looked at only while there is such a load balancer.
    await step((to) => to.tell("interfaces", { ...at("10.99.0.9", "sg-2"), kind: "network-load-balancer" }));
    await step((to) => to.forget("interfaces", "eni-10.99.0.9"));
    await step((to) => to.forget("networks", "vpc-1"));
  });

  test("what somebody took away is there again after a look", async () => {
    await using under = await open();
    const world = compiler();
    world.change();
    await under.filter.adopt(world.contents());
    await under.tamper("tasks", "10.99.0.4");
    expect(await under.filter.adopt(world.contents())).toEqual({ differed: 1 });
    expect(await under.filter.adopt(world.contents())).toEqual({ differed: 0 });
  });

  test("a change of elements that cannot be made is told, and nothing of it has happened", async () => {
    await using under = await open();
    const world = compiler();
    world.change();
    await under.filter.adopt(world.contents());
    const of = (set: string, address: string) => new Map([[set, new Map([[address, ""]])]]);
    const none = { chains: new Map(), sets: new Map(), chainsGone: [], setsGone: [] };
    const change: FilterChange = { ...none, gone: of("tasks", "10.99.0.7"), added: of("interfaces", "10.99.0.7") };
    await expect(under.filter.apply(change)).rejects.toThrow(/has no 10.99.0.7|No such file|ENOENT/);
    expect(await under.filter.adopt(world.contents())).toEqual({ differed: 0 });
    await under.filter.apply({ ...change, gone: new Map() });
    expect(await under.filter.adopt(world.contents())).toEqual({ differed: 1 });
  });

  test("a thousand interfaces that come and go at once are there and gone", async () => {
    await using under = await open();
    const world = compiler();
    world.tell("interfaces", at("10.99.1.1", "sg-1"));
    world.change();
    await under.filter.adopt(world.contents());
    const many = Array.from({ length: 1000 }, (_, index) => at(`10.99.${2 + Math.floor(index / 250)}.${index % 250}`, "sg-1"));
    for (const one of many) world.tell("interfaces", one);
    await under.filter.apply(world.change());
    expect(await under.another().adopt(world.contents())).toEqual({ differed: 0 });
    for (const { id } of many) world.forget("interfaces", id);
    await under.filter.apply(world.change());
    expect(await under.another().adopt(world.contents())).toEqual({ differed: 0 });
  });

  test("a change that cannot be made is told, and nothing of it has happened", async () => {
    await using under = await open();
    const world = compiler();
    world.change();
    await under.filter.adopt(world.contents());
    const added = new Map([
      ["tasks", new Map([["10.99.0.7", ""]])],
      ["no-such-set", new Map([["10.99.0.7", ""]])],
    ]);
    const change: FilterChange = { chains: new Map(), sets: new Map(), gone: new Map(), added, chainsGone: [], setsGone: [] };
    await expect(under.filter.apply(change)).rejects.toThrow(/no-such-set|No such file/);
    expect(await under.filter.adopt(world.contents())).toEqual({ differed: 0 });
  });
}
