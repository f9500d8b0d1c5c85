import { describe, expect, test } from "vitest";
import {
  aDeployment,
  aService,
  aTask,
  carryOut,
  effects,
  messages,
  NOW,
  TARGET_GROUP,
  taskArn,
  tasksOf,
  taskSteps,
} from "../../testing/rollout-view.ts";
import { newDeployment } from "./new-deployment.ts";
import { planRollout } from "./plan-rollout.ts";
import type { DeploymentView, RolloutView, ServiceView, TaskView } from "./view.ts";

const MINUTE = 60_000;
const completed = { rolloutState: "COMPLETED", rolloutStateReason: "ECS deployment old completed." } as const;

/** A deployment `new` beside the completed deployment `old`; letters as in `tasksOf`. */
function rollingDeploy(
  letters: { old?: string; new: string },
  service: Partial<ServiceView> = {},
  changes: Partial<DeploymentView> = {},
): RolloutView {
  const old = letters.old === undefined ? [] : [aDeployment("old", { ...completed, status: "ACTIVE", createdAt: NOW - 60 * MINUTE })];
  return {
    now: NOW,
    service: aService(service),
    deployments: [...old, aDeployment("new", changes)],
    tasks: [...tasksOf("old", letters.old ?? ""), ...tasksOf("new", letters.new)],
  };
}

const percent = (minimumHealthyPercent: number, maximumPercent: number, desiredCount: number) => ({
  minimumHealthyPercent,
  maximumPercent,
  desiredCount,
});
const times = (count: number, step: string) => Array.from({ length: count }, () => step);

