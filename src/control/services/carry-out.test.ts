import { describe, expect, test, vi } from "vitest";
import { newDeployment } from "../../decide/rollout/new-deployment.ts";
import { memoryJournal } from "../../drivers/memory/journal.ts";
import { systemIds as ids } from "../../drivers/system/ids.ts";
import type { RolloutPlan } from "../../decide/rollout/plan.ts";
import { serviceDeployments, type ServiceDeploymentRecord } from "../../state/ecs-service-deployments.ts";
import {
  clusters,
  services,
  taskDefinitions,
  tasks,
  type ClusterRecord,
  type DeploymentRecord,
  type ServiceRecord,
} from "../../state/ecs.ts";
import { JournaledState } from "../../state/journaled-state.ts";
import { definitionRecord, putTask, taskRecord } from "../../testing/task-record.ts";
import { carryOut } from "./carry-out.ts";

const SCOPE = { account: "123456789012", region: "us-east-1" };
const SERVICE = "arn:aws:ecs:us-east-1:123456789012:service/c/web";
const CLUSTER = "arn:aws:ecs:us-east-1:123456789012:cluster/c";

const ARNS = ["1", "2", "3"].map((digit) => taskRecord(digit.repeat(32)).arn);

/** A service whose deployment `d` has three tasks, of which one has stopped. */
function world() {
  const state = new JournaledState(memoryJournal());
  const definition = definitionRecord();
  const strategy = [
    { capacityProvider: "FARGATE", base: 1, weight: 1 },
    { capacityProvider: "FARGATE_SPOT", weight: 3 },
  ];
  const deployment = {
    ...newDeployment("d", definition.arn, 9, 0),
    launchType: "FARGATE",
    loadBalancers: [],
    capacityProviderStrategy: strategy,
  };
  const record = {
    ...SCOPE,
    arn: SERVICE,
    name: "web",
    clusterArn: CLUSTER,
    deployments: [deployment],
    events: [],
    propagateTags: "NONE",
  };
  state.commit(() => {
    state.table(clusters).put({ ...SCOPE, arn: CLUSTER, name: "c" } as ClusterRecord);
    state.table(taskDefinitions).put(definition);
    state.table(services).put(record as unknown as ServiceRecord);
  });
  for (const [digit, lastStatus] of [
    ["1", "RUNNING"],
    ["2", "RUNNING"],
    ["3", "STOPPED"],
  ] as const)
    putTask(
      state,
      taskRecord(digit.repeat(32), { serviceArn: SERVICE, deploymentId: "d", lastStatus, stopCode: "UserInitiated" }),
      definition,
    );
  const start = (count: number): void =>
    carryOut(
      state,
      SERVICE,
      Array.from({ length: count }, () => ({ kind: "start-task", deploymentId: "d", replacesUnhealthy: false })),
      ids,
      1,
    );
  const started = () => [...state.table(tasks).values()].filter(({ createdAt }) => createdAt > 0);
  const service = () => state.table(services).get(SERVICE) as ServiceRecord;
  const deployments = () => service().deployments;
  const events = () => service().events.map(({ message }) => message);
  const change = (changes: Partial<ServiceRecord>): void =>
    void state.commit(() => state.table(services).update(SERVICE, (one) => ({ ...one, ...changes })));
  /** Of the only deployment. */
  const deploy = (changes: Partial<DeploymentRecord>): void =>
    change({ deployments: deployments().map((one) => ({ ...one, ...changes })) });
  const carry = (...plan: RolloutPlan): void => carryOut(state, SERVICE, plan, ids, 7);
  const task = (arn = "") => state.table(tasks).get(arn);
  return { state, start, started, service, deployments, events, change, deploy, carry, task };
}

test("capacity providers go on from the tasks that the deployment has, also over several plans", () => {
  const { start, started } = world();
  const providers = (): string[] => started().map(({ capacityProviderName = "" }) => capacityProviderName);
  start(2);
  expect(providers()).toEqual(["FARGATE_SPOT", "FARGATE_SPOT"]);
  start(4);
  // One is the base, the second of four by weight; of the next ones each fourth is again the first provider's.
  expect(providers().toSorted()).toEqual(["FARGATE", ...Array.from({ length: 5 }, () => "FARGATE_SPOT")]);
});

test("what a plan's tasks have in common is looked up once, and each event names ten of them", () => {
  const { state, start, started } = world();
  const looks = [vi.spyOn(state.table(tasks), "by"), vi.spyOn(state.table(taskDefinitions), "get"), vi.spyOn(state.table(clusters), "get")];
  start(25);
  expect(looks.map((look) => look.mock.calls.length)).toEqual([1, 1, 1]);
  expect(started()).toHaveLength(25);
  const events = state.table(services).get(SERVICE)?.events ?? [];
  expect(events.map(({ message }) => /has started (\d+) tasks/.exec(message)?.[1])).toEqual(["5", "10", "10"]);
});

