import { beforeEach, describe, expect, test } from "vitest";
import { memoryJournal } from "../drivers/memory/journal.ts";
import { DRAINING, NOT_IN_USE, REGISTERING } from "../domain/target-health.ts";
import {
  deleteListenerRecord,
  deregisterTarget,
  loadBalancersOfTargetGroup,
  registerTarget,
  targetGroupInUse,
  targetGroupsOfLoadBalancer,
} from "./elb-targets.ts";
import {
  listeners,
  rules,
  targetGroups,
  targetGroupsOf,
  targetKey,
  targets,
  type ListenerRecord,
  type RuleRecord,
  type TargetGroupRecord,
  type TargetRecord,
} from "./elb.ts";
import { JournaledState } from "./journaled-state.ts";
import type { WholeState } from "./state.ts";

const scope = { account: "123456789012", region: "us-east-1" };
const arn = (name: string): string => `arn:aws:elasticloadbalancing:us-east-1:123456789012:${name}`;
const [WEB, API, OTHER] = [arn("targetgroup/web/1"), arn("targetgroup/api/1"), arn("targetgroup/other/1")] as const;
const forward = (...arns: readonly string[]) => arns.map((TargetGroupArn) => ({ Type: "forward" as const, TargetGroupArn }));
let state: WholeState;

beforeEach(() => {
  state = new JournaledState(memoryJournal());
});

function putListener(name: string, loadBalancerArn: string, ...groups: readonly string[]): void {
  const listener = {
    ...scope,
    arn: arn(name),
    loadBalancerArn,
    defaultActions: forward(...groups),
    certificates: [],
  } as unknown as ListenerRecord;
  state.commit(() => state.table(listeners).put(listener));
}

function putRule(name: string, listener: string, loadBalancerArn: string, ...groups: readonly string[]): void {
  const rule = { ...scope, arn: arn(name), listenerArn: arn(listener), loadBalancerArn, actions: forward(...groups) };
  state.commit(() => state.table(rules).put(rule as unknown as RuleRecord));
}

const target = (changes: Partial<TargetRecord> = {}): TargetRecord => ({
  ...{ targetGroupArn: WEB, id: "10.0.0.1", port: 80, address: "10.0.0.1", addressPort: 80, health: NOT_IN_USE, registeredAt: 5 },
  ...changes,
});
const stored = () => state.table(targets).get(targetKey(WEB, "10.0.0.1", 80));
const wanted = { targetGroupArn: WEB, id: "10.0.0.1", port: 80, now: 5 };

describe("a target is registered", () => {
  test("as it was named, and waits for a load balancer", () => {
    expect(registerTarget(state, wanted)).toEqual(target());
    expect(stored()).toEqual(target());
    expect(targetKey(WEB, "10.0.0.1", 80)).toBe(`${WEB}|10.0.0.1|80`);
  });

  test("in a group that is in use, and is checked from then on", () => {
    putListener("listener/1", "lb", WEB);
    expect(registerTarget(state, wanted)).toEqual(target({ health: REGISTERING }));
  });

  test("where this host reaches it, in its zone", () => {
    const where = { availabilityZone: "us-east-1a", address: "127.0.0.1", addressPort: 32_000 };
    expect(registerTarget(state, { ...wanted, ...where })).toEqual(target(where));
  });

  test("once: one that is there stays as it is", () => {
    const known = target({ health: { state: "healthy" } });
    state.commit(() => state.table(targets).put(known));
    expect(registerTarget(state, { ...wanted, now: 9 })).toBe(known);
    expect(stored()).toBe(known);
  });

  test.each<[string, Partial<TargetRecord>]>([
    ["drains", { drainingUntil: 99, health: DRAINING }],
    ["is at another address", { address: "127.0.0.1" }],
    ["is at another port", { addressPort: 32_000 }],
  ])("anew where it %s", (_, changes) => {
    state.commit(() => state.table(targets).put(target({ health: { state: "healthy" }, ...changes })));
    expect(registerTarget(state, { ...wanted, now: 9 })).toEqual(target({ registeredAt: 9 }));
    expect(stored()).toEqual(target({ registeredAt: 9 }));
  });
});

