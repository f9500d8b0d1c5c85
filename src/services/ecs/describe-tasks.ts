import type { Failure, Task } from "@aws-sdk/client-ecs";
import { tasks } from "../../state/ecs.ts";
import { inCluster } from "./condition-keys.ts";
import { invalid, operation } from "./ecs-operation.ts";
import { arnInCluster, requireArnIn, requireCluster } from "./find-cluster.ts";
import { isShown, taskView } from "./task-view.ts";

export const describeTasks = operation("DescribeTasks", {
  authorize: ({ cluster, tasks: ids = [] }, at) => ({
    action: "ecs:DescribeTasks",
    resource: ids.map((id) => arnInCluster(at, "task", cluster, id)),
    context: inCluster(at, cluster),
  }),
  run({ cluster: clusterId, tasks: ids = [], include = [] }, context) {
    const { state, now } = context;
    const cluster = requireCluster(clusterId, context);
    if (ids.length === 0) throw invalid("Tasks cannot be empty.");
    if (ids.length > 100) throw invalid("taskIds can have at most 100 items.");
    const table = state.table(tasks);
    const withTags = include.includes("TAGS");
    const found: Task[] = [];
    const failures: Failure[] = [];
    for (const id of new Set(ids)) {
      const arn = requireArnIn(cluster, "task", id, context);
      const task = table.get(arn);
      if (task?.clusterArn === cluster.arn && isShown(task, now)) found.push(taskView(task, state, withTags));
      else failures.push({ arn, reason: "MISSING" });
    }
    return { tasks: found, failures };
  },
});
