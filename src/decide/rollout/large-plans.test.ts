import { describe, expect, test } from "vitest";
import { aDeployment, aService, aTask, carryOut, NOW, TARGET_GROUP } from "../../testing/rollout-view.ts";
import { checkLaws } from "../../testing/rollout-laws.ts";
import { MOST_NAMED } from "./events.ts";
import { MOST_STEPS, type RolloutPlan, type RolloutStep } from "./plan.ts";
import { planRollout } from "./plan-rollout.ts";
import type { RolloutView, TaskView } from "./view.ts";

const MANY = 3 * MOST_STEPS + 1;
const SUBNETS = ["a", "b", "c"].map((zone) => ({ subnetId: `subnet-${zone}`, zone }));

const up = { lastStatus: "RUNNING", startedAt: NOW - 60_000 } as const;
const target = (state: "healthy" | "unhealthy") => ({ targets: [{ targetGroupArn: TARGET_GROUP, port: 80, state }] });
const many = (deploymentId: string, changes: Partial<TaskView>): TaskView[] =>
  Array.from({ length: MANY }, (_, at) => aTask(`${deploymentId}-${at}`, deploymentId, changes));

/** Carries plans out, one after another, until nothing is left to do; gives them. Tasks and targets stay as they are meanwhile. */
function plansOf(view: RolloutView): { readonly plans: readonly RolloutPlan[]; readonly after: RolloutView } {
  const plans: RolloutPlan[] = [];
  let names = 0;
  for (let after = view; ;) {
    const plan = planRollout(after).filter(({ kind }) => kind !== "wake-at" && kind !== "complete-deletion");
    if (plan.length === 0) return { plans, after };
    plans.push(plan);
    after = carryOut(after, plan, () => `started-${(names += 1)}`);
  }
}

const count = (plan: RolloutPlan, kind: RolloutStep["kind"]): number => plan.filter((step) => step.kind === kind).length;
const counts = (plans: readonly RolloutPlan[], kind: RolloutStep["kind"]): number[] =>
  plans.map((plan) => count(plan, kind)).filter((steps) => steps > 0);
const marksBefore = (steps: readonly RolloutStep[], end: number): string[] =>
  steps.slice(0, end).flatMap((step) => (step.kind === "mark-task" ? [step.taskArn] : []));
const SLICES = [MOST_STEPS, MOST_STEPS, MOST_STEPS, 1];

describe("what is large is done some at a time, and to its end", () => {
  test("tasks are started, spread as if at once", () => {
    const service = aService({ desiredCount: MANY, subnets: SUBNETS });
    const { plans, after } = plansOf({ now: NOW, service, deployments: [aDeployment("d", { desiredCount: MANY })], tasks: [] });
    expect(counts(plans, "start-task")).toEqual(SLICES);
    for (const { subnetId } of SUBNETS) {
      const there = after.tasks.filter((task) => task.subnetId === subnetId).length;
      expect(Math.abs(there - MANY / SUBNETS.length)).toBeLessThan(1);
    }
  });

  test("a service that scales down stops them", () => {
    const service = aService({ desiredCount: 0, told: { steady: NOW } });
    const deployments = [aDeployment("d", { rolloutState: "COMPLETED", desiredCount: 0 })];
    const { plans } = plansOf({ now: NOW, service, deployments, tasks: many("d", { ...up, ...target("healthy"), healthySeen: true }) });
    expect(counts(plans, "stop-task")).toEqual(SLICES);
    const named = plans.flat().flatMap((step) => (step.kind === "event" ? [...step.message.matchAll(/\(task /g)].length : []));
    expect(Math.max(...named)).toBe(MOST_NAMED);
    expect(named.reduce((sum, one) => sum + one)).toBe(MANY);
  });

  test("a service that is deleted stops them", () => {
    const service = aService({ status: "DRAINING" });
    const { plans } = plansOf({ now: NOW, service, deployments: [], tasks: many("d", up) });
    expect(counts(plans, "stop-task")).toEqual(SLICES);
  });

  test("tasks that became healthy are noted", () => {
    const service = aService({ desiredCount: MANY, told: { steady: NOW } });
    const { plans } = plansOf({
      now: NOW,
      service,
      deployments: [aDeployment("d", { desiredCount: MANY, rolloutState: "COMPLETED" })],
      tasks: many("d", { ...up, ...target("healthy") }),
    });
    expect(counts(plans, "mark-task")).toEqual(SLICES);
  });

  test("failures are counted, each once, and none goes before it was", () => {
    const service = aService({ desiredCount: MANY, subnets: SUBNETS, maximumPercent: 300, minimumHealthyPercent: 0 });
    const deployments = [aDeployment("d", { desiredCount: MANY })];
    const { plans, after } = plansOf({ now: NOW, service, deployments, tasks: many("d", { ...up, ...target("unhealthy") }) });
    expect(counts(plans, "mark-task")).toEqual(SLICES);
    expect(after.deployments[0]?.failedTasks).toBe(MANY);
    const steps = plans.flat();
    const marked = steps.flatMap((step) => (step.kind === "mark-task" ? [step.taskArn] : []));
    const early = steps.filter((step, at) => step.kind === "stop-task" && !marksBefore(steps, at).includes(step.taskArn));
    expect([new Set(marked).size, early]).toEqual([MANY, []]);
  });
});

test("a rolling deployment keeps its bounds in each of its plans", () => {
  const service = aService({ desiredCount: MANY, subnets: SUBNETS, minimumHealthyPercent: 90, maximumPercent: 110 });
  const deployments = [
    aDeployment("old", { desiredCount: MANY, rolloutState: "COMPLETED", status: "ACTIVE", createdAt: NOW - 100_000 }),
    aDeployment("new", { desiredCount: MANY }),
  ];
  let view: RolloutView = { now: NOW, service, deployments, tasks: many("old", { ...up, ...target("healthy"), healthySeen: true }) };
  let names = 0;
  let plans = 0;
  for (; plans < 200; plans += 1) {
    const plan = planRollout(view);
    checkBounds(view, plan);
    if (view.deployments.length === 1) break;
    view = carryOut(view, plan, () => `started-${(names += 1)}`);
    // Whatever was started is healthy by the next plan, and whatever was stopped is gone.
    const tasks = view.tasks.flatMap((task): TaskView[] =>
      task.desiredStatus === "STOPPED" ? [] : [task.lastStatus === "PROVISIONING" ? { ...task, ...up, ...target("healthy") } : task],
    );
    view = { ...view, tasks };
  }
  expect(view.deployments.map(({ id, rolloutState }) => [id, rolloutState])).toEqual([["new", "COMPLETED"]]);
  expect(plans).toBeLessThan(200);
});

/** The laws that hold also where a plan leaves a rest for the next one. */
function checkBounds(view: RolloutView, plan: RolloutPlan): void {
  for (const kind of ["start-task", "stop-task", "mark-task"] as const) expect(count(plan, kind)).toBeLessThanOrEqual(MOST_STEPS);
  checkLaws(view, plan, ["starts never pass the maximum", "stops never go below the minimum", "a task is stopped once, while it is up"]);
}