test("its tasks know what their deployment knows by Service Connect, and are nobody's clients where it is not enabled", () => {
  const { start, started, deploy } = world();
  const names = [{ hostname: "backend", ipAddress: "240.0.0.1" }];
  deploy({ connect: { configuration: { enabled: true }, namespaceId: "ns-1", endpoints: [], names } });
  start(1);
  deploy({ connect: { configuration: { enabled: false }, endpoints: [], names: [] } });
  start(1);
  expect(started().map(({ connect }) => connect)).toEqual(expect.arrayContaining([{ namespaceId: "ns-1", names }, undefined]));
});

test("a deployment that cannot start tasks says so once", () => {
  const { state, start, started } = world();
  state.commit(() => state.table(clusters).delete(CLUSTER));
  const put = vi.spyOn(state.table(services), "put");
  start(25);
  expect(started()).toEqual([]);
  expect(put).toHaveBeenCalledTimes(1);
  expect(state.table(services).get(SERVICE)?.deployments[0]?.placementFailure?.reason).toContain("its cluster is gone");
});

describe("each step of a plan does to the records what it says:", () => {
  test("a deployment's members are replaced, and those of another one are left", () => {
    const { carry, change, deployments } = world();
    const other = { ...deployments()[0], id: "e" } as DeploymentRecord;
    change({ deployments: [...deployments(), other] });
    carry({ kind: "update-deployment", deploymentId: "d", changes: { rolloutState: "COMPLETED", failedTasks: 2 } });
    expect(deployments()[0]).toMatchObject({ id: "d", rolloutState: "COMPLETED", failedTasks: 2, updatedAt: 7 });
    expect(deployments()[1]).toEqual(other);
  });

  test.each(["healthySeen", "failureCounted"] as const)("a task is marked with %s alone", (mark) => {
    const { carry, task } = world();
    const before = task(ARNS[0]);
    carry({ kind: "mark-task", taskArn: ARNS[0] ?? "", mark });
    expect(task(ARNS[0])).toEqual({ ...before, [mark]: true });
  });

  test("a task is asked to stop, with the reason, from now on", () => {
    const { carry, task } = world();
    carry({ kind: "stop-task", taskArn: ARNS[0] ?? "", stopCode: "ServiceSchedulerInitiated", reason: "Scaling" });
    expect(task(ARNS[0])).toMatchObject({
      ...{
        desiredStatus: "STOPPED",
        lastStatus: "RUNNING",
        stopCode: "ServiceSchedulerInitiated",
        stoppedReason: "Scaling",
        stoppingAt: 7,
      },
    });
    expect(task(ARNS[1])?.desiredStatus).toBe("RUNNING");
  });

  test("one that somebody else has stopped before keeps their reason", () => {
    const { state, carry, task } = world();
    const theirs = { desiredStatus: "STOPPED", stopCode: "UserInitiated", stoppedReason: "mine", stoppingAt: 3 } as const;
    state.commit(() => state.table(tasks).update(ARNS[0] ?? "", (one) => ({ ...one, ...theirs })));
    carry({ kind: "stop-task", taskArn: ARNS[0] ?? "", stopCode: "ServiceSchedulerInitiated", reason: "Scaling" });
    expect(task(ARNS[0])).toMatchObject(theirs);
  });

  test("a deployment goes, an event comes, what was told is replaced, and a drained service is inactive with no deployment", () => {
    const { carry, service, events } = world();
    carry({ kind: "event", message: "hello" }, { kind: "update-told", told: { steady: 5 } }, { kind: "wake-at", at: 9 });
    expect(events()).toEqual(["hello"]);
    expect(service().events[0]?.createdAt).toBe(7);
    expect(service().told).toEqual({ steady: 5 });
    expect(service().deployments).toHaveLength(1);
    carry({ kind: "remove-deployment", deploymentId: "e" });
    expect(service().deployments).toHaveLength(1);
    carry({ kind: "remove-deployment", deploymentId: "d" });
    expect(service().deployments).toEqual([]);
    carry({ kind: "complete-deletion" });
    expect(service()).toMatchObject({ status: "INACTIVE", deployments: [] });
  });

  test("a service that is gone gets nothing", () => {
    const { state, carry, started } = world();
    state.commit(() => state.table(services).delete(SERVICE));
    carry({ kind: "start-task", deploymentId: "d", replacesUnhealthy: false }, { kind: "event", message: "hello" });
    expect([started(), state.table(services).has(SERVICE)]).toEqual([[], false]);
  });
});

