import type { PlannedContainer } from "./task-plan.ts";

/**
 * Whether a container that exited is started again in its place. It has to have run for the attempt period, which also keeps it from being
 * restarted more often. Times are milliseconds since the Unix epoch.
 * Source: Amazon ECS Developer Guide, "Restart individual containers in Amazon ECS tasks with container restart policies".
 */
export function isRestarted(
  { restartPolicy }: Pick<PlannedContainer, "restartPolicy">,
  startedAt: number | undefined,
  exit: { readonly at: number; readonly exitCode: number },
): boolean {
  if (!restartPolicy || startedAt === undefined || restartPolicy.ignoredExitCodes.includes(exit.exitCode)) return false;
  return exit.at - startedAt >= restartPolicy.attemptPeriod * 1000;
}
