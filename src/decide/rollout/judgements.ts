import { conditionOf, type TaskCondition } from "./task-condition.ts";
import type { ServiceView, TaskView } from "./view.ts";

/** A task with what it is taken for. */
export interface JudgedTask {
  readonly task: TaskView;
  readonly condition: TaskCondition;
}

/** What of a service says what its tasks are taken for. */
type JudgedBy = Pick<ServiceView, "healthCheckGracePeriodSeconds" | "settleSeconds" | "targetGroupArns">;

/**
 * What tasks of one service were taken for when it was planned last. It makes the next plan cheaper, and never another: a task whose view is the same object is not
 * judged again, unless time could make it something else. A service has thousands of tasks, of which few change from plan to plan.
 */
export class Judgements {
  #known: readonly JudgedTask[] = [];
  #by: JudgedBy | undefined;
  #last = -Infinity;

  /** @param tasks in an order that stays from call to call: where it does not, they are judged anew */
  of(tasks: readonly TaskView[], service: ServiceView, now: number): readonly JudgedTask[] {
    const known = this.#by && isJudgedAlike(this.#by, service) && now >= this.#last ? this.#known : [];
    const judged: JudgedTask[] = [];
    let at = 0;
    for (const task of tasks) {
      let former = known[at];
      // Those that are gone since.
      while (former && former.task !== task && former.task.arn !== task.arn) former = known[(at += 1)];
      at += 1;
      judged.push(former?.task === task && !mayChange(former.condition) ? former : { task, condition: conditionOf(task, service, now) });
    }
    this.#known = judged;
    this.#by = service;
    this.#last = now;
    return judged;
  }
}

/** By time alone. */
function mayChange(condition: TaskCondition): boolean {
  return condition.is === "starting" && condition.until !== undefined;
}

function isJudgedAlike(a: JudgedBy, b: ServiceView): boolean {
  return (
    a.healthCheckGracePeriodSeconds === b.healthCheckGracePeriodSeconds &&
    a.settleSeconds === b.settleSeconds &&
    a.targetGroupArns.length === b.targetGroupArns.length &&
    a.targetGroupArns.every((arn, at) => arn === b.targetGroupArns[at])
  );
}
