import { describe, expect, test } from "vitest";
import { memoryJournal } from "../../drivers/memory/journal.ts";
import { systemIds as ids } from "../../drivers/system/ids.ts";
import { services, tasks, type DeploymentRecord, type ServiceRecord, type TaskRecord } from "../../state/ecs.ts";
import { listeners, targetGroups, targets, type ListenerRecord, type TargetGroupRecord } from "../../state/elb.ts";
import { JournaledState } from "../../state/journaled-state.ts";
import { localInstanceId } from "../../state/local-host.ts";
import { interfaceOf, putTask, taskRecord } from "../../testing/task-record.ts";
import { deregisterTask, isDrained, registerTask } from "./targets.ts";

const SCOPE = { account: "123456789012", region: "us-east-1" };
const SERVICE = "arn:aws:ecs:us-east-1:123456789012:service/c/web";
const GROUP = "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/web/0123456789abcdef";
const BALANCER = { targetGroupArn: GROUP, containerName: "app", containerPort: 80 };
const ENDPOINT = { containerName: "app", containerPort: 80, address: "127.0.0.1", port: 32_768 };

/** A service whose deployment `d` is in one target group that a listener forwards to, and a task of it. */
function world(changes: Partial<TaskRecord> = {}, group: Partial<TargetGroupRecord> = {}, balancers: readonly object[] = [BALANCER]) {
  const state = new JournaledState(memoryJournal());
  const deployments = [
    { id: "other", loadBalancers: [] },
    { id: "d", loadBalancers: balancers },
  ] as unknown as DeploymentRecord[];
  const service = { ...SCOPE, arn: SERVICE, name: "web", deployments, events: [] } as unknown as ServiceRecord;
  const listener = {
    ...SCOPE,
    arn: "l",
    loadBalancerArn: "b",
    certificates: [],
    defaultActions: [{ Type: "forward", TargetGroupArn: GROUP }],
  };
  state.commit(() => {
    state.table(services).put(service);
    state.table(targetGroups).put({ ...SCOPE, arn: GROUP, targetType: "ip", attributes: {}, ...group } as TargetGroupRecord);
    state.table(listeners).put(listener as unknown as ListenerRecord);
  });
  const task = putTask(state, taskRecord("1".repeat(32), { serviceArn: SERVICE, deploymentId: "d", endpoints: [ENDPOINT], ...changes }));
  const latest = () => state.table(tasks).get(task.arn) as TaskRecord;
  return {
    state,
    task,
    latest,
    register: () => state.commit(() => registerTask(state, latest(), ids, 7)),
    deregister: (now = 9) => state.commit(() => deregisterTask(state, latest(), ids, now)),
    drained: () => isDrained(state, latest()),
    registered: () => [...state.table(targets).values()],
    events: () =>
      state
        .table(services)
        .get(SERVICE)
        ?.events.map(({ message }) => message),
  };
}

