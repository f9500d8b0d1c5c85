import type { LaunchType } from "../domain/launch-type.ts";
import type { NetworkConfiguration } from "@aws-sdk/client-ecs";
import { arn, parseArn } from "../domain/arn.ts";
import { keyInScope, type Scope } from "../domain/scope.ts";
import type { Ids } from "../ports/ids.ts";
import { defaultNetwork } from "./default-vpc.ts";
import { clusters, families, taskDefinitions, type ClusterRecord, type TaskDefinitionRecord } from "./ecs.ts";
import type { State, WholeState } from "./state.ts";

/** Tags of a task definition that say where its rotation tasks run. Lists are separated by spaces. */
const CLUSTER_TAG = "airfield:rotation-cluster";
const SUBNETS_TAG = "airfield:rotation-subnets";
const SECURITY_GROUPS_TAG = "airfield:rotation-security-groups";

/** What does the work of a Lambda function here: a task definition, and the cluster that it runs in. */
export interface RotationFunction {
  readonly definition: TaskDefinitionRecord;
  readonly cluster: ClusterRecord;
  readonly launchType: LaunchType;
}

/**
 * The rotation function that an ARN names, in the account and region of the secret. An ARN without a revision is the newest ACTIVE one of
 * its family. See docs/decisions/0009-rotation-by-task.md.
 */
export function findRotationFunction(state: State, scope: Scope, functionArn: string): RotationFunction | { readonly failure: string } {
  const parsed = parseArn(functionArn);
  const name = /^task-definition\/([\w-]{1,255})(?::(\d+))?$/.exec(parsed?.resource ?? "");
  if (parsed?.service !== "ecs" || !name)
    return {
      failure:
        "RotationLambdaARN must be the ARN of an Amazon ECS task definition: there are no Lambda functions here, a task does the rotation.",
    };
  if (parsed.account !== scope.account || parsed.region !== scope.region)
    return { failure: `The task definition ${functionArn} must be in the account and region of the secret.` };
  const [, family = "", revision] = name;
  const definition =
    revision === undefined
      ? newest(state, scope, family)
      : state.table(taskDefinitions).get(definitionArn(scope, family, Number(revision)));
  if (definition?.status !== "ACTIVE") return { failure: `The task definition ${functionArn} does not exist, or is not ACTIVE.` };
  // A name, or the ARN of a cluster where the secret is: no other ARN is among the keys that are looked at.
  const clusterName = tagOf(definition, CLUSTER_TAG) ?? "default";
  const own = arn("ecs", scope, "cluster/");
  const cluster = state.table(clusters).get(clusterName.startsWith(own) ? clusterName : `${own}${clusterName}`);
  if (cluster?.status !== "ACTIVE") return { failure: `The cluster ${clusterName}, which rotation tasks run in, does not exist.` };
  const launchType = definition.definition.compatibilities?.includes("FARGATE") ? "FARGATE" : "EC2";
  return { definition, cluster, launchType };
}

/**
 * The network of a function's tasks: what its tags say, otherwise the default VPC. Inside of a commit. That subnets and security groups are
 * the account's own is looked at when a task gets its network interface.
 */
export function rotationNetwork(
  state: WholeState,
  ids: Ids,
  { definition }: RotationFunction,
  now: number,
): NetworkConfiguration | undefined {
  if (definition.definition.networkMode !== "awsvpc") return undefined;
  const subnets = listOf(definition, SUBNETS_TAG);
  const securityGroups = listOf(definition, SECURITY_GROUPS_TAG);
  const standard = subnets.length > 0 ? undefined : defaultNetwork(state, ids, definition, now);
  const groups = securityGroups.length > 0 || !standard ? securityGroups : [standard.securityGroup.id];
  return {
    awsvpcConfiguration: {
      subnets: standard?.subnets.map(({ id }) => id) ?? [...subnets],
      ...(groups.length > 0 ? { securityGroups: [...groups] } : {}),
    },
  };
}

function newest(state: State, scope: Scope, family: string): TaskDefinitionRecord | undefined {
  const last = state.table(families).get(keyInScope(scope, family))?.lastRevision ?? 0;
  for (let revision = last; revision > 0; revision--) {
    const definition = state.table(taskDefinitions).get(definitionArn(scope, family, revision));
    if (definition?.status === "ACTIVE") return definition;
  }
  return undefined;
}

function definitionArn(scope: Scope, family: string, revision: number): string {
  return arn("ecs", scope, `task-definition/${family}:${revision}`);
}

function tagOf({ tags }: TaskDefinitionRecord, key: string): string | undefined {
  return tags.find((tag) => tag.key === key)?.value;
}

function listOf(definition: TaskDefinitionRecord, key: string): readonly string[] {
  return (tagOf(definition, key) ?? "").split(/\s+/).filter((item) => item !== "");
}
