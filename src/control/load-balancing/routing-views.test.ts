import type { Action } from "@aws-sdk/client-elastic-load-balancing-v2";
import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import { planRouting } from "../../decide/routing/plan-routing.ts";
import { memoryJournal } from "../../drivers/memory/journal.ts";
import type { ProxyConfiguration } from "../../ports/traffic-proxy.ts";
import { registerTarget } from "../../state/elb-targets.ts";
import { listeners, loadBalancers, targetGroups, targetKey, targets } from "../../state/elb.ts";
import { JournaledState } from "../../state/journaled-state.ts";
import { balancerArn, balancerRecord, groupRecord, listenerRecord } from "../../testing/balancer-records.ts";
import { RoutingViews, type Routing } from "./routing-view.ts";
import { sameConfiguration } from "./same-configuration.ts";
import { HealthReports, recordHealth } from "./target-health.ts";

const GROUPS = ["a", "b"].map((name) => balancerArn(`targetgroup/${name}`)) as [string, string];
const BALANCER = balancerArn("loadbalancer/app/web");
const EACH = 50;
const planned = ({ view, backendsOf }: Routing): ProxyConfiguration => planRouting(view, backendsOf);
const keyOf = (group: string, at: number): string => targetKey(group, `10.0.0.${at}`, 80);

const PLACE = { addresses: ["127.0.0.1"], gateways: [] };
const NOWHERE = { ownBlocks: [], bridgedBlocks: [], vpcs: [], openedBlocks: [] };

/** A load balancer that forwards to two groups of fifty targets. */
function world() {
  const state = new JournaledState(memoryJournal());
  state.commit(() => {
    state.table(loadBalancers).put(balancerRecord({ arn: BALANCER, dnsName: "web" }));
    for (const arn of GROUPS) state.table(targetGroups).put(groupRecord({ arn }));
    const TargetGroups = GROUPS.map((arn) => ({ TargetGroupArn: arn, Weight: 1 }));
    const defaultActions: readonly Action[] = [{ Type: "forward", ForwardConfig: { TargetGroups } }];
    state.table(listeners).put(listenerRecord({ arn: `${BALANCER}/l`, loadBalancerArn: BALANCER, boundPort: 80, turn: 1, defaultActions }));
    for (const group of GROUPS)
      for (let at = 0; at < EACH; at += 1) registerTarget(state, { targetGroupArn: group, id: `10.0.0.${at}`, port: 80, now: 0 });
  });
  const views = new RoutingViews(state);
  const make = (ownBlocks: readonly string[] = []): Routing => views.make({ ...PLACE, surroundings: { ...NOWHERE, ownBlocks } });
  return { state, views, make };
}