describe("a rolling deployment", () => {
  test.each<[string, ReturnType<typeof percent>, { old?: string; new: string }, readonly string[]]>([
    ["starts a new service's tasks at once", percent(100, 200, 3), { new: "" }, times(3, "start new")],
    ["starts new tasks beside the old where the maximum has room", percent(100, 200, 2), { old: "HH", new: "" }, times(2, "start new")],
    ["rounds the maximum down", percent(100, 150, 3), { old: "HHH", new: "" }, times(1, "start new")],
    ["rounds the minimum up", percent(34, 100, 3), { old: "HHH", new: "" }, ["stop old-3"]],
    ["keeps old tasks while new ones come up", percent(100, 200, 2), { old: "HH", new: "rp" }, []],
    ["gives an old task up for each healthy new one", percent(100, 200, 2), { old: "HH", new: "Hr" }, ["stop old-2"]],
    ["stops the last old task when all new ones are healthy", percent(100, 200, 2), { old: "Hx", new: "HH" }, ["stop old-1"]],
    ["stops old tasks first where the maximum has no room", percent(50, 100, 4), { old: "HHHH", new: "" }, ["stop old-3", "stop old-4"]],
    ["waits for those that it stopped", percent(50, 100, 4), { old: "HHss", new: "" }, []],
    ["starts new tasks once they no longer run", percent(50, 100, 4), { old: "HHdx", new: "" }, times(2, "start new")],
    ["keeps to the minimum of healthy ones meanwhile", percent(50, 100, 4), { old: "HHdx", new: "pr" }, []],
    ["goes on in batches", percent(50, 100, 4), { old: "HHxx", new: "HH" }, ["stop old-1", "stop old-2"]],
    ["may stop everything at a minimum of zero", percent(0, 100, 2), { old: "HH", new: "" }, ["stop old-1", "stop old-2"]],
    [
      "stops no more than it needs room for",
      percent(0, 150, 4),
      { old: "HHHH", new: "" },
      [...times(2, "start new"), "stop old-3", "stop old-4"],
    ],
    ["prefers to stop old tasks that are not well", percent(50, 100, 2), { old: "HU", new: "" }, ["stop old-2"]],
    ["replaces a new task that ended", percent(100, 200, 2), { old: "HH", new: "pC" }, times(1, "start new")],
    ["replaces an old task that ended by one of its own kind", percent(100, 200, 2), { old: "HE", new: "rr" }, times(1, "start old")],
    [
      "replaces an old task first where the service is below its minimum",
      percent(100, 150, 4),
      { old: "HHHE", new: "pp" },
      times(1, "start old"),
    ],
    [
      "does not let a baseline that no longer works keep the new one from its room",
      percent(50, 100, 2),
      { old: "xx", new: "" },
      times(2, "start new"),
    ],
    [
      "keeps old ones that are all unwell until what replaces them is judged",
      percent(100, 300, 2),
      { old: "UU", new: "pp" },
      times(2, "start old"),
    ],
    ["takes nothing away for a maximum that was lowered while it went on", percent(50, 100, 2), { old: "HH", new: "rr" }, []],
    ["does nothing where neither bound gives way", percent(100, 100, 2), { old: "HH", new: "" }, []],
    ["does not wait for old tasks at a desired count of zero", percent(100, 200, 0), { old: "HH", new: "" }, ["stop old-1", "stop old-2"]],
  ])("%s", (_, service, letters, steps) => {
    expect(taskSteps(planRollout(rollingDeploy(letters, service)))).toEqual(steps.toSorted());
  });

  test("is completed, and steady, when its tasks are healthy and no other has any", () => {
    const plan = planRollout(rollingDeploy({ old: "xx", new: "HH" }));
    expect(effects(plan)).toEqual([
      { kind: "event", message: "(service web) (deployment new) deployment completed." },
      { kind: "event", message: "(service web) has reached a steady state." },
      {
        kind: "update-deployment",
        deploymentId: "new",
        changes: { rolloutState: "COMPLETED", rolloutStateReason: "ECS deployment new completed." },
      },
      { kind: "remove-deployment", deploymentId: "old" },
      { kind: "update-told", told: { steady: NOW } },
    ]);
  });

  test("is not completed while an old task still drains", () => {
    expect(messages(planRollout(rollingDeploy({ old: "dx", new: "HH" })))).toEqual([]);
  });

  test("tells once that its bounds keep it from going on", () => {
    const view = rollingDeploy({ old: "HH", new: "" }, percent(100, 100, 2));
    const plan = planRollout(view);
    expect(messages(plan)).toEqual([
      "(service web) was unable to stop or start tasks during a deployment because of the service deployment configuration. " +
        "Update the minimumHealthyPercent or maximumPercent value and try again.",
    ]);
    expect(effects(planRollout(carryOut(view, plan, () => "none")))).toEqual([]);
  });

  test("that comes during another one stops what the other has not brought up, and keeps what it has", () => {
    const view: RolloutView = {
      now: NOW,
      service: aService({ desiredCount: 4, maximumPercent: 150 }),
      deployments: [
        aDeployment("v1", { ...completed, status: "ACTIVE", createdAt: NOW - 3 * MINUTE }),
        aDeployment("v2", { status: "ACTIVE", createdAt: NOW - 2 * MINUTE }),
        aDeployment("v3", { createdAt: NOW }),
      ],
      tasks: [...tasksOf("v1", "HHH"), ...tasksOf("v2", "HpU")],
    };
    expect(taskSteps(planRollout(view))).toEqual(["stop v2-2", "stop v2-3"]);
  });

  test("that comes during another one keeps nothing of it that serves nobody, also where places are free", () => {
    const view: RolloutView = {
      now: NOW,
      service: aService({ desiredCount: 4 }),
      deployments: [
        aDeployment("v1", { ...completed, status: "ACTIVE", createdAt: NOW - 3 * MINUTE }),
        aDeployment("v2", { status: "ACTIVE", createdAt: NOW - 2 * MINUTE }),
        aDeployment("v3", { createdAt: NOW }),
      ],
      tasks: [...tasksOf("v1", "HH"), ...tasksOf("v2", "pU")],
    };
    expect(taskSteps(planRollout(view))).toEqual([...times(4, "start v3"), "stop v2-1", "stop v2-2"]);
  });

  test("that comes before the first one was judged keeps its running tasks until their successors are healthy: they may serve already", () => {
    const view = (letters: string): RolloutView => ({
      now: NOW,
      service: aService({ desiredCount: 2, minimumHealthyPercent: 100, maximumPercent: 200 }),
      deployments: [aDeployment("v1", { status: "ACTIVE", createdAt: NOW - MINUTE }), aDeployment("v2", { createdAt: NOW })],
      tasks: [...tasksOf("v1", "rr"), ...tasksOf("v2", letters)],
    });
    expect(taskSteps(planRollout(view("")))).toEqual(["start v2", "start v2"]);
    expect(taskSteps(planRollout(view("rH")))).toEqual(["stop v1-2"]);
    expect(taskSteps(planRollout(view("HH")))).toEqual(["stop v1-1", "stop v1-2"]);
  });

  test("that superseded one without any tasks left removes it, but keeps the completed one to go back to", () => {
    const view: RolloutView = {
      now: NOW,
      service: aService(),
      deployments: [
        aDeployment("v1", { ...completed, status: "ACTIVE", createdAt: NOW - 3 * MINUTE }),
        aDeployment("v2", { status: "ACTIVE", createdAt: NOW - 2 * MINUTE }),
        aDeployment("v3", { createdAt: NOW }),
      ],
      tasks: [...tasksOf("v1", "xx"), ...tasksOf("v2", "xF"), ...tasksOf("v3", "pp")],
    };
    expect(planRollout(view).filter(({ kind }) => kind === "remove-deployment")).toEqual([
      { kind: "remove-deployment", deploymentId: "v2" },
    ]);
  });

  test("shows what the old deployment is left with as its desired count", () => {
    const plan = planRollout(rollingDeploy({ old: "HHH", new: "Hr" }, percent(100, 200, 3)));
    expect(plan).toContainEqual({ kind: "update-deployment", deploymentId: "new", changes: { desiredCount: 3 } });
    expect(taskSteps(plan)).toEqual(["start new", "stop old-3"]);
    expect(plan.filter((step) => step.kind === "update-deployment" && step.deploymentId === "old")).toEqual([]);
  });
});

