import { boundsOf } from "../decide/rollout/bounds.ts";
import type { RolloutPlan, StopTask } from "../decide/rollout/plan.ts";
import { planRollout } from "../decide/rollout/plan-rollout.ts";
import { conditionOf } from "../decide/rollout/task-condition.ts";
import type { RolloutView, TaskView } from "../decide/rollout/view.ts";
import { isBefore } from "../domain/task-status.ts";
import { carryOut, effects } from "./rollout-view.ts";

/** What holds for every plan, whatever the view. Each law returns what broke it, or `undefined`. */
export const LAWS: Readonly<Record<string, (view: RolloutView, plan: RolloutPlan) => string | undefined>> = {
  "starts never pass the maximum": (view, plan) => {
    const starts = plan.filter(({ kind }) => kind === "start-task").length;
    const taken = view.tasks.filter((task) => !isBefore("RUNNING", task.lastStatus)).length;
    const { maximum } = boundsOf(view.service);
    return starts > 0 && taken + starts > maximum ? `${taken} tasks take room and ${starts} start, at a maximum of ${maximum}` : undefined;
  },

  "stops never go below the minimum": (view, plan) => {
    if (view.service.status === "DRAINING") return undefined;
    const stops = new Set(stopsOf(plan).map(({ taskArn }) => taskArn));
    const healthy = view.tasks.filter((task) => isHealthy(view, task));
    const left = healthy.filter(({ arn }) => !stops.has(arn)).length;
    const { minimum } = boundsOf(view.service);
    return left < healthy.length && left < minimum
      ? `${left} of ${healthy.length} healthy tasks are left, at a minimum of ${minimum}`
      : undefined;
  },

  "a healthy task of the PRIMARY goes only where there are more than desired": (view, plan) => {
    if (view.service.status === "DRAINING") return undefined;
    const primary = carryOut(view, plan, () => "fresh").deployments.find(({ status }) => status === "PRIMARY");
    const own = view.tasks.filter((task) => task.deploymentId === primary?.id && isHealthy(view, task));
    const stopped = own.filter((task) => stopsOf(plan).some(({ taskArn }) => taskArn === task.arn));
    const left = own.length - stopped.length;
    return stopped.length > 0 && left < view.service.desiredCount
      ? `${left} healthy ones are left of ${view.service.desiredCount}`
      : undefined;
  },

  "a task is stopped once, while it is up": (view, plan) => {
    const arns = stopsOf(plan).map(({ taskArn }) => taskArn);
    const up = new Set(view.tasks.filter((task) => task.desiredStatus === "RUNNING").map(({ arn }) => arn));
    const wrong = arns.find((arn, index) => !up.has(arn) || arns.indexOf(arn) !== index);
    return wrong && `stops ${wrong}`;
  },

  "there is one PRIMARY, and each task to start has its deployment": (view, plan) => {
    if (view.service.status === "DRAINING") return undefined;
    const { deployments } = carryOut(view, plan, () => "fresh");
    if (deployments.filter(({ status }) => status === "PRIMARY").length !== 1) return `deployments are ${JSON.stringify(deployments)}`;
    const lost = plan.find((step) => step.kind === "start-task" && !deployments.some(({ id }) => id === step.deploymentId));
    return lost && `starts ${JSON.stringify(lost)}`;
  },

  "carried out, with nothing else changed, nothing is left to do": (view, plan) => {
    let named = 0;
    const after = carryOut(view, plan, () => `law-${(named += 1)}`);
    const rest = effects(planRollout(after)).filter(({ kind }) => kind !== "complete-deletion");
    return rest.length > 0 ? `left is ${JSON.stringify(rest)}` : undefined;
  },

  "the order of the lists does not matter": (view, plan) => {
    const reversed = planRollout({
      ...view,
      tasks: view.tasks.toReversed(),
      deployments: view.deployments.toReversed(),
      service: { ...view.service, subnets: view.service.subnets.toReversed() },
    });
    return JSON.stringify(reversed) === JSON.stringify(plan) ? undefined : `reversed gives ${JSON.stringify(reversed)}`;
  },

  "it wakes later than now": (view, plan) => {
    const early = plan.find((step) => step.kind === "wake-at" && step.at <= view.now);
    return early && JSON.stringify(early);
  },
};

/** Throws for the first law, of these, that the plan breaks. */
export function checkLaws(view: RolloutView, plan: RolloutPlan, laws: readonly string[] = Object.keys(LAWS)): void {
  for (const law of laws) {
    const how = LAWS[law]?.(view, plan);
    if (how !== undefined) throw new Error(`law broken: ${law}: ${how}\nplan: ${JSON.stringify(plan)}\nview: ${JSON.stringify(view)}`);
  }
}

const stopsOf = (plan: RolloutPlan): readonly StopTask[] => plan.filter((step) => step.kind === "stop-task");
const isHealthy = (view: RolloutView, task: TaskView): boolean => conditionOf(task, view.service, view.now).is === "healthy";