describe("routing", () => {
  test("looks again only at the target that was noted, and makes only that anew", () => {
    const { state, views, make } = world();
    const before = planned(make());
    expect(planned(make()).backends.map((one, at) => one === before.backends[at])).toEqual([true, true]);
    state.commit(() => state.table(targets).update(keyOf(GROUPS[1], 7), (one) => ({ ...one, drainingUntil: 1 })));
    const table = state.table(targets);
    const looks = [vi.spyOn(table, "get"), vi.spyOn(table, "by"), vi.spyOn(table, "values")];
    views.note(GROUPS[1], keyOf(GROUPS[1], 7));
    const after = planned(make());
    expect(looks.map((look) => look.mock.calls.length)).toEqual([1, 0, 0]);
    expect(after.backends[0]).toBe(before.backends[0]);
    expect(after.backends[1]?.servers.filter((one, at) => one !== before.backends[1]?.servers[at])).toHaveLength(1);
    expect(sameConfiguration(before, after)).toBe(false);
  });

  test("that is made of what changed is the one that would be made afresh, and so is what is known of the proxy", () => {
    const change = fc.record({
      group: fc.constantFrom(...GROUPS),
      at: fc.nat(EACH + 5),
      what: fc.constantFrom("register", "drain", "remove", "move", "elsewhere"),
    });
    fc.assert(
      fc.property(fc.array(fc.array(change, { maxLength: 8 }), { maxLength: 4 }), (rounds) => {
        const { state, views, make } = world();
        const reports = new HealthReports();
        const table = state.table(targets);
        const first = make(["10.0.0.99/32"]);
        reports.applied(planned(first), first);
        for (const changes of rounds) {
          const expected = new Set<string>();
          for (const { group, at, what } of changes) {
            const key = keyOf(group, at);
            state.commit(() => {
              if (what === "register") registerTarget(state, { targetGroupArn: group, id: `10.0.0.${at}`, port: 80, now: 0 });
              if (what === "drain") table.update(key, (one) => ({ ...one, drainingUntil: 1 }));
              if (what === "remove") table.delete(key);
              // To where this host leads, and to where it does not.
              if (what === "move") table.update(key, (one) => ({ ...one, address: "10.0.1.1" }));
              if (what === "elsewhere") table.update(key, (one) => ({ ...one, address: "10.0.0.99" }));
            });
            views.note(group, key);
            expected.add(key);
          }
          const routing = make(["10.0.0.99/32"]);
          const afresh = new RoutingViews(state).make({ ...PLACE, surroundings: { ...NOWHERE, ownBlocks: ["10.0.0.99/32"] } });
          expect(planned(routing)).toEqual(planned(afresh));
          for (const target of table.values()) expect(routing.turnedAway(target)).toBe(afresh.turnedAway(target));
          const told = reports.applied(planned(routing), routing);
          expect(told.filter((key) => !expected.has(key))).toEqual([]);
          const atOnce = new HealthReports();
          atOnce.applied(planned(afresh), afresh);
          for (const target of table.values()) expect(reports.serverOf(target)).toEqual(atOnce.serverOf(target));
        }
      }),
      { numRuns: 100 },
    );
  });

  test("looks at all groups again where it is another place", () => {
    const { state, make } = world();
    expect(make().changed).toEqual([]);
    const look = vi.spyOn(state.table(targets), "by");
    const { changed, turnedAway, view } = make(["10.0.0.3/32"]);
    expect(look).toHaveBeenCalledTimes(2);
    expect(changed).toEqual(GROUPS.map((group) => keyOf(group, 3)));
    expect(view.groups.map((group) => group.targets.length)).toEqual([EACH - 1, EACH - 1]);
    expect(GROUPS.map((group) => turnedAway(state.table(targets).get(keyOf(group, 3))!))).toEqual(["address", "address"]);
  });
});

