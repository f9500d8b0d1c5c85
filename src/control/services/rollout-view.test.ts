import { describe, expect, test, vi } from "vitest";
import { memoryJournal } from "../../drivers/memory/journal.ts";
import { newDeployment } from "../../decide/rollout/new-deployment.ts";
import { subnets } from "../../state/ec2.ts";
import { services, tasks, type DeploymentRecord, type ServiceRecord, type TaskRecord } from "../../state/ecs.ts";
import { targets } from "../../state/elb.ts";
import { registerTarget } from "../../state/elb-targets.ts";
import { JournaledState } from "../../state/journaled-state.ts";
import { interfaceOf, putTask, taskRecord } from "../../testing/task-record.ts";
import { RolloutViews } from "./rollout-view.ts";

const SERVICE = "arn:aws:ecs:us-east-1:123456789012:service/c/web";
const GROUP = "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/web/0123456789abcdef";

function world() {
  const state = new JournaledState(memoryJournal());
  const service = { arn: SERVICE, account: "123456789012", region: "us-east-1", deployments: [], loadBalancers: [] } as unknown;
  state.commit(() => state.table(services).put(service as ServiceRecord));
  const put = (digit: string, changes: Partial<TaskRecord> = {}): TaskRecord =>
    putTask(state, taskRecord(digit.repeat(32), { serviceArn: SERVICE, deploymentId: "d", ...changes }));
  const views = new RolloutViews(state);
  const change = (changes: Partial<ServiceRecord>): void =>
    void state.commit(() => state.table(services).update(SERVICE, (one) => ({ ...one, ...changes })));
  const whole = () => views.of(state.table(services).get(SERVICE) as ServiceRecord, 5);
  const view = () => whole().tasks;
  const note = (task: { readonly arn: string } | undefined): void => views.note(SERVICE, task?.arn ?? "");
  return { state, put, change, note, view, whole };
}

test("only the tasks that are noted, since they or their targets changed, are looked at anew", () => {
  const { state, put, view, note } = world();
  const target = { targetGroupArn: GROUP, targetId: "10.0.0.1", port: 80 };
  put("1");
  put("2");
  put("3", { targets: [target] });
  const before = view();
  const change = (): unknown =>
    state.commit(() => {
      state.table(tasks).update(before[1]?.arn ?? "", (task) => ({ ...task, lastStatus: "DEACTIVATING" }));
      registerTarget(state, { targetGroupArn: GROUP, id: "10.0.0.1", port: 80, now: 0 });
    });
  change();
  const look = [vi.spyOn(state.table(tasks), "get"), vi.spyOn(state.table(tasks), "by")];
  for (const at of [1, 2]) note(before[at]);
  const after = view();
  expect(look.map(({ mock }) => mock.calls.length)).toEqual([2, 0]);
  expect(after[0]).toBe(before[0]);
  expect(after[1]).toMatchObject({ arn: before[1]?.arn, lastStatus: "DEACTIVATING" });
  expect(after[2]?.targets).toMatchObject([{ state: "unused" }]);
  state.commit(() => state.table(targets).update(`${GROUP}|10.0.0.1|80`, (one) => ({ ...one, health: { state: "healthy" } })));
  note(before[2]);
  expect(view()[2]?.targets).toMatchObject([{ state: "healthy" }]);
  expect(view()[1]).toBe(after[1]);
  state.commit(() => state.table(tasks).delete(before[0]?.arn ?? ""));
  note(before[0]);
  put("4");
  note({ arn: taskRecord("4".repeat(32)).arn });
  expect(view().map(({ arn }) => arn.slice(-1))).toEqual(["2", "3", "4"]);
});

test.each([
  ["was stopped by the scheduler", { stopCode: "ServiceSchedulerInitiated" }, false],
  ["was stopped by a person", { stopCode: "UserInitiated" }, false],
  ["failed, and was counted", { stopCode: "TaskFailedToStart", failureCounted: true }, false],
  ["ended after it had been healthy", { stopCode: "EssentialContainerExited", healthySeen: true }, false],
  ["failed, and is not counted yet", { stopCode: "TaskFailedToStart" }, true],
  ["ended, and nobody saw it healthy", { stopCode: "EssentialContainerExited" }, true],
] as const)("a stopped task that %s", (_, changes, isSeen) => {
  const { put, view } = world();
  put("1", { ...changes, lastStatus: "STOPPED", desiredStatus: "STOPPED" });
  expect(view()).toHaveLength(isSeen ? 1 : 0);
});

