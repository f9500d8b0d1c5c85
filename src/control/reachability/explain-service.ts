import type { ExplainedPart, ServiceExplanation } from "../../domain/task-explanation.ts";
import { services, tasks, type ServiceRecord, type TaskRecord } from "../../state/ecs.ts";
import { targetKey, targets } from "../../state/elb.ts";
import type { WholeState } from "../../state/state.ts";
import { explainTask, type ExplainingParts } from "./explain-task.ts";

/**
 * The ways of a service's tasks, as `explainTask` tells them; the first thing in any of them is named. Costs a look at each task of the service, and what it takes to explain one of each kind.
 * @param named an ARN, or `cluster/service`: those of that name, of all accounts and regions
 */
export function explainServices(parts: ExplainingParts, named: string): readonly ServiceExplanation[] {
  const table = parts.state.table(services);
  const found = table.get(named);
  const [cluster, name, ...more] = named.split("/");
  const all = found
    ? [found]
    : more.length > 0 || named.startsWith("arn:")
      ? []
      : [...table.values()].filter((one) => one.clusterName === cluster && one.name === name);
  return all.filter(({ status }) => status !== "INACTIVE").map((service) => explained(parts, service));
}

function explained(parts: ExplainingParts, service: ServiceRecord): ServiceExplanation {
  const own = parts.state.table(tasks).by("service", service.arn);
  const told = kindsOf(parts.state, own).flatMap(([task, ...alike]): ExplainedPart[] => {
    const explanation = task && explainTask(parts, task.arn);
    if (!explanation) return [];
    const { steps, inTheWay } = explanation;
    return [{ what: task.arn, status: task.lastStatus, alike: alike.length + 1, steps, ...(inTheWay && { inTheWay }) }];
  });
  const is = (status: string): number => own.filter(({ lastStatus }) => lastStatus === status).length;
  const lastEvent = service.events.reduce<ServiceRecord["events"][number] | undefined>(
    (latest, one) => (latest === undefined || one.createdAt > latest.createdAt ? one : latest),
    undefined,
  )?.message;
  const inTheWay = told.find((one) => one.inTheWay)?.inTheWay ?? withoutTasks(service, told.length, lastEvent);
  return {
    service: {
      ...{ arn: service.arn, status: service.status, desiredCount: service.desiredCount },
      ...{ runningCount: is("RUNNING"), pendingCount: is("PENDING") },
      ...(lastEvent !== undefined && { lastEvent }),
    },
    tasks: told,
    ...(inTheWay && { inTheWay }),
  };
}

/** Of one deployment, in one subnet, in one state. What stopped is told of where nothing runs. */
function kindsOf(state: WholeState, own: readonly TaskRecord[]): readonly (readonly TaskRecord[])[] {
  const live = own.filter(({ lastStatus }) => lastStatus !== "STOPPED");
  const kinds = new Map<string, TaskRecord[]>();
  for (const task of live) {
    const health = task.targets.map((one) => state.table(targets).get(targetKey(one.targetGroupArn, one.targetId, one.port))?.health);
    const key = JSON.stringify([task.deploymentId, task.networkInterface?.subnetId, task.lastStatus, health]);
    const kind = kinds.get(key);
    if (kind) kind.push(task);
    else kinds.set(key, [task]);
  }
  const stopped = own.filter(({ lastStatus }) => lastStatus === "STOPPED").toSorted((a, b) => (b.stoppedAt ?? 0) - (a.stoppedAt ?? 0));
  const last = live.some(({ lastStatus }) => lastStatus === "RUNNING") ? undefined : stopped[0];
  return [...kinds.values(), ...(last ? [[last]] : [])];
}

function withoutTasks(
  { arn, desiredCount }: ServiceRecord,
  told: number,
  lastEvent = "nothing has been tried yet",
): ServiceExplanation["inTheWay"] {
  return told > 0 || desiredCount === 0 ? undefined : { code: "NO_TASKS", component: arn, text: `the service has no task: ${lastEvent}` };
}
