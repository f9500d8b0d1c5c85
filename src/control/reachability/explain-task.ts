import type { ExplainedStep, Obstruction, TaskExplanation } from "../../domain/task-explanation.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Ids } from "../../ports/ids.ts";
import { taskDefinitions, tasks, type TaskRecord } from "../../state/ecs.ts";
import { publicAddressOf } from "../../state/public-addresses.ts";
import type { WholeState } from "../../state/state.ts";
import { balancerSteps } from "./balancer-steps.ts";
import { underPolicy } from "./endpoint-policy-step.ts";
import type { ImageHome, Need } from "./needs.ts";
import { pathStep } from "./path-step.ts";
import { fetchesItself, waysOf, type TaskWay } from "./task-ways.ts";

export interface ExplainingParts {
  readonly state: WholeState;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly homeOf: ImageHome;
}

/**
 * The way of a task, from its interface to what it needs and from its load balancers to it, as it is by the records now; the first thing in the way is named.
 * Costs what the task needs and the load balancers of its service have.
 * @param id the task's id, or its ARN
 */
export function explainTask(parts: ExplainingParts, id: string): TaskExplanation | undefined {
  const { state, homeOf } = parts;
  const task = state.table(tasks).get(id) ?? state.table(tasks).by("id", id)[0];
  if (!task) return undefined;
  const definition = state.table(taskDefinitions).get(task.taskDefinitionArn);
  const ways =
    definition && fetchesItself(task)
      ? waysOf(state, task, definition, homeOf)
          .filter(({ need }) => !isMadeHere(task, need))
          .map((way) => underPolicy(parts, task, definition, way.need, stepOf(way)))
      : [];
  const steps = [interfaceStep(task), ...ways, ...balancerSteps(state, task)].filter((step) => step !== undefined);
  const inTheWay = steps.find(({ outcome }) => outcome === "barred")?.obstruction ?? stopOf(task);
  return {
    task: {
      arn: task.arn,
      lastStatus: task.lastStatus,
      desiredStatus: task.desiredStatus,
      launchType: task.launchType,
      networkMode: task.networkMode,
      ...(task.stoppedReason !== undefined && { stoppedReason: task.stoppedReason }),
    },
    ...placeOf(task),
    steps,
    ...(inTheWay && { inTheWay }),
  };
}

/** An image that runs, of a registry elsewhere that never told its digest: it was made on the engine, and needs no way. */
function isMadeHere({ containers }: TaskRecord, need: Need): boolean {
  if (need.kind !== "image" || need.service !== undefined) return false;
  const own = containers.filter(({ name }) => need.containers.includes(name));
  return own.length > 0 && own.every(({ runtimeId, imageDigest }) => runtimeId !== undefined && imageDigest === undefined);
}

function placeOf(task: TaskRecord): Pick<TaskExplanation, "place"> {
  const own = task.networkInterface;
  if (!own) return {};
  const publicAddress = publicAddressOf(task);
  return {
    place: {
      vpc: own.vpcId,
      subnet: own.subnetId,
      availabilityZone: own.availabilityZone,
      networkInterface: own.networkInterfaceId,
      address: own.privateIpv4Address,
      ...(publicAddress !== undefined && { publicAddress }),
      securityGroups: own.securityGroups,
    },
  };
}

function interfaceStep(task: TaskRecord): ExplainedStep | undefined {
  if (task.networkMode !== "awsvpc" || task.networkInterface) return undefined;
  const what = "a network interface in one of its subnets";
  if (task.desiredStatus !== "STOPPED") return { what, outcome: "not yet", hops: [] };
  const text = task.stoppedReason ?? "it was stopped before it had one";
  return { what, outcome: "barred", hops: [], obstruction: { code: task.stopCode ?? "", component: task.arn, text } };
}

/** Of a task that stopped although nothing is in its way now: what it stopped for. */
function stopOf({ arn, stopCode, stoppedReason }: TaskRecord): Obstruction | undefined {
  return stoppedReason === undefined || stopCode === undefined ? undefined : { code: stopCode, component: arn, text: stoppedReason };
}

function stepOf({ need, serviceName, host, path }: TaskWay): ExplainedStep {
  return pathStep(`${needText(need)}, by ${serviceName ?? host}`, path, serviceName);
}

function needText(need: Need): string {
  switch (need.kind) {
    case "secret":
      return `the secret ${need.reference}`;
    case "parameter":
      return `the parameter ${need.reference}`;
    case "registry-auth":
      return "the login at ECR";
    case "log":
      return `the log group ${need.group}`;
    case "image":
      return `the manifest of ${need.image}`;
    case "layers":
      return `the layers of ${need.image}`;
  }
}
