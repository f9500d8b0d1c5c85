import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { FilterContents } from "../../domain/packet-filter.ts";
import { compilerOf, thingsOf } from "../../testing/compiled-world.ts";
import type { NetworkWorld } from "../../domain/network-world.ts";
import { agreement, agreementIn } from "../../testing/filter-agreement.ts";
import { fuzzRuns } from "../../testing/fuzz-runs.ts";
import { networkWorlds } from "../../testing/network-worlds.ts";
import { FilterCompiler } from "./compiler.ts";

test("what the filter lets through is what AWS's rules let through, and it tracks what they say is tracked", () => {
  fc.assert(agreement, { numRuns: fuzzRuns(200) });
});

test("so it is for what goes by a NAT gateway", () => {
  fc.assert(agreementIn(networkWorlds.map(byNat)), { numRuns: fuzzRuns(200) });
});

/** The first VPC's tasks have a way to the internet by a NAT gateway, whose subnet has the second ACL. */
function byNat(world: NetworkWorld): NetworkWorld {
  const [nat, gateway] = [{ kind: "nat-gateway", id: "nat-1" } as const, { kind: "internet-gateway", id: "igw-1" } as const];
  const routes = (target: typeof nat | typeof gateway) => [{ destination: "0.0.0.0/0", target }];
  return {
    ...world,
    subnets: world.subnets.map((subnet) =>
      subnet.id === "subnet-01"
        ? { ...subnet, routeTableId: "rtb-2", aclId: "acl-2" }
        : subnet.id === "subnet-00"
          ? { ...subnet, routeTableId: "rtb-0" }
          : subnet,
    ),
    routeTables: world.routeTables.map((table) =>
      table.id === "rtb-0" ? { ...table, routes: routes(nat) } : table.id === "rtb-2" ? { ...table, routes: routes(gateway) } : table,
    ),
    internetGateways: [{ id: "igw-1", vpcId: "vpc-1" }],
    natGateways: [{ id: "nat-1", subnetId: "subnet-01", isPublic: true, isAvailable: true }],
  };
}

test("however a world came about, the filter holds the same, and each change brings it from what it was to what it is", () => {
  const worlds = fc.tuple(networkWorlds, networkWorlds, fc.infiniteStream(fc.nat()));
  fc.assert(
    fc.property(worlds, ([first, second, chance]) => {
      const compiler = new FilterCompiler();
      const kept: FilterContents = { chains: new Map(), sets: new Map() };
      const things = [
        ...thingsOf(first).map((thing) => [...thing, true] as const),
        ...thingsOf(first).map((thing) => [...thing, false] as const),
      ];
      const steps = [
        ...shuffled(things.slice(0, things.length / 2), chance),
        ...shuffled([...things.slice(things.length / 2)], chance).slice(0, 9),
      ];
      for (const [sort, value, isThere] of [...steps, ...shuffled(thingsOf(second), chance).map((thing) => [...thing, true] as const)]) {
        if (isThere) compiler.tell(sort, value);
        else compiler.forget(sort, idOf(value));
        if ((chance.next().value ?? 0) % 3 === 0) applyTo(kept, compiler);
        if ((chance.next().value ?? 0) % 5 === 0) compiler.sweep();
      }
      const stays = new Set(thingsOf(second).map(([sort, value]) => `${sort} ${idOf(value)}`));
      for (const [sort, value] of thingsOf(first)) if (!stays.has(`${sort} ${idOf(value)}`)) compiler.forget(sort, idOf(value));
      applyTo(kept, compiler);
      const wanted = sorted(compilerOf(second).contents());
      // What nothing needs any more is beside what is wanted, and what is wanted names nothing of it.
      const { chains, sets } = compiler.contents();
      expect(sorted({ chains: only(chains, wanted.chains), sets: only(sets, wanted.sets) })).toEqual(wanted);
      const named = new Set(wanted.chains.map(([name]) => name));
      expect([...chains].filter(([name, { hook }]) => hook && !named.has(name))).toEqual([]);
      // It goes in stages: of what it needed, next.
      for (let sweeps = 0; compiler.hasIdle; sweeps += 1) {
        expect(sweeps).toBeLessThan(9);
        compiler.sweep();
        applyTo(kept, compiler);
      }
      expect(sorted(compiler.contents())).toEqual(wanted);
      expect(sorted(kept)).toEqual(wanted);
    }),
    { numRuns: Math.ceil(fuzzRuns(200) / 4) },
  );
});

const idOf = ({ id }: { readonly id: string }): string => id;

/** What a driver does with a change. */
function applyTo({ chains, sets }: FilterContents, compiler: FilterCompiler): void {
  const change = compiler.change();
  const into = { chains: chains as Map<string, unknown>, sets: sets as Map<string, { kind: string; elements: Map<string, string> }> };
  for (const [name, kind] of change.sets) {
    expect(into.sets.has(name)).toBe(false);
    into.sets.set(name, { kind, elements: new Map() });
  }
  for (const [name, chain] of change.chains) into.chains.set(name, chain);
  for (const [name, gone] of change.gone)
    for (const element of gone.keys()) expect(into.sets.get(name)?.elements.delete(element)).toBe(true);
  for (const [name, added] of change.added)
    for (const [element, verdict] of added) {
      expect(into.sets.get(name)?.elements.has(element)).toBe(false);
      into.sets.get(name)?.elements.set(element, verdict);
    }
  for (const name of change.chainsGone) expect(into.chains.delete(name)).toBe(true);
  for (const name of change.setsGone) expect(into.sets.delete(name)).toBe(true);
}

function only<V>(all: ReadonlyMap<string, V>, some: readonly (readonly unknown[])[]): ReadonlyMap<string, V> {
  const names = new Set<unknown>(some.map(([name]) => name));
  return new Map([...all].filter(([name]) => names.has(name)));
}

function sorted({ chains, sets }: FilterContents) {
  const byName = <V>(map: ReadonlyMap<string, V>) => [...map].toSorted(([a], [b]) => (a < b ? -1 : 1));
  return { chains: byName(chains), sets: byName(sets).map(([name, { kind, elements }]) => [name, kind, byName(elements)]) };
}

function shuffled<T>(values: readonly T[], chance: Iterator<number>): readonly T[] {
  return values
    .map((value) => [Number(chance.next().value), value] as const)
    .toSorted(([a], [b]) => a - b)
    .map(([, value]) => value);
}