describe("a task that runs is registered", () => {
  test("in its group with the address of its interface, and reached where its port is; its service tells", () => {
    const { register, latest, registered, events } = world({ networkInterface: interfaceOf("10.0.0.5"), availabilityZone: "us-east-1b" });
    const after = register();
    expect(after.targets).toEqual([{ targetGroupArn: GROUP, targetId: "10.0.0.5", port: 80 }]);
    expect(latest()).toBe(after);
    expect(registered()).toMatchObject([
      {
        ...{ targetGroupArn: GROUP, id: "10.0.0.5", port: 80, address: "127.0.0.1", addressPort: 32_768 },
        ...{ availabilityZone: "us-east-1b", registeredAt: 7 },
      },
    ]);
    expect(events()).toEqual([`(service web) registered 1 targets in (target-group ${GROUP})`]);
  });

  test("by its address on this host where it has no interface", () => {
    const { register } = world();
    expect(register().targets).toEqual([{ targetGroupArn: GROUP, targetId: "127.0.0.1", port: 80 }]);
  });

  test("by the instance and its port where the group has instances", () => {
    const { register, task } = world({ networkInterface: interfaceOf("10.0.0.5") }, { targetType: "instance" });
    expect(register().targets).toEqual([{ targetGroupArn: GROUP, targetId: localInstanceId(task), port: 32_768 }]);
  });

  test("once", () => {
    const { register, events } = world();
    const first = register();
    expect(register()).toBe(first);
    expect(events()).toHaveLength(1);
  });

  test("with the container and the port that the group names, of several", () => {
    const { register } = world(
      { endpoints: [{ ...ENDPOINT, containerName: "side", port: 1 }, { ...ENDPOINT, containerPort: 81, port: 2 }, ENDPOINT] },
      { targetType: "instance" },
    );
    expect(register().targets.map(({ port }) => port)).toEqual([32_768]);
  });

  test.each<[string, Partial<TaskRecord>, Partial<TargetGroupRecord>, readonly object[]]>([
    ["of no service", { serviceArn: undefined as never }, {}, [BALANCER]],
    ["of a service that is gone", { serviceArn: "gone" }, {}, [BALANCER]],
    ["of a deployment that is over", { deploymentId: "gone" }, {}, [BALANCER]],
    ["of a deployment without a balancer", { deploymentId: "other" }, {}, [BALANCER]],
    ["whose balancer names no group", {}, {}, [{ ...BALANCER, targetGroupArn: undefined }]],
    ["whose group is gone", {}, {}, [{ ...BALANCER, targetGroupArn: "gone" }]],
    ["whose group is another account's", {}, { account: "210987654321" }, [BALANCER]],
    ["whose group is in another region", {}, { region: "eu-west-1" }, [BALANCER]],
    ["without the port", { endpoints: [{ ...ENDPOINT, containerPort: 81 }] }, {}, [BALANCER]],
    ["without the container", { endpoints: [{ ...ENDPOINT, containerName: "side" }] }, {}, [BALANCER]],
  ])("nowhere: one %s", (_what, changes, group, balancers) => {
    const { register, latest, registered, events } = world(changes, group, balancers);
    const before = latest();
    expect(register()).toBe(before);
    expect([registered(), events()]).toEqual([[], []]);
  });

  test("in the groups that are there, where another is gone", () => {
    const { register, events } = world({}, {}, [{ ...BALANCER, targetGroupArn: "gone" }, BALANCER]);
    expect(register().targets).toHaveLength(1);
    expect(events()).toHaveLength(1);
  });
});

describe("a task that ends", () => {
  test("drains in its groups, which is told once, and has drained when they have it no more", () => {
    const { state, register, deregister, drained, registered, events } = world();
    expect(drained()).toBe(true);
    register();
    expect(drained()).toBe(false);
    deregister();
    deregister(11);
    expect(registered()).toMatchObject([{ health: { state: "draining" }, drainingUntil: 9 + 300_000 }]);
    expect(events()?.[0]).toBe(`(service web) deregistered 1 targets in (target-group ${GROUP})`);
    expect(events()).toHaveLength(2);
    expect(drained()).toBe(false);
    state.commit(() => state.table(targets).delete(`${GROUP}|127.0.0.1|80`));
    expect(drained()).toBe(true);
    deregister();
    expect(events()).toHaveLength(2);
  });

  test("tells nobody where its service is gone, and drains all the same", () => {
    const { state, register, deregister, registered } = world();
    register();
    state.commit(() => state.table(services).delete(SERVICE));
    deregister();
    expect(registered()).toMatchObject([{ health: { state: "draining" } }]);
  });

  test("has not drained while one of its groups has it", () => {
    const { state, latest, register, drained } = world();
    register();
    state.commit(() =>
      state
        .table(tasks)
        .update(latest().arn, (task) => ({ ...task, targets: [{ targetGroupArn: "gone", targetId: "x", port: 1 }, ...task.targets] })),
    );
    expect(drained()).toBe(false);
  });
});
