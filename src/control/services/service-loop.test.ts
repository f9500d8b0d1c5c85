import { expect, onTestFinished, test, vi } from "vitest";
import { Judgements, type JudgedTask } from "../../decide/rollout/judgements.ts";
import { newDeployment } from "../../decide/rollout/new-deployment.ts";
import { memoryJournal } from "../../drivers/memory/journal.ts";
import { systemIds as ids } from "../../drivers/system/ids.ts";
import { clusters, services, taskDefinitions, tasks, type ClusterRecord, type ServiceRecord } from "../../state/ecs.ts";
import { registerTarget } from "../../state/elb-targets.ts";
import { targetKey, targets } from "../../state/elb.ts";
import { JournaledState } from "../../state/journaled-state.ts";
import { ManualClock } from "../../testing/manual-clock.ts";
import { definitionRecord, taskRecord } from "../../testing/task-record.ts";
import { serviceLoop } from "./service-loop.ts";

const SCOPE = { account: "123456789012", region: "us-east-1" };
const CLUSTER = "arn:aws:ecs:us-east-1:123456789012:cluster/c";
const GROUP = "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/web/0123456789abcdef";
const arnOf = (name: string): string => `arn:aws:ecs:us-east-1:123456789012:service/c/${name}`;

function world() {
  const clock = new ManualClock();
  const state = new JournaledState(memoryJournal());
  const told: string[] = [];
  const logger = { info: () => undefined, warn: () => undefined, error: (text: string) => void told.push(text) };
  const definition = definitionRecord();
  state.commit(() => {
    state.table(clusters).put({ ...SCOPE, arn: CLUSTER, name: "c" } as ClusterRecord);
    state.table(taskDefinitions).put(definition);
  });
  const put = (name: string, changes: Partial<ServiceRecord> = {}): void => {
    const deployment = {
      ...newDeployment(`ecs-svc/${name}`, definition.arn, 2, clock.now()),
      updatedAt: 0,
      launchType: "FARGATE",
      loadBalancers: [],
    };
    const service: Partial<ServiceRecord> = {
      ...SCOPE,
      ...{
        arn: arnOf(name),
        name,
        clusterArn: CLUSTER,
        clusterName: "c",
        status: "ACTIVE",
        schedulingStrategy: "REPLICA",
        desiredCount: 2,
      },
      ...{
        minimumHealthyPercent: 100,
        maximumPercent: 200,
        circuitBreaker: { enable: false, rollback: false },
        loadBalancers: [],
        told: {},
      },
      ...{ deployments: [deployment as never], events: [], tags: [], propagateTags: "NONE", taskDefinitionArn: definition.arn },
    };
    state.commit(() => state.table(services).put({ ...service, ...changes } as ServiceRecord));
  };
  const service = (name: string) => state.table(services).get(arnOf(name));
  const tasksOf = (name: string) => [...state.table(tasks).values()].filter(({ serviceArn }) => serviceArn === arnOf(name));
  /** All tasks of the service run, since now. */
  const run = (name: string): void =>
    state.commit(() => {
      for (const { arn } of tasksOf(name))
        state.table(tasks).update(arn, (task) => ({ ...task, lastStatus: "RUNNING", startedAt: clock.now() }));
    });
  const start = (): AsyncDisposable => serviceLoop({ state, clock, ids, logger });
  return { clock, state, told, put, service, tasksOf, run, start };
}

test("services that are there at the start, and those that come, get their tasks; one that is inactive gets none", async () => {
  const { clock, put, tasksOf, start, told } = world();
  put("before");
  put("deleted", { status: "INACTIVE" });
  await using _loop = start();
  await clock.pass(0);
  put("later");
  await clock.pass(0);
  expect(["before", "later", "deleted"].map((name) => tasksOf(name).length)).toEqual([2, 2, 0]);
  expect(told).toEqual([]);
});

test("a task that runs has its service looked at, and again when it has run long enough, with no other change", async () => {
  const { clock, put, service, run, start } = world();
  put("web");
  await using _loop = start();
  await clock.pass(0);
  run("web");
  await clock.pass(39_000);
  expect(service("web")?.deployments[0]?.rolloutState).toBe("IN_PROGRESS");
  await clock.pass(1_000);
  expect(service("web")?.deployments[0]?.rolloutState).toBe("COMPLETED");
});