describe("a rollback", () => {
  const PLAN: RolloutPlan = [
    {
      kind: "rollback",
      failed: { kind: "update-deployment", deploymentId: "d", changes: { status: "ACTIVE", rolloutState: "FAILED", failedTasks: 4 } },
      restored: { kind: "update-deployment", deploymentId: "before", changes: { status: "PRIMARY" } },
      taskDefinitionArn: "arn:before",
    },
  ];
  const historyOf = (deploymentId: string): ServiceDeploymentRecord =>
    ({
      arn: `history/${deploymentId}`,
      account: SCOPE.account,
      serviceArn: SERVICE,
      deploymentId,
      revisionArn: `revision/${deploymentId}`,
    }) as never;

  /** @param remembered the deployments that the history has */
  function rolledBack(...remembered: readonly string[]) {
    const at = world();
    // The failed one is not the first: what it counted is found by its id.
    at.change({ deployments: [{ ...at.deployments()[0], id: "before", status: "ACTIVE" } as DeploymentRecord, ...at.deployments()] });
    at.state.commit(() => remembered.forEach((id) => at.state.table(serviceDeployments).put(historyOf(id))));
    at.carry(...PLAN);
    return { ...at, tripped: at.state.table(serviceDeployments).get("history/d")?.tripped };
  }

  test("makes the deployment before PRIMARY again, says of which it is the rollback, and runs what that ran", () => {
    const { service, deployments } = rolledBack();
    expect(deployments()).toMatchObject([
      { id: "before", status: "PRIMARY", rollbackOf: "d", updatedAt: 7 },
      { id: "d", status: "ACTIVE", rolloutState: "FAILED", failedTasks: 4, updatedAt: 7 },
    ]);
    expect(deployments()[1]).not.toHaveProperty("rollbackOf");
    expect(service().taskDefinitionArn).toBe("arn:before");
  });

  test.each([
    ["both", ["d", "before"], { failureCount: 4, at: 7, restoredRevisionArn: "revision/before" }],
    ["the failed one alone", ["d"], { failureCount: 4, at: 7 }],
    ["the one before alone", ["before"], undefined],
    ["neither", [], undefined],
  ])("is remembered where the history has %s", (_which, remembered, expected) => {
    // To the letter: what is not known is absent.
    expect(rolledBack(...remembered).tripped).toStrictEqual(expected);
  });

  test("of a deployment that the service does not have any more is not remembered", () => {
    const at = world();
    at.change({ deployments: [] });
    at.state.commit(() => at.state.table(serviceDeployments).put(historyOf("d")));
    at.carry(...PLAN);
    expect(at.state.table(serviceDeployments).get("history/d")).not.toHaveProperty("tripped");
  });
});