test("a task that has gone, or a service's last one, is not looked at any more", () => {
  const { state, put, note, view } = world();
  const [one, two] = [put("1"), put("2")];
  expect(view().map(({ arn }) => arn)).toEqual([one.arn, two.arn]);
  state.commit(() => state.table(tasks).delete(one.arn));
  note(one);
  expect(view().map(({ arn }) => arn)).toEqual([two.arn]);
  state.commit(() => state.table(tasks).delete(two.arn));
  note(two);
  expect(view()).toEqual([]);
});

test("targets are looked up for what changed alone", () => {
  const { state, put, note, view } = world();
  const of = (targetId: string) => ({ targets: [{ targetGroupArn: GROUP, targetId, port: 80 }] });
  put("1", of("10.0.0.1"));
  const two = put("2", of("10.0.0.2"));
  const [before] = view();
  state.commit(() => state.table(tasks).update(two.arn, (task) => ({ ...task, healthySeen: true })));
  note(two);
  const get = vi.spyOn(state.table(targets), "get");
  expect(view()[0]).toBe(before);
  expect(get).toHaveBeenCalledTimes(1);
});

describe("what the scheduler sees of a service", () => {
  const subnet = (id: string, availabilityZone: string) =>
    ({ id, availabilityZone, account: "123456789012", region: "us-east-1", vpcId: "vpc-1", cidrBlock: "10.0.0.0/20", tags: [] }) as never;
  const deployment = (changes: Partial<DeploymentRecord>): DeploymentRecord =>
    ({
      ...newDeployment("d", "arn:definition", 3, 1),
      updatedAt: 2,
      launchType: "FARGATE",
      loadBalancers: [],
      ...changes,
    }) as DeploymentRecord;
  const placed = (...ids: readonly string[]) => ({ networkConfiguration: { awsvpcConfiguration: { subnets: [...ids] } } });
  const balanced = (targetGroupArn?: string) => ({
    loadBalancers: [{ containerName: "app", containerPort: 80, ...(targetGroupArn === undefined ? {} : { targetGroupArn }) }],
  });

  test("is what its record says", () => {
    const { change, whole } = world();
    const circuitBreaker = { enable: true, rollback: true };
    const settings = { name: "web", desiredCount: 3, minimumHealthyPercent: 50, maximumPercent: 150, circuitBreaker, told: { steady: 1 } };
    change({ ...settings, status: "ACTIVE", schedulingStrategy: "REPLICA", healthCheckGracePeriodSeconds: 9 });
    expect(whole()).toEqual({
      now: 5,
      service: { ...settings, status: "ACTIVE", healthCheckGracePeriodSeconds: 9, targetGroupArns: [], settleSeconds: 40, subnets: [] },
      deployments: [],
      tasks: [],
    });
  });

  test.each([
    ["a daemon has one task on this host", { schedulingStrategy: "DAEMON", desiredCount: 7 }, { desiredCount: 1 }],
    ["no grace period is none", {}, { healthCheckGracePeriodSeconds: 0 }],
    ["what does not run drains", { status: "DRAINING" }, { status: "DRAINING" }],
    ["what is deleted drains", { status: "INACTIVE" }, { status: "DRAINING" }],
  ] as const)("%s", (_what, changes, seen) => {
    const { change, whole } = world();
    change({ status: "ACTIVE", ...changes });
    expect(whole().service).toMatchObject(seen);
  });

  test.each<[string, Partial<ServiceRecord>, readonly string[]]>([
    ["the service's own, without deployments", { ...placed("a"), ...balanced("one") }, ["a:zone-a", "one"]],
    [
      "the PRIMARY deployment's",
      { ...placed("a"), ...balanced("one"), deployments: [deployment({ ...placed("b"), ...balanced("two") })] },
      ["b:zone-b", "two"],
    ],
    [
      "not those of another deployment",
      { ...placed("a"), ...balanced("one"), deployments: [deployment({ status: "ACTIVE", ...placed("b"), ...balanced("two") })] },
      ["a:zone-a", "one"],
    ],
    ["the service's subnets where the deployment names none", { ...placed("a"), deployments: [deployment({})] }, ["a:zone-a"]],
    ["without a subnet that is gone, or a balancer without a group", { ...placed("gone", "b"), ...balanced() }, ["b:zone-b"]],
    ["none", {}, []],
  ])("places and target groups are %s", (_which, changes, seen) => {
    const { state, change, whole } = world();
    state.commit(() => [subnet("a", "zone-a"), subnet("b", "zone-b")].map((one) => state.table(subnets).put(one)));
    change(changes);
    const { subnets: places, targetGroupArns } = whole().service;
    expect([...places.map(({ subnetId, zone }) => `${subnetId}:${zone}`), ...targetGroupArns]).toEqual(seen);
  });

  test("of its deployments those that are not over, and why one could not place a task", () => {
    const { change, whole } = world();
    const placementFailure = { at: 1, reason: "no room" };
    change({
      deployments: [
        deployment({ id: "one", failedTasks: 2 }),
        deployment({ id: "two", status: "ACTIVE", placementFailure }),
        deployment({ id: "over", status: "INACTIVE" }),
      ],
    });
    const { restarts, rolloutStateReason } = deployment({});
    const seen = {
      taskDefinitionArn: "arn:definition",
      createdAt: 1,
      desiredCount: 3,
      rolloutState: "IN_PROGRESS",
      rolloutStateReason,
      restarts,
    };
    expect(whole().deployments).toEqual([
      { id: "one", status: "PRIMARY", failedTasks: 2, ...seen },
      { id: "two", status: "ACTIVE", failedTasks: 0, placementFailure, ...seen },
    ]);
  });
});

