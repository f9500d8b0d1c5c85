import type { Clock } from "../../ports/clock.ts";
import { tasks, type TaskRecord } from "../../state/ecs.ts";
import type { WholeState } from "../../state/state.ts";

/** How long a stopped task can still be described. Source: ECS API, `ListTasks`: "for at least one hour". */
export const KEEP_STOPPED_MS = 60 * 60_000;

/** Records that are deleted in one commit. */
const AT_ONCE = 100;

/** Stopped tasks, forgotten when their time is over. */
export interface Retirement extends Disposable {
  /** The task has stopped. Costs nothing until its time is over, and one timer for all. */
  add(task: TaskRecord): void;
}

/** @param initial what had stopped before, in any order */
export function retirement(state: WholeState, clock: Clock, initial: readonly TaskRecord[]): Retirement {
  const stoppedAt = (arn: string): number => state.table(tasks).get(arn)?.stoppedAt ?? 0;
  /** In the order in which they stopped; what was forgotten already is in front of `next`. */
  let queue = initial.toSorted((a, b) => (a.stoppedAt ?? 0) - (b.stoppedAt ?? 0)).map(({ arn }) => arn);
  let next = 0;
  let timer: Disposable | undefined;

  function arm(): void {
    const first = queue[next];
    if (timer || first === undefined) return;
    timer = clock.after(Math.max(stoppedAt(first) + KEEP_STOPPED_MS - clock.now(), 0), () => {
      timer = undefined;
      forget();
    });
  }

  function forget(): void {
    const due: string[] = [];
    for (let arn = queue[next]; arn !== undefined && due.length < AT_ONCE; arn = queue[next]) {
      if (stoppedAt(arn) + KEEP_STOPPED_MS > clock.now()) break;
      due.push(arn);
      next += 1;
    }
    state.record(() => {
      for (const arn of due) if (state.table(tasks).get(arn)?.lastStatus === "STOPPED") state.table(tasks).delete(arn);
    });
    if (next > queue.length / 2) {
      queue = queue.slice(next);
      next = 0;
    }
    arm();
  }

  arm();
  return {
    add(task) {
      queue.push(task.arn);
      arm();
    },
    [Symbol.dispose]: () => timer?.[Symbol.dispose](),
  };
}