describe("a target is deregistered", () => {
  const group = (attributes: Readonly<Record<string, string>>): void =>
    state.commit(() => void state.table(targetGroups).put({ ...scope, arn: WEB, attributes } as unknown as TargetGroupRecord));
  const deregister = (now = 1000) => deregisterTarget(state, { ...wanted, now });

  test("at once, in a group that nothing uses", () => {
    state.commit(() => state.table(targets).put(target()));
    expect(deregister()).toBeUndefined();
    expect(stored()).toBeUndefined();
  });

  test.each<[string, Readonly<Record<string, string>> | undefined, number]>([
    ["as its group says", { "deregistration_delay.timeout_seconds": "20" }, 21_000],
    ["not at all where its group says so", { "deregistration_delay.timeout_seconds": "0" }, 1000],
    ["five minutes where its group says nothing", {}, 301_000],
    ["five minutes where there is no group", undefined, 301_000],
  ])("and drains, %s", (_, attributes, drainingUntil) => {
    putListener("listener/1", "lb", WEB);
    if (attributes) group(attributes);
    state.commit(() => state.table(targets).put(target()));
    const draining = target({ health: DRAINING, drainingUntil });
    expect(deregister()).toEqual(draining);
    expect(state.table(targets).by("draining", "draining")).toEqual([draining]);
    expect(deregister(9000)).toEqual(draining);
    expect(stored()).toEqual(draining);
  });

  test("without effect where it is not registered", () => {
    expect(deregister()).toBeUndefined();
    const other = target({ id: "10.0.0.2" });
    state.commit(() => state.table(targets).put(other));
    deregister();
    expect(state.table(targets).by("targetGroup", WEB)).toEqual([other]);
    expect(state.table(targets).by("draining", "draining")).toEqual([]);
  });
});

describe("who uses whom", () => {
  beforeEach(() => {
    putListener("listener/1", "lb-1", WEB);
    putListener("listener/2", "lb-2", API);
    putRule("rule/1", "listener/1", "lb-1", API, WEB);
    putRule("rule/2", "listener/2", "lb-2", OTHER);
  });

  test("listeners and rules make a group one that is in use", () => {
    expect([WEB, API, OTHER, arn("targetgroup/none/1")].map((one) => targetGroupInUse(state, one))).toEqual([true, true, true, false]);
    expect([WEB, API, OTHER].map((one) => loadBalancersOfTargetGroup(state, one))).toEqual([["lb-1"], ["lb-2", "lb-1"], ["lb-2"]]);
  });

  test("a load balancer sends where its listeners and their rules say", () => {
    expect(["lb-1", "lb-2", "lb-3"].map((one) => [...targetGroupsOfLoadBalancer(state, one)])).toEqual([[WEB, API], [API, OTHER], []]);
  });

  test("a listener goes with its rules, and with no others", () => {
    state.commit(() => deleteListenerRecord(state, arn("listener/1")));
    expect([...state.table(listeners).values()].map((one) => one.arn)).toEqual([arn("listener/2")]);
    expect([...state.table(rules).values()].map((one) => one.arn)).toEqual([arn("rule/2")]);
  });
});

test.each<[string, Parameters<typeof targetGroupsOf>[0], readonly string[]]>([
  ["to none", [{ Type: "redirect" }, { Type: "forward", ForwardConfig: {} }], []],
  ["to one", forward(WEB), [WEB]],
  [
    "to several, each told once",
    [
      { Type: "forward", TargetGroupArn: WEB, ForwardConfig: { TargetGroups: [{ TargetGroupArn: WEB, Weight: 1 }, { Weight: 2 }] } },
      { Type: "forward", ForwardConfig: { TargetGroups: [{ TargetGroupArn: API }, { TargetGroupArn: WEB }] } },
    ],
    [WEB, API],
  ],
])("actions forward %s", (_, actions, groups) => {
  expect(targetGroupsOf(actions)).toEqual(groups);
});
