import type { LoadBalancer } from "@aws-sdk/client-ecs";
import type { TaskDefinitionRecord } from "../../state/ecs.ts";
import { targetGroupInUse } from "../../state/elb-targets.ts";
import { targetGroups } from "../../state/elb.ts";
import type { State } from "../../state/state.ts";
import { invalid } from "./ecs-operation.ts";
import { QUOTAS } from "./quotas.ts";

/** The target groups of a service: each exists, is listened for, and fits a port of the task definition. @throws InvalidParameterException */
export function checkLoadBalancers(
  given: readonly LoadBalancer[],
  definition: TaskDefinitionRecord,
  state: State,
): readonly LoadBalancer[] {
  if (given.length > QUOTAS.targetGroups) throw invalid("loadBalancers can have at most 5 items.");
  for (const { targetGroupArn, containerName, containerPort } of given) {
    if (!targetGroupArn) throw invalid("targetGroupArn cannot be empty.");
    if (!containerName) throw invalid("containerName cannot be empty.");
    if (containerPort === undefined) throw invalid("containerPort cannot be empty.");
    checkPort(containerName, containerPort, definition);
    checkTargetGroup(targetGroupArn, definition, state);
  }
  return given.map(({ targetGroupArn, containerName, containerPort }) => ({ targetGroupArn, containerName, containerPort }));
}

function checkPort(containerName: string, containerPort: number, { definition }: TaskDefinitionRecord): void {
  const container = definition.containerDefinitions?.find((candidate) => candidate.name === containerName);
  if (!container) throw invalid(`The container ${containerName} does not exist in the task definition.`);
  if (!container.portMappings?.some((mapping) => mapping.containerPort === containerPort))
    throw invalid(`The container ${containerName} did not have a container port ${containerPort} defined.`);
}

function checkTargetGroup(arn: string, { definition }: TaskDefinitionRecord, state: State): void {
  const group = state.table(targetGroups).get(arn);
  if (!group) throw invalid(`The target group with targetGroupArn ${arn} does not exist.`);
  const networkMode = definition.networkMode ?? "bridge";
  const wanted = networkMode === "awsvpc" ? "ip" : "instance";
  if (group.targetType !== wanted)
    throw invalid(
      `The provided target group ${arn} has target type ${group.targetType}, which is incompatible with the ${networkMode} network mode specified in the task definition.`,
    );
  if (!targetGroupInUse(state, arn))
    throw invalid(`The target group with targetGroupArn ${arn} does not have an associated load balancer.`);
}