describe("scaling", () => {
  const steady = (letters: string, service: Partial<ServiceView>): RolloutView => rollingDeploy({ new: letters }, service, completed);

  test.each<[string, number, string, readonly string[]]>([
    ["out starts what is missing", 4, "HH", times(2, "start new")],
    ["in stops the newest of equals", 1, "HHH", ["stop new-2", "stop new-3"]],
    ["in stops tasks on their way up first", 2, "pHH", ["stop new-1"]],
    ["in stops tasks that fail their health checks first", 2, "UHH", ["stop new-1"]],
    ["to zero stops all", 0, "HpU", ["stop new-1", "stop new-2", "stop new-3"]],
  ])("%s", (_, desiredCount, letters, steps) => {
    expect(taskSteps(planRollout(steady(letters, { desiredCount })))).toEqual(steps);
  });

  test("keeps the zones balanced, in and out", () => {
    const subnets = [
      { subnetId: "subnet-b", zone: "us-east-1b" },
      { subnetId: "subnet-a", zone: "us-east-1a" },
    ];
    const placed = (id: string, subnetId: string): TaskView => ({ ...tasksOf(id, "H")[0]!, deploymentId: "new", subnetId });
    const tasks = [placed("t1", "subnet-a"), placed("t2", "subnet-a"), placed("t3", "subnet-b")];
    const view = { ...steady("", { subnets }), tasks };
    expect(taskSteps(planRollout({ ...view, service: { ...view.service, desiredCount: 2 } }))).toEqual(["stop t1-1"]);
    const out = planRollout({ ...view, service: { ...view.service, desiredCount: 6 } });
    expect(out.flatMap((step) => (step.kind === "start-task" ? [step.subnetId] : []))).toEqual(["subnet-b", "subnet-a", "subnet-b"]);
  });

  test.each([
    ["leave, or have left", "Hdx"],
    ["stop for it", "HUU"],
  ])("does not count tasks in a zone that %s", (_, letters) => {
    const service = { desiredCount: 2, minimumHealthyPercent: 50, subnets: ["a", "b"].map((zone) => ({ subnetId: zone, zone })) };
    const view = steady("", service);
    const tasks = tasksOf("new", letters).map((task, at) => ({ ...task, subnetId: at === 0 ? "a" : "b" }));
    const starts = planRollout({ ...view, tasks }).filter(({ kind }) => kind === "start-task");
    expect(starts).toMatchObject([{ subnetId: "b" }]);
  });

  test("tells what it stopped in AWS's words", () => {
    const plan = planRollout(steady("HH", { desiredCount: 1 }));
    expect(plan).toContainEqual({
      kind: "stop-task",
      taskArn: taskArn("new-2"),
      stopCode: "ServiceSchedulerInitiated",
      reason: "Scaling activity initiated by (deployment new)",
    });
    expect(messages(plan)).toEqual([
      "(service web) has stopped 1 running tasks: (task new-2).",
      "(service web, taskSet new) has begun draining connections on 1 tasks.",
    ]);
  });
});

