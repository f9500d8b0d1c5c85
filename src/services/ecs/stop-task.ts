import { tasks, type TaskRecord } from "../../state/ecs.ts";
import { inCluster } from "./condition-keys.ts";
import { invalid, operation } from "./ecs-operation.ts";
import { arnInCluster, requireArnIn, requireCluster } from "./find-cluster.ts";
import { isShown, taskView } from "./task-view.ts";

/** Wants a task stopped; control stops it. Stopping it again changes nothing. */
export const stopTask = operation("StopTask", {
  authorize: ({ cluster, task = "" }, at) => ({
    action: "ecs:StopTask",
    resource: arnInCluster(at, "task", cluster, task),
    context: inCluster(at, cluster),
  }),
  run({ cluster: clusterId, task: id = "", reason }, context) {
    const { state, now } = context;
    const cluster = requireCluster(clusterId, context);
    if (reason !== undefined && reason.length > 1024) throw invalid("reason must not be longer than 1024 characters.");
    const task = state.table(tasks).get(requireArnIn(cluster, "task", id, context));
    if (!task || task.clusterArn !== cluster.arn || !isShown(task, now)) throw invalid("The referenced task was not found.");
    if (task.desiredStatus === "STOPPED") return { task: taskView(task, state, true) };
    const stopped: TaskRecord = {
      ...task,
      desiredStatus: "STOPPED",
      stopCode: "UserInitiated",
      stoppedReason: reason ?? "Task stopped by user",
      stoppingAt: now,
      version: task.version + 1,
    };
    state.commit(() => state.table(tasks).put(stopped));
    return { task: taskView(stopped, state, true) };
  },
});