describe("health", () => {
  function routed() {
    const { state, views, make } = world();
    const reports = new HealthReports();
    const apply = (): readonly string[] => {
      const routing = make();
      return reports.applied(planned(routing), routing);
    };
    return { state, views, reports, apply };
  }

  test("a report costs a look at the one target that it is about", () => {
    const { state, reports, apply } = routed();
    apply();
    const table = state.table(targets);
    const looks = [vi.spyOn(table, "get"), vi.spyOn(table, "by"), vi.spyOn(table, "values")];
    const about = reports.note({ backend: "a-0123456789abcdef", server: "10.0.0.7-80", health: "healthy" });
    expect(about).toBe(keyOf(GROUPS[0], 7));
    recordHealth(state, reports, [about ?? ""]);
    expect(looks.map((look) => look.mock.calls.length)).toEqual([1, 0, 0]);
    expect(table.get(keyOf(GROUPS[0], 7))?.health).toEqual({ state: "healthy" });
  });

  test("what is applied tells of the targets of which the proxy has something else", () => {
    const { state, views, reports, apply } = routed();
    expect(apply()).toHaveLength(2 * EACH);
    expect(apply()).toEqual([]);
    state.commit(() => {
      state.table(targets).update(keyOf(GROUPS[1], 7), (one) => ({ ...one, drainingUntil: 1 }));
      state.table(targets).delete(keyOf(GROUPS[1], 8));
    });
    for (const at of [7, 8]) views.note(GROUPS[1], keyOf(GROUPS[1], at));
    expect(apply().toSorted()).toEqual([keyOf(GROUPS[1], 7), keyOf(GROUPS[1], 8)]);
    state.commit(() => state.table(listeners).delete(`${BALANCER}/l`));
    expect(apply()).toHaveLength(2 * EACH - 1);
    expect(reports.serverOf(state.table(targets).get(keyOf(GROUPS[0], 1))!)).toBeUndefined();
  });

  test("a report that comes before it is known what the proxy has counts from then on; one of a strange server is forgotten", () => {
    const { state, reports, apply } = routed();
    const target = state.table(targets).get(keyOf(GROUPS[0], 7))!;
    expect(reports.note({ backend: "a-0123456789abcdef", server: "10.0.0.7-80", health: "healthy" })).toBeUndefined();
    reports.note({ backend: "a-0123456789abcdef", server: "10.0.9.9-80", health: "healthy" });
    apply();
    expect(reports.of(target)?.health).toBe("healthy");
    expect(reports.of({ ...target, id: "10.0.9.9" })).toBeUndefined();
  });

  test("a target of a group that does not cross zones is as healthy as its zone's address finds it, too", () => {
    const { state, views, make } = world();
    const zones = ["us-east-1a", "us-east-1b"];
    state.commit(() => {
      const availabilityZones = zones.map((zoneName, at) => ({ zoneName, subnetId: `subnet-${at}` }));
      state.table(loadBalancers).update(BALANCER, (one) => ({ ...one, availabilityZones }));
      state.table(targetGroups).update(GROUPS[0], (one) => ({ ...one, attributes: { "load_balancing.cross_zone.enabled": "false" } }));
      state.table(targets).update(keyOf(GROUPS[0], 7), (one) => ({ ...one, availabilityZone: "us-east-1b" }));
    });
    views.note(GROUPS[0], keyOf(GROUPS[0], 7));
    const reports = new HealthReports();
    const routing = make();
    reports.applied(planned(routing), routing);
    const target = state.table(targets).get(keyOf(GROUPS[0], 7))!;
    const [whole, part] = ["a-0123456789abcdef", "a-0123456789abcdef__us-east-1b"] as const;
    expect(reports.backendsOf(target)).toEqual([whole, part]);
    const told = (backend: string, health: "initial" | "healthy" | "unhealthy") => {
      expect(reports.note({ backend, server: "10.0.0.7-80", health })).toBe(keyOf(GROUPS[0], 7));
      return reports.of(target)?.health;
    };
    expect(told(whole, "healthy")).toBeUndefined();
    expect(told(part, "initial")).toBe("initial");
    expect(told(part, "healthy")).toBe("healthy");
    expect(told(part, "unhealthy")).toBe("unhealthy");
    // One that is in no zone is in all parts.
    expect(reports.backendsOf(state.table(targets).get(keyOf(GROUPS[0], 8))!)).toHaveLength(3);
    // Switched on, the part ends with what was told of it.
    state.commit(() => state.table(targetGroups).update(GROUPS[0], (one) => ({ ...one, attributes: {} })));
    const after = make();
    reports.applied(planned(after), after);
    expect(reports.of(target)?.health).toBe("healthy");
  });

  test("a report ends with its server", () => {
    const { state, views, reports, apply } = routed();
    apply();
    reports.note({ backend: "a-0123456789abcdef", server: "10.0.0.7-80", health: "healthy" });
    const target = state.table(targets).get(keyOf(GROUPS[0], 7))!;
    state.commit(() => state.table(targets).delete(keyOf(GROUPS[0], 7)));
    views.note(GROUPS[0], keyOf(GROUPS[0], 7));
    apply();
    expect(reports.of(target)).toBeUndefined();
  });
});
