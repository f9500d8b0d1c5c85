import { NO_FAILURES } from "../throttle/restart-throttle.ts";
import { inProgressReason } from "./events.ts";
import type { DeploymentView } from "./view.ts";

/** AWS waits this long before a running task that nothing checks counts as healthy. Source: ECS API, `minimumHealthyPercent`. */
export const SETTLE_SECONDS = 40;

/** The record of a deployment that begins. */
export function newDeployment(id: string, taskDefinitionArn: string, desiredCount: number, createdAt: number): DeploymentView {
  return {
    id,
    taskDefinitionArn,
    createdAt,
    status: "PRIMARY",
    desiredCount,
    rolloutState: "IN_PROGRESS",
    rolloutStateReason: inProgressReason(id),
    failedTasks: 0,
    restarts: NO_FAILURES,
  };
}