describe("a task that fails its health checks", () => {
  const service = (letters: string, changes: Partial<ServiceView> = {}) => rollingDeploy({ new: letters }, changes, completed);

  test.each<[string, RolloutView, readonly string[]]>([
    ["is replaced first, and stays meanwhile where it is needed for the minimum", service("HU"), ["start new"]],
    ["stays while its replacement comes up", service("HUr"), []],
    ["is stopped when its replacement is healthy", service("HUH"), ["stop new-2"]],
    ["is stopped when its replacement fails too, the older one first", service("HUU"), ["start new", "stop new-2"]],
    ["goes at once where enough healthy ones remain", service("HU", { minimumHealthyPercent: 50 }), ["start new", "stop new-2"]],
    ["goes first where the maximum has no room, one at a time", service("UU", { maximumPercent: 100 }), ["stop new-1"]],
    ["and the next waits for its replacement", service("sU", { maximumPercent: 100 }), []],
    ["of a new deployment goes at once while the old one serves", rollingDeploy({ old: "Hx", new: "HU" }), ["start new", "stop new-2"]],
  ])("%s", (_, view, steps) => {
    expect(taskSteps(planRollout(view))).toEqual(steps);
  });

  test("is left alone in its grace period, then judged", () => {
    const starting = { lastStatus: "RUNNING", startedAt: NOW - 20_000 } as const;
    const targets = [
      { targetGroupArn: TARGET_GROUP, port: 80, state: "unhealthy", description: "Health checks failed with these codes: [503]" },
    ] as const;
    const view = {
      ...service("HH", { healthCheckGracePeriodSeconds: 30, desiredCount: 3, minimumHealthyPercent: 50 }),
      tasks: [...tasksOf("new", "HH"), aTask("slow", "new", { ...starting, targets })],
    };
    expect(planRollout(view)).toContainEqual({ kind: "wake-at", at: NOW + 10_000 });
    expect(taskSteps(planRollout(view))).toEqual([]);

    const plan = planRollout({ ...view, now: NOW + 10_000 });
    expect(taskSteps(plan)).toEqual(["start new", "stop slow"]);
    expect(plan).toContainEqual(expect.objectContaining({ reason: `Task failed ELB health checks in (target-group ${TARGET_GROUP})` }));
    expect(messages(plan)[0]).toBe(
      `(service web) (task slow) (port 80) is unhealthy in (target-group ${TARGET_GROUP}) due to (reason Health checks failed with these codes: [503]).`,
    );
  });

  test("of a container is told so", () => {
    const sick = aTask("sick", "new", { lastStatus: "RUNNING", startedAt: NOW - MINUTE, containerHealth: "UNHEALTHY" });
    const plan = planRollout({ ...service("HH", { desiredCount: 3, minimumHealthyPercent: 50 }), tasks: [...tasksOf("new", "HH"), sick] });
    expect(plan).toContainEqual(expect.objectContaining({ kind: "stop-task", reason: "Task failed container health checks" }));
    expect(messages(plan)).toContain("(service web) (task sick) failed container health checks.");
  });
});

