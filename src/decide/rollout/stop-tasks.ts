import { nameFromArn } from "../../domain/arn.ts";
import type { Draft } from "./draft.ts";
import type { JudgedTask } from "./judgements.ts";
import * as events from "./events.ts";
import type { HealthFailure } from "./task-condition.ts";

/** Stops the tasks, with the reasons and events that AWS gives. `by` is the deployment whose scaling makes the well ones go. */
export function stopTasks(draft: Draft, tasks: readonly JudgedTask[], by: string): void {
  const { name, targetGroupArns } = draft.service;
  if (tasks.length === 0) return;
  for (const { task, condition } of tasks) {
    const failure = condition.is === "unhealthy" ? condition.failure : undefined;
    if (failure) draft.events.push(failureEvent(name, nameFromArn(task.arn), failure));
    const reason = failure ? failureReason(failure) : events.scalingReason(by);
    draft.stops.push({ kind: "stop-task", taskArn: task.arn, stopCode: "ServiceSchedulerInitiated", reason });
  }
  for (let at = 0; at < tasks.length; at += events.MOST_NAMED) {
    const named = tasks.slice(at, at + events.MOST_NAMED).map(({ task }) => nameFromArn(task.arn));
    draft.events.push(events.stoppedTasks(name, named));
  }
  if (targetGroupArns.length === 0) return;
  const registered = tasks.filter(({ task }) => task.targets.length > 0);
  for (const id of new Set(registered.map(({ task }) => task.deploymentId))) {
    draft.events.push(events.drainingTasks(name, id, registered.filter(({ task }) => task.deploymentId === id).length));
  }
}

function failureReason(failure: HealthFailure): string {
  return failure.check === "container" ? events.containerHealthReason : events.targetHealthReason(failure.target.targetGroupArn);
}

function failureEvent(service: string, taskId: string, failure: HealthFailure): string {
  if (failure.check === "container") return events.failedContainerHealth(service, taskId);
  const { port, targetGroupArn, description } = failure.target;
  return events.failedTargetHealth(service, taskId, port, targetGroupArn, description ?? "Health checks failed");
}
