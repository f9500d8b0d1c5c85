import { completeDeployment, noteImpaired, noteSteadyState, tell } from "./conclude.ts";
import { countFailures } from "./count-failures.ts";
import { draftOf, isLive, updateOf, type Draft } from "./draft.ts";
import { fitTasks } from "./fit-tasks.ts";
import { Judgements } from "./judgements.ts";
import { MOST_STEPS, type RolloutPlan, type RolloutStep, type UpdateDeployment } from "./plan.ts";
import { stopTasks } from "./stop-tasks.ts";
import { tripCircuitBreaker } from "./trip-circuit-breaker.ts";
import type { RolloutView } from "./view.ts";

/**
 * Plans the next steps of a service: towards its desired count, through its rolling deployment, out of its failures. Equal views give
 * equal plans, whatever the order of their lists. See `RolloutPlan` for how to carry one out.
 * Costs a few looks at each task, some 0.1 microseconds together, and a sorting where they do not come oldest first.
 * @param judgements of the plan before of the same service; the plan is the same without
 */
export function planRollout(view: RolloutView, judgements: Judgements = new Judgements()): RolloutPlan {
  const draft = draftOf(view, judgements);
  return view.service.status === "DRAINING" ? planDeletion(draft) : planActive(view, draft);
}

function planActive(view: RolloutView, draft: Draft): RolloutPlan {
  countFailures(draft);
  tripCircuitBreaker(draft);
  fitTasks(draft);
  const removed = completeDeployment(draft);
  noteImpaired(draft, removed);
  noteSteadyState(draft, removed);
  const told = tell(draft);
  return [
    ...draft.marks,
    // Before what they tell of: one that is not all carried out may tell twice, but does not keep silent.
    ...draft.events.map((message): RolloutStep => ({ kind: "event", message })),
    ...updates(view, draft, removed),
    ...draft.stops,
    ...draft.starts,
    ...removed.map((deploymentId): RolloutStep => ({ kind: "remove-deployment", deploymentId })),
    ...(told ? [{ kind: "update-told", told } as const] : []),
    ...nextWake(draft),
  ];
}

function planDeletion(draft: Draft): RolloutPlan {
  const live = draft.tasks.filter(isLive).slice(0, MOST_STEPS);
  for (const id of new Set(live.map(({ task }) => task.deploymentId))) {
    stopTasks(
      draft,
      live.filter(({ task }) => task.deploymentId === id),
      id,
    );
  }
  const isOver = draft.tasks.every(({ condition }) => condition.is === "stopped");
  return [
    ...draft.stops,
    ...draft.events.map((message): RolloutStep => ({ kind: "event", message })),
    ...(isOver ? [{ kind: "complete-deletion" } as const] : []),
  ];
}

function updates(view: RolloutView, draft: Draft, removed: readonly string[]): readonly RolloutStep[] {
  const before = new Map(view.deployments.map((deployment) => [deployment.id, deployment]));
  const steps = new Map<string, UpdateDeployment>();
  for (const after of draft.deployments) {
    const update = updateOf(before.get(after.id) ?? after, after);
    if (update) steps.set(after.id, update);
  }
  const { rollback } = draft;
  const failed = rollback && steps.get(rollback.failed);
  const restored = rollback && steps.get(rollback.restored);
  if (!failed || !restored) return [...steps.values()].filter(({ deploymentId }) => !removed.includes(deploymentId));
  const taskDefinitionArn = before.get(restored.deploymentId)?.taskDefinitionArn ?? "";
  const others = [...steps.values()].filter((step) => step !== failed && step !== restored && !removed.includes(step.deploymentId));
  return [{ kind: "rollback", failed, restored, taskDefinitionArn }, ...others];
}

function nextWake(draft: Draft): readonly RolloutStep[] {
  for (const { condition } of draft.tasks) {
    if (condition.is === "starting" && condition.until !== undefined) draft.wakes.push(condition.until);
  }
  return draft.wakes.length === 0 ? [] : [{ kind: "wake-at", at: draft.wakes.reduce((a, b) => Math.min(a, b)) }];
}
