import type { Clock } from "../../ports/clock.ts";
import { tasks, type TaskRecord } from "../../state/ecs.ts";
import type { WholeState } from "../../state/state.ts";

/** Asks every task to stop, and resolves when all have. The task loop must run; the service loop must not. */
export async function stopAllTasks(state: WholeState, clock: Clock): Promise<void> {
  const table = state.table(tasks);
  const live = (): readonly TaskRecord[] => table.by("live", "live");
  const stopped = new Promise<void>((resolve) => {
    const check = (): void => {
      if (live().length > 0) return;
      watching[Symbol.dispose]();
      resolve();
    };
    const watching = state.watch(tasks, check);
    queueMicrotask(check);
  });
  state.commit(() => {
    for (const task of live())
      if (task.desiredStatus === "RUNNING")
        table.replace(task, {
          ...task,
          desiredStatus: "STOPPED",
          stopCode: "TerminationNotice",
          stoppedReason: "Airfield was told to stop its tasks",
          stoppingAt: clock.now(),
        });
  });
  await stopped;
}