test("a task that is gone is replaced", async () => {
  const { clock, state, put, tasksOf, start } = world();
  put("web");
  await using _loop = start();
  await clock.pass(0);
  const [first, second] = tasksOf("web").map(({ arn }) => arn);
  state.commit(() => state.table(tasks).delete(first ?? ""));
  await clock.pass(0);
  expect(tasksOf("web")).toHaveLength(2);
  expect(tasksOf("web").some(({ arn }) => arn === second)).toBe(true);
});

test("a task of no service wakes none", async () => {
  const { clock, state, put, start, told } = world();
  put("web");
  await using _loop = start();
  await clock.pass(0);
  state.commit(() =>
    state.table(tasks).put(taskRecord("1".repeat(32), { targets: [{ targetGroupArn: GROUP, targetId: "10.0.0.1", port: 80 }] })),
  );
  state.commit(() => registerTarget(state, { targetGroupArn: GROUP, id: "10.0.0.1", port: 80, now: 0 }));
  await clock.pass(0);
  expect(told).toEqual([]);
});

test("the health of a task's target has its service looked at; nothing else is", async () => {
  const { clock, state, put, service, tasksOf, run, start } = world();
  const loadBalancers = [{ targetGroupArn: GROUP, containerName: "app", containerPort: 80 }];
  put("web", { loadBalancers, desiredCount: 1 });
  state.commit(() =>
    state
      .table(services)
      .update(arnOf("web"), (one) => ({ ...one, deployments: one.deployments.map((deployment) => ({ ...deployment, loadBalancers })) })),
  );
  await using _loop = start();
  await clock.pass(0);
  const target = { targetGroupArn: GROUP, targetId: "10.0.0.1", port: 80 };
  state.commit(() => {
    for (const { arn } of tasksOf("web")) state.table(tasks).update(arn, (task) => ({ ...task, targets: [target] }));
    registerTarget(state, { targetGroupArn: GROUP, id: "10.0.0.1", port: 80, now: clock.now() });
  });
  run("web");
  await clock.pass(60_000);
  expect(service("web")?.deployments[0]?.rolloutState).toBe("IN_PROGRESS");
  state.commit(() => state.table(targets).update(targetKey(GROUP, "10.0.0.1", 80), (one) => ({ ...one, health: { state: "healthy" } })));
  await clock.pass(0);
  expect(service("web")?.deployments[0]?.rolloutState).toBe("COMPLETED");
});

test("a large service rests after a step, and one of a hundred tasks does not", async () => {
  const { clock, state, put, tasksOf, start } = world();
  put("large", { desiredCount: 250 });
  put("small", { desiredCount: 100 });
  await using _loop = start();
  await clock.pass(1_000);
  expect(["large", "small"].map((name) => tasksOf(name).length)).toEqual([250, 100]);
  const lose = (name: string): void => state.commit(() => void state.table(tasks).delete(tasksOf(name)[0]?.arn ?? ""));
  // The first step of each is told of at once; what comes in the pause after it waits for its end.
  for (const name of ["large", "small"]) lose(name);
  await clock.pass(0);
  for (const name of ["large", "small"]) lose(name);
  await clock.pass(0);
  expect(["large", "small"].map((name) => tasksOf(name).length)).toEqual([249, 100]);
  await clock.pass(2);
  expect(tasksOf("large")).toHaveLength(250);
});

test("what a plan took tasks for, the next one does not ask again", async () => {
  const judge = vi.spyOn(Judgements.prototype, "of");
  onTestFinished(() => judge.mockRestore());
  const { clock, state, put, run, start } = world();
  put("web");
  await using _loop = start();
  await clock.pass(0);
  run("web");
  await clock.pass(40_000);
  for (const desiredCount of [3, 2]) {
    state.commit(() => state.table(services).update(arnOf("web"), (one) => ({ ...one, healthCheckGracePeriodSeconds: 0, desiredCount })));
    await clock.pass(0);
  }
  const judged = judge.mock.results.map(({ value }) => value as readonly JudgedTask[]);
  const [before, after] = judged.slice(-2);
  expect(after?.filter((one) => one.condition.is === "healthy" && before?.includes(one))).toHaveLength(2);
});
