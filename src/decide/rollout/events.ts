/**
 * Service events and reasons in AWS's words. They are kept for people and scripts that match on them.
 * Source: Amazon ECS Developer Guide, "Viewing Amazon ECS service event messages", and events of services on AWS.
 */

/** The sentence of a deployment that is under way. */
export const inProgressReason = (deploymentId: string): string => `ECS deployment ${deploymentId} in progress.`;
export const completedReason = (deploymentId: string): string => `ECS deployment ${deploymentId} completed.`;
export const failedReason = "ECS deployment circuit breaker: tasks failed to start.";
export const rollingBackReason = (deploymentId: string): string =>
  `ECS deployment circuit breaker: rolling back to deploymentId ${deploymentId}.`;

export const scalingReason = (deploymentId: string): string => `Scaling activity initiated by (deployment ${deploymentId})`;
export const targetHealthReason = (targetGroupArn: string): string => `Task failed ELB health checks in (target-group ${targetGroupArn})`;
export const containerHealthReason = "Task failed container health checks";

/**
 * Tasks that one event names; more of them take several events. A service's last hundred events lie in its record, which is written
 * whenever one is added: they must not grow with the service.
 */
export const MOST_NAMED = 10;

const list = (taskIds: readonly string[]): string => taskIds.map((id) => `(task ${id})`).join(" ");

export function startedTasks(service: string, taskIds: readonly string[], replacedUnhealthy: number): string {
  const started = `(service ${service}) has started ${taskIds.length} tasks: ${list(taskIds)}.`;
  return replacedUnhealthy > 0 ? `${started} Amazon ECS replaced ${replacedUnhealthy} tasks due to an unhealthy status.` : started;
}

export const stoppedTasks = (service: string, taskIds: readonly string[]): string =>
  `(service ${service}) has stopped ${taskIds.length} running tasks: ${list(taskIds)}.`;

export const drainingTasks = (service: string, deploymentId: string, count: number): string =>
  `(service ${service}, taskSet ${deploymentId}) has begun draining connections on ${count} tasks.`;

export const registeredTargets = (service: string, count: number, targetGroupArn: string): string =>
  `(service ${service}) registered ${count} targets in (target-group ${targetGroupArn})`;

export const deregisteredTargets = (service: string, count: number, targetGroupArn: string): string =>
  `(service ${service}) deregistered ${count} targets in (target-group ${targetGroupArn})`;

export const steadyState = (service: string): string => `(service ${service}) has reached a steady state.`;

export const deploymentCompleted = (service: string, deploymentId: string): string =>
  `(service ${service}) (deployment ${deploymentId}) deployment completed.`;

export const deploymentFailed = (service: string, deploymentId: string): string =>
  `(service ${service}) (deployment ${deploymentId}) deployment failed: tasks failed to start.`;

export const rollingBack = (service: string, deploymentId: string): string =>
  `(service ${service}) rolling back to deployment ${deploymentId}.`;

export const unableToStart = (service: string): string =>
  `(service ${service}) is unable to consistently start tasks successfully. For more information, see the Troubleshooting section.`;

export const unableToPlace = (service: string, reason: string): string =>
  `(service ${service}) was unable to place a task. Reason: ${reason}`;

export const failedToLaunch = (service: string, error: string): string =>
  `(service ${service}) failed to launch a task with (error ${error}).`;

export const unableToProgress = (service: string): string =>
  `(service ${service}) was unable to stop or start tasks during a deployment because of the service deployment configuration. ` +
  "Update the minimumHealthyPercent or maximumPercent value and try again.";

export const failedTargetHealth = (service: string, taskId: string, port: number, targetGroupArn: string, reason: string): string =>
  `(service ${service}) (task ${taskId}) (port ${port}) is unhealthy in (target-group ${targetGroupArn}) due to (reason ${reason}).`;

export const failedContainerHealth = (service: string, taskId: string): string =>
  `(service ${service}) (task ${taskId}) failed container health checks.`;
