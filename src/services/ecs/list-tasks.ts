import { LAUNCH_TYPES } from "../../domain/launch-type.ts";
import { ServiceNotFoundException, type ListTasksCommandInput } from "@aws-sdk/client-ecs";
import { services, tasks, type ClusterRecord, type TaskRecord } from "../../state/ecs.ts";
import { because, type OperationContext } from "../operation.ts";
import { compareKeys, paginate } from "../pagination.ts";
import { inCluster } from "./condition-keys.ts";
import { invalid, mustBeOneOf, operation } from "./ecs-operation.ts";
import { arnInCluster, requireArnIn, requireCluster } from "./find-cluster.ts";
import { isShown } from "./task-view.ts";

export const listTasks = operation("ListTasks", {
  authorize: ({ cluster, containerInstance = "*" }, at) => ({
    action: "ecs:ListTasks",
    resource: arnInCluster(at, "container-instance", cluster, containerInstance),
    context: inCluster(at, cluster),
  }),
  run(input, context) {
    const { desiredStatus = "RUNNING", launchType, maxResults = 100, nextToken } = input;
    const cluster = requireCluster(input.cluster, context);
    mustBeOneOf("desiredStatus", desiredStatus, ["RUNNING", "PENDING", "STOPPED"]);
    mustBeOneOf("launchType", launchType, LAUNCH_TYPES);
    if (maxResults < 1 || maxResults > 100) throw invalid("maxResults must be between 1 and 100.");
    const instance = input.containerInstance && requireArnIn(cluster, "container-instance", input.containerInstance, context);
    const arns = candidates(input, cluster, context)
      // No task ever wants to be PENDING, so that this status lists nothing. On AWS it is the same.
      .filter((task) => task.desiredStatus === desiredStatus && isShown(task, context.now) && fits(task, input, instance))
      .map((task) => task.arn)
      .sort(compareKeys);
    const page = paginate(arns, (arn) => arn, { token: nextToken, limit: maxResults }, context.secrets);
    if (!page) throw invalid("Invalid token.");
    return { taskArns: [...page.items], nextToken: page.nextToken };
  },
});

function candidates({ serviceName }: ListTasksCommandInput, cluster: ClusterRecord, context: OperationContext): readonly TaskRecord[] {
  if (serviceName === undefined) return context.state.table(tasks).by("cluster", cluster.arn);
  const service = requireArnIn(cluster, "service", serviceName, context);
  if (!context.state.table(services).has(service)) throw new ServiceNotFoundException(because("Service not found."));
  return context.state.table(tasks).by("service", service);
}

function fits(task: TaskRecord, { family, startedBy, launchType }: ListTasksCommandInput, instance: string | undefined): boolean {
  if (family !== undefined && !task.taskDefinitionArn.includes(`:task-definition/${family}:`)) return false;
  if (startedBy !== undefined && task.startedBy !== startedBy) return false;
  if (launchType !== undefined && task.launchType !== launchType) return false;
  return !instance || task.containerInstanceArn === instance;
}