describe("what counts as healthy", () => {
  const running = (seconds: number, changes: Partial<TaskView> = {}) =>
    aTask("one", "new", { lastStatus: "RUNNING", startedAt: NOW - seconds * 1_000, ...changes });
  const healthy = { targetGroupArn: TARGET_GROUP, port: 80, state: "healthy" } as const;
  const initial = { targetGroupArn: TARGET_GROUP, port: 80, state: "initial" } as const;

  test.each<[string, readonly string[], TaskView, boolean]>([
    ["a task that nothing checks, after 40 seconds", [], running(40), true],
    ["a task that nothing checks, not before", [], running(39), false],
    ["a container that says so, at once", [], running(1, { containerHealth: "HEALTHY" }), true],
    ["a container that does not yet say so", [], running(100, { containerHealth: "UNKNOWN" }), false],
    ["a healthy target", [TARGET_GROUP], running(1, { targets: [healthy] }), true],
    ["a target in its first checks", [TARGET_GROUP], running(100, { targets: [initial] }), false],
    ["a target not registered yet", [TARGET_GROUP], running(100), false],
    [
      "a healthy target of a container that is not",
      [TARGET_GROUP],
      running(100, { targets: [healthy], containerHealth: "UNKNOWN" }),
      false,
    ],
    ["a target healthy in one of two groups", [TARGET_GROUP, "another"], running(100, { targets: [healthy] }), false],
  ])("%s", (_, targetGroupArns, task, isHealthy) => {
    const view = { ...rollingDeploy({ new: "" }, { desiredCount: 1, targetGroupArns }), tasks: [task] };
    expect(messages(planRollout(view)).includes("(service web) (deployment new) deployment completed.")).toBe(isHealthy);
  });
});

describe("a task that ends", () => {
  test("is replaced at once the first time, then more and more slowly", () => {
    const failed = (failedStarts: number) => ({ restarts: { failedStarts, crashes: 0, lastFailureAt: NOW - 5 * MINUTE } });
    const first = planRollout(rollingDeploy({ new: "HF" }));
    expect(taskSteps(first)).toEqual(["start new"]);

    const view = rollingDeploy({ new: "HF" }, {}, failed(4));
    const plan = planRollout(view);
    expect(taskSteps(plan)).toEqual([]);
    expect(messages(plan)).toEqual([
      "(service web) is unable to consistently start tasks successfully. For more information, see the Troubleshooting section.",
    ]);
    expect(plan).toContainEqual({ kind: "wake-at", at: NOW + 80_000 });
    const later = planRollout({ ...carryOut(view, plan, () => "none"), now: NOW + 80_000 });
    expect(taskSteps(later)).toEqual(["start new"]);
    expect(messages(later)).toEqual([]);
  });

  test("after it was healthy is replaced without a pause, and is no failure of the deployment", () => {
    expect(planRollout(rollingDeploy({ new: "HE" })).map(({ kind }) => kind)).toEqual(["start-task"]);
  });

  test("because a person stopped it is no failure", () => {
    const view = rollingDeploy({ new: "Hx" });
    const tasks = view.tasks.map((task) => (task.lastStatus === "STOPPED" ? { ...task, stopCode: "UserInitiated" as const } : task));
    expect(planRollout({ ...view, tasks }).map(({ kind }) => kind)).toEqual(["start-task"]);
  });

  test("counts once", () => {
    const view = rollingDeploy({ new: "FC" });
    const plan = planRollout(view);
    expect(plan).toContainEqual({
      kind: "update-deployment",
      deploymentId: "new",
      changes: { failedTasks: 2, restarts: { failedStarts: 1, crashes: 1, lastFailureAt: NOW } },
    });
    expect(effects(planRollout(carryOut(view, plan, nameTasks())))).toEqual([]);
  });

  test("that could not be placed is told with its reason", () => {
    const view = rollingDeploy({ new: "H" }, {}, { placementFailure: { at: NOW - 1_000, reason: "RESOURCE:ENI." } });
    const plan = planRollout(view);
    expect(messages(plan)).toEqual(["(service web) was unable to place a task. Reason: RESOURCE:ENI."]);
    expect(effects(planRollout(carryOut(view, plan, nameTasks())))).toEqual([]);
  });

  test("whose roles ECS cannot assume is told with the error", () => {
    const view = rollingDeploy(
      { new: "H" },
      {},
      { placementFailure: { at: NOW - 1_000, reason: "ECS was unable to assume it", refused: true } },
    );
    expect(messages(planRollout(view))).toEqual(["(service web) failed to launch a task with (error ECS was unable to assume it)."]);
  });
});

