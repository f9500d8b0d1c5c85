import { tasks, type ServiceRecord } from "../../state/ecs.ts";
import type { State } from "../../state/state.ts";

export interface TaskCounts {
  readonly pending: number;
  readonly running: number;
}

export const NO_TASKS: TaskCounts = { pending: 0, running: 0 };

/** The tasks of a service that are to run: those that do, and those that do not yet; each deployment's apart. */
export function countTasks(
  service: ServiceRecord,
  state: State,
): { readonly total: TaskCounts; readonly byDeployment: ReadonlyMap<string, TaskCounts> } {
  const byDeployment = new Map<string, { pending: number; running: number }>();
  const total = { pending: 0, running: 0 };
  for (const { deploymentId = "", desiredStatus, lastStatus } of state.table(tasks).by("service", service.arn)) {
    if (desiredStatus !== "RUNNING" || lastStatus === "STOPPED") continue;
    let counts = byDeployment.get(deploymentId);
    if (!counts) byDeployment.set(deploymentId, (counts = { pending: 0, running: 0 }));
    const kind = lastStatus === "RUNNING" ? "running" : "pending";
    counts[kind]++;
    total[kind]++;
  }
  return { total, byDeployment };
}
