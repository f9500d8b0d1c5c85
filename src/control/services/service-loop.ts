import { planRollout } from "../../decide/rollout/plan-rollout.ts";
import { services, tasks } from "../../state/ecs.ts";
import { targetKey, targets } from "../../state/elb.ts";
import { changes, loop, records, type Needs, type Waking } from "../loop.ts";
import { carryOut } from "./carry-out.ts";
import { RolloutViews } from "./rollout-view.ts";

/**
 * Planning looks at each task of a service, less than a microsecond each. A service rests after it for so many milliseconds a task that this takes a
 * small share of the time, whatever its size; one of two hundred tasks does not rest.
 */
const REST_MS_PER_TASK = 0.004;

/** Keeps every service at what its records ask for, until disposed of. */
export const serviceLoop = loop("services", ({ state, clock, ids }: Needs<"ids">) => {
  const views = new RolloutViews(state);
  const rest = (arn: string): number => Math.floor(state.table(tasks).count("scheduled", arn) * REST_MS_PER_TASK);

  function step(arn: string, { wakeAt }: Waking): void {
    const service = state.table(services).get(arn);
    if (!service || service.status === "INACTIVE") return;
    const now = clock.now();
    const plan = planRollout(views.of(service, now), views.judgementsOf(arn));
    carryOut(state, arn, plan, ids, now);
    for (const planned of plan) if (planned.kind === "wake-at") wakeAt(arn, planned.at);
  }

  return {
    rest,
    watches: [
      records(services),
      changes(tasks, ({ before, after }, { wake }) => {
        const task = after ?? before;
        if (task?.serviceArn === undefined) return;
        views.note(task.serviceArn, task.arn);
        wake(task.serviceArn);
      }),
      changes(targets, ({ before, after }, { wake }) => {
        const target = after ?? before;
        if (!target) return;
        for (const task of state.table(tasks).by("target", targetKey(target.targetGroupArn, target.id, target.port)))
          if (task.serviceArn !== undefined) {
            views.note(task.serviceArn, task.arn);
            wake(task.serviceArn);
          }
      }),
    ],
    step,
  };
});
