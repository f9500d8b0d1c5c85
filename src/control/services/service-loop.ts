import { planRollout } from "../../decide/rollout/plan-rollout.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Ids } from "../../ports/ids.ts";
import type { Logger } from "../../ports/logger.ts";
import { services, tasks } from "../../state/ecs.ts";
import { targetKey, targets } from "../../state/elb.ts";
import type { WholeState } from "../../state/state.ts";
import { keyedWorker } from "../keyed-worker.ts";
import { carryOut } from "./carry-out.ts";
import { RolloutViews } from "./rollout-view.ts";

export interface ServiceLoopParts {
  readonly state: WholeState;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly logger: Logger;
}

/**
 * Planning looks at each task of a service, a few microseconds each. A service rests after it for so many milliseconds a task that this takes a
 * small share of the time, whatever its size; one of fewer than fifty tasks does not rest.
 */
const REST_MS_PER_TASK = 0.02;

/** Keeps every service at what its records ask for, until disposed of. */
export function serviceLoop({ state, clock, ids, logger }: ServiceLoopParts): AsyncDisposable {
  const views = new RolloutViews(state);
  const rest = (arn: string): number => Math.floor(state.table(tasks).count("scheduled", arn) * REST_MS_PER_TASK);
  const worker = keyedWorker("services", step, clock, logger, { rest });

  function step(arn: string): Promise<void> {
    const service = state.table(services).get(arn);
    if (!service || service.status === "INACTIVE") return Promise.resolve();
    const now = clock.now();
    const plan = planRollout(views.of(service, now));
    carryOut(state, arn, plan, ids, now);
    for (const planned of plan) if (planned.kind === "wake-at") worker.wakeAt(arn, planned.at);
    return Promise.resolve();
  }

  const subscriptions = [
    state.watch(services, ({ key }) => worker.wake(key)),
    state.watch(tasks, ({ before, after }) => {
      const arn = (after ?? before)?.serviceArn;
      if (arn !== undefined) worker.wake(arn);
    }),
    state.watch(targets, ({ before, after }) => {
      const target = after ?? before;
      if (!target) return;
      for (const task of state.table(tasks).by("target", targetKey(target.targetGroupArn, target.id, target.port)))
        if (task.serviceArn !== undefined) worker.wake(task.serviceArn);
    }),
  ];
  for (const service of state.table(services).values()) worker.wake(service.arn);
  return {
    async [Symbol.asyncDispose]() {
      for (const subscription of subscriptions) subscription[Symbol.dispose]();
      await worker[Symbol.asyncDispose]();
    },
  };
}