describe("the circuit breaker", () => {
  const breaker = (rollback: boolean) => ({ circuitBreaker: { enable: true, rollback } });

  test("rolls back to the last completed deployment, whose tasks were never touched", () => {
    const view = rollingDeploy({ old: "HH", new: "FFpr" }, breaker(true), { failedTasks: 1 });
    const plan = planRollout(view);
    expect(plan.find(({ kind }) => kind === "rollback")).toEqual({
      kind: "rollback",
      failed: {
        kind: "update-deployment",
        deploymentId: "new",
        changes: expect.objectContaining({
          status: "ACTIVE",
          rolloutState: "FAILED",
          rolloutStateReason: "ECS deployment circuit breaker: tasks failed to start.",
          failedTasks: 3,
        }),
      },
      restored: {
        kind: "update-deployment",
        deploymentId: "old",
        changes: expect.objectContaining({
          status: "PRIMARY",
          rolloutState: "IN_PROGRESS",
          rolloutStateReason: "ECS deployment circuit breaker: rolling back to deploymentId old.",
        }),
      },
      taskDefinitionArn: view.deployments[0]!.taskDefinitionArn,
    });
    expect(taskSteps(plan)).toEqual(["stop new-3", "stop new-4"]);
    expect(messages(plan).slice(0, 2)).toEqual([
      "(service web) (deployment new) deployment failed: tasks failed to start.",
      "(service web) rolling back to deployment old.",
    ]);

    const after = carryOut(view, plan, nameTasks());
    expect(effects(planRollout(after))).toEqual([]);
    const gone = {
      ...after,
      tasks: after.tasks.map((task) => (task.desiredStatus === "STOPPED" ? { ...task, lastStatus: "STOPPED" as const } : task)),
    };
    expect(messages(planRollout(gone))).toEqual([
      "(service web) (deployment old) deployment completed.",
      "(service web) has reached a steady state.",
    ]);
  });

  test("brings back what a deployment at a low minimum had already stopped", () => {
    const plan = planRollout(
      rollingDeploy({ old: "Hx", new: "FFF" }, { ...breaker(true), minimumHealthyPercent: 50, maximumPercent: 100 }),
    );
    expect(taskSteps(plan)).toEqual(["start old"]);
  });

  test("without rollback stalls: no more starts, and the old tasks serve on", () => {
    const view = rollingDeploy({ old: "HH", new: "FFF" }, breaker(false));
    const plan = planRollout(view);
    expect(taskSteps(plan)).toEqual([]);
    expect(messages(plan)).toEqual(["(service web) (deployment new) deployment failed: tasks failed to start."]);
    expect(effects(planRollout(carryOut(view, plan, nameTasks())))).toEqual([]);
  });

  test("stalls where no deployment was ever completed", () => {
    const plan = planRollout(rollingDeploy({ new: "FFF" }, breaker(true)));
    expect(taskSteps(plan)).toEqual([]);
    expect(plan.some(({ kind }) => kind === "rollback")).toBe(false);
  });

  test("keeps still while failures are fewer than the threshold, or it is not enabled", () => {
    expect(messages(planRollout(rollingDeploy({ old: "HH", new: "FF" }, breaker(true))))).toEqual([]);
    expect(messages(planRollout(rollingDeploy({ old: "HH", new: "FFFF" })))).toEqual([]);
  });

  test("counts tasks that fail their health checks, and forgets them when one is healthy", () => {
    const sick = tasksOf("new", "U").map((task) => ({ ...task, failureCounted: false }));
    const view = rollingDeploy({ old: "HH", new: "" }, breaker(true), { failedTasks: 1 });
    const failedTasks = (tasks: readonly TaskView[]) =>
      planRollout({ ...view, tasks: [...view.tasks, ...tasks] }).flatMap((step) =>
        step.kind === "update-deployment" && step.changes.failedTasks !== undefined ? [step.changes.failedTasks] : [],
      );
    expect(failedTasks(sick)).toEqual([2]);
    expect(failedTasks(tasksOf("new", "H").map((task) => ({ ...task, healthySeen: false })))).toEqual([0]);
  });

  test("keeps a count that does not forget where so configured", () => {
    const fresh = tasksOf("new", "H").map((task) => ({ ...task, healthySeen: false }));
    const cumulative = { circuitBreaker: { enable: true, rollback: true, resetOnHealthyTask: false } };
    const view = rollingDeploy({ old: "HH", new: "" }, cumulative, { failedTasks: 1 });
    const plan = planRollout({ ...view, tasks: [...view.tasks, ...fresh] });
    expect(plan.filter((step) => step.kind === "update-deployment" && "failedTasks" in step.changes)).toEqual([]);
  });
});

