import { expect, test } from "vitest";
import { memoryJournal } from "../drivers/memory/journal.ts";
import { balancerArn, balancerRecord, groupRecord, listenerRecord } from "../testing/balancer-records.ts";
import { separateZones, zonesInNames } from "./elb-zones.ts";
import { listeners, loadBalancers, targetGroups, targets, type LoadBalancerRecord, type TargetGroupRecord } from "./elb.ts";
import { JournaledState } from "./journaled-state.ts";

const [A, B] = ["us-east-1a", "us-east-1b"] as const;
const OFF = { "load_balancing.cross_zone.enabled": "false" };
const ON = { "load_balancing.cross_zone.enabled": "true" };
const LEAST = "target_group_health.dns_failover.minimum_healthy_targets";
const GROUPS = ["one", "two"].map((name) => balancerArn(`targetgroup/${name}`)) as [string, string];

function world(balancer: Partial<LoadBalancerRecord>, group: Partial<TargetGroupRecord> = {}) {
  const state = new JournaledState(memoryJournal());
  const availabilityZones = [A, B].map((zoneName, at) => ({ zoneName, subnetId: `subnet-${at}` }));
  const record = balancerRecord({ availabilityZones, ...balancer });
  const TargetGroups = GROUPS.map((TargetGroupArn) => ({ TargetGroupArn, Weight: 1 }));
  state.commit(() => {
    state.table(loadBalancers).put(record);
    state.table(listeners).put(listenerRecord({ defaultActions: [{ Type: "forward", ForwardConfig: { TargetGroups } }] }));
    state.table(targetGroups).put(groupRecord({ arn: GROUPS[0], ...group }));
    state.table(targetGroups).put(groupRecord({ arn: GROUPS[1], attributes: ON }));
  });
  let count = 0;
  const put = (arn: string, zone: string, health: "healthy" | "unhealthy"): void => {
    const id = `10.0.0.${(count += 1)}`;
    const target = { targetGroupArn: arn, id, port: 80, availabilityZone: zone, address: id, addressPort: 80, registeredAt: 1 };
    state.commit(() => state.table(targets).put({ ...target, health: { state: health } }));
  };
  return {
    put,
    zones: () => [...zonesInNames(state, record)],
    separate: () => separateZones(state, state.table(targetGroups).get(GROUPS[0])!),
  };
}

test.each<[string, Partial<LoadBalancerRecord>, Partial<TargetGroupRecord>, readonly string[] | undefined]>([
  ["an Application Load Balancer crosses zones", {}, {}, undefined],
  ["unless its group does not", {}, { attributes: OFF }, [A, B]],
  ["a Network Load Balancer does not", { type: "network" }, {}, [A, B]],
  ["unless it is told to", { type: "network", attributes: ON }, {}, undefined],
  ["or its group is", { type: "network", attributes: OFF }, { attributes: ON }, undefined],
  ["a load balancer behind it is in all zones", { type: "network" }, { targetType: "alb" }, undefined],
  ["one zone is all of them", { type: "network", availabilityZones: [{ zoneName: A, subnetId: "subnet-0" }] }, {}, undefined],
])("%s", (_, balancer, group, zones) => {
  expect(world(balancer, group).separate()).toEqual(zones);
});

test("names lead to the zones in which each group has a healthy target, and to all where there is none", () => {
  const { put, zones } = world({ type: "network" });
  put(GROUPS[1], A, "healthy");
  expect(zones()).toEqual([A, B]);
  put(GROUPS[0], B, "healthy");
  // The second group crosses zones: its target is there for both.
  expect(zones()).toEqual([B]);
  put(GROUPS[0], A, "unhealthy");
  expect(zones()).toEqual([B]);
  put(GROUPS[0], A, "healthy");
  expect(zones()).toEqual([A, B]);
});

test("a target that is in no zone is there for all", () => {
  const { put, zones } = world({ type: "network" });
  put(GROUPS[1], A, "healthy");
  put(GROUPS[0], B, "healthy");
  put(GROUPS[0], "all", "healthy");
  expect(zones()).toEqual([A, B]);
});

test.each<[string, Record<string, string>, readonly string[]]>([
  ["by count", { [`${LEAST}.count`]: "2" }, [A]],
  ["by percentage", { [`${LEAST}.percentage`]: "60" }, [A]],
  ["by neither", { [`${LEAST}.count`]: "off" }, [A, B]],
  ["by both that hold", { [`${LEAST}.percentage`]: "50" }, [A, B]],
])("how many are enough, %s", (_, attributes, expected) => {
  const { put, zones } = world({ type: "network" }, { attributes });
  put(GROUPS[1], A, "healthy");
  for (let at = 0; at < 2; at += 1) put(GROUPS[0], A, "healthy");
  put(GROUPS[0], B, "healthy");
  put(GROUPS[0], B, "unhealthy");
  expect(zones()).toEqual(expected);
});
