import type { RolloutPlan, RolloutStep, UpdateDeployment } from "../decide/rollout/plan.ts";
import { newDeployment } from "../decide/rollout/new-deployment.ts";
import type { DeploymentView, RolloutView, ServiceView, TaskView } from "../decide/rollout/view.ts";

/** Builders for scenarios of the service scheduler, and a carrying out of plans that changes nothing but the records. */

export const TARGET_GROUP = "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/web/0123456789abcdef";
export const NOW = 1_800_000_000_000;
const MINUTE = 60_000;

export function taskArn(id: string): string {
  return `arn:aws:ecs:us-east-1:123456789012:task/default/${id}`;
}

export function aService(changes: Partial<ServiceView> = {}): ServiceView {
  return {
    name: "web",
    status: "ACTIVE",
    desiredCount: 2,
    minimumHealthyPercent: 100,
    maximumPercent: 200,
    circuitBreaker: { enable: false, rollback: false },
    healthCheckGracePeriodSeconds: 0,
    targetGroupArns: [TARGET_GROUP],
    settleSeconds: 40,
    subnets: [],
    told: {},
    ...changes,
  };
}

export function aDeployment(id: string, changes: Partial<DeploymentView> = {}): DeploymentView {
  return { ...newDeployment(id, `arn:aws:ecs:us-east-1:123456789012:task-definition/web:${id}`, 2, NOW - 10 * MINUTE), ...changes };
}

export function aTask(id: string, deploymentId: string, changes: Partial<TaskView> = {}): TaskView {
  return {
    arn: taskArn(id),
    deploymentId,
    lastStatus: "PENDING",
    desiredStatus: "RUNNING",
    createdAt: NOW - 5 * MINUTE,
    targets: [],
    healthySeen: false,
    failureCounted: false,
    ...changes,
  };
}

const target = (state: "healthy" | "unhealthy" | "initial" | "draining") => [{ targetGroupArn: TARGET_GROUP, port: 80, state }];
const up = { lastStatus: "RUNNING", startedAt: NOW - 5 * MINUTE } as const;

/** A letter for each state that a task can be in, as scenarios write them. */
const LETTERS: Readonly<Record<string, Partial<TaskView>>> = {
  /** Pending. */
  p: {},
  /** Running, its target still in its first checks. */
  r: { ...up, targets: target("initial") },
  /** Healthy, and seen as such before. */
  H: { ...up, targets: target("healthy"), healthySeen: true },
  /** Fails its health checks. */
  U: { ...up, targets: target("unhealthy"), failureCounted: true },
  /** Told to stop, and still RUNNING. */
  s: { ...up, desiredStatus: "STOPPED", stopCode: "ServiceSchedulerInitiated", targets: target("healthy") },
  /** Draining. */
  d: { ...up, lastStatus: "DEACTIVATING", desiredStatus: "STOPPED", stopCode: "ServiceSchedulerInitiated", targets: target("draining") },
  /** Stopped by the scheduler. */
  x: { ...up, lastStatus: "STOPPED", desiredStatus: "STOPPED", stopCode: "ServiceSchedulerInitiated" },
  /** Never came to RUNNING. */
  F: { lastStatus: "STOPPED", desiredStatus: "STOPPED", stopCode: "TaskFailedToStart" },
  /** Came to RUNNING, and ended before it was healthy. */
  C: { ...up, lastStatus: "STOPPED", desiredStatus: "STOPPED", stopCode: "EssentialContainerExited" },
  /** Ended by itself after it had been healthy. */
  E: { ...up, lastStatus: "STOPPED", desiredStatus: "STOPPED", stopCode: "EssentialContainerExited", healthySeen: true },
};

/** Tasks `<deployment>-1`, `<deployment>-2`, … in the states that the letters stand for; see `LETTERS`. */
export function tasksOf(deploymentId: string, letters: string): readonly TaskView[] {
  return letters.split("").map((letter, index) => {
    const changes = LETTERS[letter];
    if (!changes) throw new Error(`no task state is written ${letter}`);
    return aTask(`${deploymentId}-${index + 1}`, deploymentId, { createdAt: NOW - 5 * MINUTE + index, ...changes });
  });
}

/** What a plan does to tasks, such as `start new`, `stop old-1`, in order of names. */
export function taskSteps(plan: RolloutPlan): readonly string[] {
  return plan
    .flatMap((step) => {
      if (step.kind === "start-task") return [`start ${step.deploymentId}`];
      return step.kind === "stop-task" ? [`stop ${step.taskArn.slice(step.taskArn.lastIndexOf("/") + 1)}`] : [];
    })
    .toSorted();
}

export function messages(plan: RolloutPlan): readonly string[] {
  return plan.flatMap((step) => (step.kind === "event" ? [step.message] : []));
}

/** The plan without what asks for nothing now. */
export function effects(plan: RolloutPlan): RolloutPlan {
  return plan.filter(({ kind }) => kind !== "wake-at");
}

/** The view after these steps, with nothing else changed. `newId` names the tasks that are created. */
export function carryOut(view: RolloutView, steps: readonly RolloutStep[], newId: () => string): RolloutView {
  return steps.reduce((now, step) => carryOutStep(now, step, newId), view);
}

function carryOutStep(view: RolloutView, step: RolloutStep, newId: () => string): RolloutView {
  switch (step.kind) {
    case "update-deployment":
      return updated(view, step);
    case "rollback":
      return updated(updated(view, step.failed), step.restored);
    case "remove-deployment":
      return { ...view, deployments: view.deployments.filter(({ id }) => id !== step.deploymentId) };
    case "mark-task":
      return withTask(view, step.taskArn, { [step.mark]: true });
    case "start-task": {
      const hint = step.subnetId === undefined ? {} : { subnetId: step.subnetId };
      const task = aTask(newId(), step.deploymentId, { lastStatus: "PROVISIONING", createdAt: view.now, ...hint });
      return { ...view, tasks: [...view.tasks, task] };
    }
    case "stop-task":
      return withTask(view, step.taskArn, { desiredStatus: "STOPPED", stopCode: step.stopCode });
    case "update-told":
      return { ...view, service: { ...view.service, told: step.told } };
    case "event":
    case "complete-deletion":
    case "wake-at":
      return view;
  }
}

function updated(view: RolloutView, { deploymentId, changes }: UpdateDeployment): RolloutView {
  return { ...view, deployments: view.deployments.map((one) => (one.id === deploymentId ? { ...one, ...changes } : one)) };
}

function withTask(view: RolloutView, arn: string, changes: Partial<TaskView>): RolloutView {
  return { ...view, tasks: view.tasks.map((task) => (task.arn === arn ? { ...task, ...changes } : task)) };
}
