import { isBefore } from "../../domain/task-status.ts";
import type { RestartState } from "../throttle/restart-throttle.ts";
import { compareText } from "../placement/spread.ts";
import type { JudgedTask, Judgements } from "./judgements.ts";
import type { RolloutStep, StopTask, UpdateDeployment } from "./plan.ts";
import type { DeploymentView, RolloutView, ServiceView, TaskView } from "./view.ts";

/** A plan in the making: each decision reads what those before it have changed. It lives within one call of `planRollout`. */
export interface Draft {
  readonly now: number;
  readonly service: ServiceView;
  /** Oldest first. */
  deployments: readonly DeploymentView[];
  /** Oldest first. */
  readonly tasks: readonly JudgedTask[];
  /** The same, by the ids of their deployments. */
  readonly byDeployment: ReadonlyMap<string, readonly JudgedTask[]>;
  readonly marks: RolloutStep[];
  /** Set where the circuit breaker rolls back. */
  rollback?: { readonly failed: string; readonly restored: string };
  readonly stops: StopTask[];
  readonly starts: RolloutStep[];
  readonly events: string[];
  /** Conditions that hold now and are worth an event, by key. */
  readonly tellable: Map<string, string>;
  readonly wakes: number[];
}

export function draftOf(view: RolloutView, judgements: Judgements): Draft {
  const tasks = judgements.of(oldestFirst(view.tasks), view.service, view.now);
  return {
    now: view.now,
    service: view.service,
    deployments: view.deployments.toSorted((a, b) => a.createdAt - b.createdAt || compareText(a.id, b.id)),
    tasks,
    byDeployment: byDeployment(tasks),
    marks: [],
    stops: [],
    starts: [],
    events: [],
    tellable: new Map(),
    wakes: [],
  };
}

/** In the order of their beginnings. They mostly come so, which is seen faster than they are sorted. */
function oldestFirst(tasks: readonly TaskView[]): readonly TaskView[] {
  let before: TaskView | undefined;
  for (const task of tasks) {
    if (before && byAge(before, task) > 0) return tasks.toSorted(byAge);
    before = task;
  }
  return tasks;
}

function byAge(a: TaskView, b: TaskView): number {
  return a.createdAt - b.createdAt || compareText(a.arn, b.arn);
}

function byDeployment(tasks: readonly JudgedTask[]): ReadonlyMap<string, readonly JudgedTask[]> {
  const groups = new Map<string, JudgedTask[]>();
  let last: { readonly id: string; readonly group: JudgedTask[] } | undefined;
  for (const judged of tasks) {
    const id = judged.task.deploymentId;
    if (last?.id !== id) {
      last = { id, group: groups.get(id) ?? [] };
      groups.set(id, last.group);
    }
    last.group.push(judged);
  }
  return groups;
}

/** The PRIMARY deployment. An active service always has one: its absence is a defect of whoever made the view. */
export function primaryOf(draft: Draft): DeploymentView {
  const primary = draft.deployments.find(({ status }) => status === "PRIMARY");
  if (!primary) throw new Error(`service ${draft.service.name} has no PRIMARY deployment`);
  return primary;
}

export function changeDeployment(draft: Draft, id: string, changes: UpdateDeployment["changes"]): void {
  draft.deployments = draft.deployments.map((deployment) => (deployment.id === id ? { ...deployment, ...changes } : deployment));
}

/** True for a task that takes up room under `maximumPercent`: not yet past RUNNING, also while it is told to stop. */
export function takesRoom({ task }: JudgedTask): boolean {
  return !isBefore("RUNNING", task.lastStatus);
}

export function isLive({ condition }: JudgedTask): boolean {
  return condition.is === "starting" || condition.is === "healthy" || condition.is === "unhealthy";
}

const CHANGEABLE = ["status", "desiredCount", "rolloutState", "rolloutStateReason", "failedTasks", "restarts"] as const;

/** What the draft changed of a deployment; `undefined` where nothing. */
export function updateOf(before: DeploymentView, after: DeploymentView): UpdateDeployment | undefined {
  const changed = CHANGEABLE.filter((key) =>
    key === "restarts" ? !sameRestarts(before.restarts, after.restarts) : after[key] !== before[key],
  );
  if (changed.length === 0) return undefined;
  return { kind: "update-deployment", deploymentId: after.id, changes: Object.fromEntries(changed.map((key) => [key, after[key]])) };
}

function sameRestarts(a: RestartState, b: RestartState): boolean {
  return a.failedStarts === b.failedStarts && a.crashes === b.crashes && a.lastFailureAt === b.lastFailureAt;
}