describe("the tasks of a deployment", () => {
  test("are the service's, started by the deployment, with what it says of them", () => {
    const { start, started, change, deploy, service } = world();
    const networkConfiguration = { awsvpcConfiguration: { subnets: ["subnet-1"] } };
    change({ enableExecuteCommand: true });
    deploy({ capacityProviderStrategy: [], platformVersion: "1.3.0", networkConfiguration });
    start(1);
    expect(started()).toMatchObject([
      {
        ...{ clusterArn: CLUSTER, serviceArn: SERVICE, deploymentId: "d", startedBy: "d", group: "service:web", launchType: "FARGATE" },
        ...{ platformVersion: "1.3.0", networkConfiguration, enableExecuteCommand: true, tags: [] },
      },
    ]);
    for (const absent of ["capacityProviderName", "preferredSubnetId"]) expect(started()[0]).not.toHaveProperty(absent);
    expect(service().deployments[0]).not.toHaveProperty("placementFailure");
  });

  test("are without what it does not say, and go where the plan wants them", () => {
    const { carry, started } = world();
    carry({ kind: "start-task", deploymentId: "d", replacesUnhealthy: false, subnetId: "subnet-2" });
    const [task] = started();
    expect(task).toMatchObject({ preferredSubnetId: "subnet-2", platformVersion: "1.4.0" });
    expect(task?.tags).toEqual([]);
    expect(task).not.toHaveProperty("networkConfiguration");
  });

  test("of a deployment without a strategy have no provider, and none is counted", () => {
    const { state, start, started, service, change } = world();
    const { capacityProviderStrategy: _none, ...deployment } = service().deployments[0] as DeploymentRecord;
    change({ deployments: [deployment] });
    const look = vi.spyOn(state.table(tasks), "by");
    start(2);
    expect(started().map((one) => "capacityProviderName" in one)).toEqual([false, false]);
    expect(look).not.toHaveBeenCalled();
  });

  test("of another deployment do not count for its providers", () => {
    const { state, start, started } = world();
    for (const arn of ARNS) state.commit(() => state.table(tasks).update(arn, (one) => ({ ...one, deploymentId: "e" })));
    start(1);
    expect(started()[0]?.capacityProviderName).toBe("FARGATE");
  });

  test("are none where the service does not have the deployment", () => {
    const { carry, started, events, service } = world();
    const before = service();
    carry({ kind: "start-task", deploymentId: "gone", replacesUnhealthy: false });
    expect([started(), events()]).toEqual([[], []]);
    expect(service()).toEqual(before);
  });

  const own = [{ key: "own", value: "service" }];
  const definitions = [{ key: "own", value: "definition" }];
  const managed = [
    { key: "aws:ecs:clusterName", value: "c" },
    { key: "aws:ecs:serviceName", value: "web" },
  ];
  test.each([
    ["SERVICE", false, own],
    ["TASK_DEFINITION", false, definitions],
    ["NONE", false, []],
    ["SERVICE", true, [...own, ...managed]],
    ["NONE", true, managed],
  ] as const)("carry tags: of %s, with ECS's own %s", (propagateTags, enableECSManagedTags, expected) => {
    const { state, start, started, change } = world();
    change({ propagateTags, enableECSManagedTags, tags: own, clusterName: "c" });
    state.commit(() => state.table(taskDefinitions).put({ ...definitionRecord(), tags: definitions }));
    start(1);
    expect(started()[0]?.tags).toEqual(expected);
  });

  test("that take the place of unhealthy ones are counted in the event of their ten", () => {
    const { carry, events } = world();
    const step = (replacesUnhealthy: boolean) => ({ kind: "start-task", deploymentId: "d", replacesUnhealthy }) as const;
    carry(step(true), step(false), step(true));
    expect(events()).toHaveLength(1);
    expect(events()[0]).toMatch(/has started 3 tasks: .*\. Amazon ECS replaced 2 tasks due to an unhealthy status\.$/);
  });

  test("of two deployments are told of apart", () => {
    const { carry, change, deployments, events } = world();
    change({ deployments: [...deployments(), { ...deployments()[0], id: "e" } as DeploymentRecord] });
    carry(
      { kind: "start-task", deploymentId: "d", replacesUnhealthy: false },
      { kind: "start-task", deploymentId: "e", replacesUnhealthy: false },
      { kind: "start-task", deploymentId: "d", replacesUnhealthy: false },
    );
    expect(events().map((message) => /has started (\d+) tasks/.exec(message)?.[1])).toEqual(["1", "2"]);
  });
});

describe("a deployment whose tasks cannot be started notes why, and when:", () => {
  const GONE = { at: 1, reason: "The task definition arn:aws:ecs:us-east-1:123456789012:task-definition/app:1 or its cluster is gone." };

  test.each([
    ["its cluster is gone", "cluster"],
    ["its task definition is gone", "definition"],
  ] as const)("%s", (_why, which) => {
    const { state, start, started, deployments, change } = world();
    change({ deployments: [...deployments(), { ...deployments()[0], id: "e" } as DeploymentRecord] });
    state.commit(() =>
      which === "cluster" ? state.table(clusters).delete(CLUSTER) : state.table(taskDefinitions).delete(definitionRecord().arn),
    );
    start(2);
    expect(started()).toEqual([]);
    expect(deployments().map(({ placementFailure }) => placementFailure)).toEqual([GONE, undefined]);
  });

  test("a role that ECS cannot take on, which is no matter of the place", () => {
    const { state, start, started, deployments } = world();
    state.commit(() => state.table(taskDefinitions).put(definitionRecord({ taskRoleArn: "arn:aws:iam::123456789012:role/none" })));
    start(2);
    expect(started()).toEqual([]);
    expect(deployments()[0]?.placementFailure).toEqual({
      at: 1,
      reason: expect.stringContaining("ECS was unable to assume the role 'arn:aws:iam::123456789012:role/none'"),
      refused: true,
    });
  });

  test("a definition of another account, whatever the record says", () => {
    const { state, start, started, deploy, deployments } = world();
    const foreign = { ...definitionRecord(), account: "210987654321", arn: "arn:aws:ecs:us-east-1:210987654321:task-definition/app:1" };
    state.commit(() => state.table(taskDefinitions).put(foreign));
    deploy({ taskDefinitionArn: foreign.arn });
    start(1);
    expect(started()).toEqual([]);
    expect(deployments()[0]?.placementFailure?.reason).toContain("is gone");
  });
});