describe("the steady state", () => {
  const view = rollingDeploy({ new: "HH" }, { told: { steady: NOW - MINUTE } }, completed);

  test("is told once, and again after six hours", () => {
    expect(planRollout(view)).toEqual([{ kind: "wake-at", at: NOW - MINUTE + 6 * 60 * MINUTE }]);
    expect(messages(planRollout({ ...view, now: NOW + 6 * 60 * MINUTE }))).toEqual(["(service web) has reached a steady state."]);
  });

  test("is told anew after it was lost", () => {
    const disturbed = { ...view, tasks: tasksOf("new", "HE") };
    const plan = planRollout(disturbed);
    expect(plan).toContainEqual({ kind: "update-told", told: {} });
    expect(messages(planRollout({ ...view, service: { ...view.service, told: {} } }))).toEqual([
      "(service web) has reached a steady state.",
    ]);
  });

  test("of a service with a desired count of zero is to have no tasks", () => {
    expect(messages(planRollout(rollingDeploy({ old: "x", new: "" }, { desiredCount: 0 })))).toEqual([
      "(service web) (deployment new) deployment completed.",
      "(service web) has reached a steady state.",
    ]);
  });
});

describe("a service that drains", () => {
  const draining = (tasks: readonly TaskView[]): RolloutView => ({ ...rollingDeploy({ old: "", new: "" }, { status: "DRAINING" }), tasks });

  test("stops all of its tasks, also those of a deployment that is no longer listed", () => {
    const plan = planRollout(draining([...tasksOf("new", "Hp"), ...tasksOf("old", "U"), ...tasksOf("lost", "H")]));
    expect(taskSteps(plan)).toEqual(["stop lost-1", "stop new-1", "stop new-2", "stop old-1"]);
  });

  test("stops the oldest first, and of those that are of the same moment the first by name", () => {
    const [first, second] = tasksOf("new", "HH").map((task) => ({ ...task, createdAt: NOW - MINUTE })) as [TaskView, TaskView];
    const stopped = (...tasks: readonly TaskView[]) => messages(planRollout(draining(tasks)))[0];
    expect(stopped(second, first)).toBe("(service web) has stopped 2 running tasks: (task new-1) (task new-2).");
    expect(stopped(first, { ...second, createdAt: NOW - 2 * MINUTE })).toBe(
      "(service web) has stopped 2 running tasks: (task new-2) (task new-1).",
    );
  });

  test("is gone when they are", () => {
    expect(planRollout(draining(tasksOf("new", "dx")))).toEqual([]);
    expect(planRollout(draining(tasksOf("new", "xx")))).toEqual([{ kind: "complete-deletion" }]);
  });
});

test("an active service without a PRIMARY deployment is a defect of the view", () => {
  expect(() => planRollout({ now: NOW, service: aService(), deployments: [], tasks: [] })).toThrow("service web has no PRIMARY deployment");
});

test("a new deployment begins in progress, with nothing counted", () => {
  expect(newDeployment("ecs-svc/1", "web:1", 3, NOW)).toMatchObject({
    status: "PRIMARY",
    rolloutState: "IN_PROGRESS",
    rolloutStateReason: "ECS deployment ecs-svc/1 in progress.",
    failedTasks: 0,
  });
});

function nameTasks(): () => string {
  let count = 0;
  return () => `fresh-${(count += 1)}`;
}