describe("what the scheduler sees of a task", () => {
  const BARE = {
    ...{
      arn: taskRecord("1".repeat(32)).arn,
      deploymentId: "d",
      lastStatus: "RUNNING",
      desiredStatus: "RUNNING",
      createdAt: 0,
      targets: [],
    },
    ...{ healthySeen: false, failureCounted: false },
  };
  const check = (essential: boolean, hasHealthCheck: boolean): Partial<TaskRecord> => ({
    healthStatus: "UNHEALTHY",
    containers: taskRecord("1".repeat(32)).containers.map((one) => ({ ...one, essential, hasHealthCheck })),
  });

  test.each<[string, Partial<TaskRecord>, object]>([
    ["is nothing that its record does not have", {}, {}],
    [
      "its times and stop code",
      { startedAt: 1, stoppedAt: 3, stopCode: "TaskFailedToStart" },
      { startedAt: 1, stoppedAt: 3, stopCode: "TaskFailedToStart" },
    ],
    ["its end is that of its first essential container", { executionStoppedAt: 2, stoppedAt: 3 }, { stoppedAt: 2 }],
    ["its marks", { healthySeen: true, failureCounted: true }, { healthySeen: true, failureCounted: true }],
    ["the health that its essential containers check", check(true, true), { containerHealth: "UNHEALTHY" }],
    ["no health of a container that is not essential", check(false, true), {}],
    ["no health where nothing checks", check(true, false), {}],
    ["the subnet that it should go to", { preferredSubnetId: "subnet-1" }, { subnetId: "subnet-1" }],
    ["the subnet where it is", { preferredSubnetId: "subnet-1", networkInterface: interfaceOf("10.0.0.5") }, { subnetId: "subnet-0" }],
  ])("%s", (_what, changes, seen) => {
    const { put, view } = world();
    put("1", changes);
    expect(view()).toEqual([{ ...BARE, ...seen }]);
  });

  test("each target that is there, with the health and its description", () => {
    const { state, put, view } = world();
    const target = { targetGroupArn: GROUP, targetId: "10.0.0.1", port: 80 };
    put("1", { targets: [target, { ...target, port: 81 }, { ...target, port: 82 }] });
    state.commit(() => {
      for (const port of [80, 81]) registerTarget(state, { targetGroupArn: GROUP, id: "10.0.0.1", port, now: 0 });
      state.table(targets).update(`${GROUP}|10.0.0.1|80`, (one) => ({ ...one, health: { state: "healthy" } }));
      state.table(targets).update(`${GROUP}|10.0.0.1|81`, (one) => ({ ...one, health: { state: "unhealthy", description: "[503]" } }));
    });
    expect(view()[0]?.targets).toEqual([
      { targetGroupArn: GROUP, port: 80, state: "healthy" },
      { targetGroupArn: GROUP, port: 81, state: "unhealthy", description: "[503]" },
    ]);
  });

  test("is its service's part of it alone: a task of no deployment is of the one without a name", () => {
    const { put, view } = world();
    const { deploymentId: _none, ...loose } = taskRecord("1".repeat(32), { serviceArn: SERVICE });
    put("2", { serviceArn: "another" });
    put("1", { ...loose, deploymentId: undefined as never });
    expect(view()).toEqual([{ ...BARE, deploymentId: "" }]);
  });
});
