import type { LaunchType } from "../domain/launch-type.ts";
import type { ContainerDefinition, NetworkConfiguration, Tag, TaskOverride } from "@aws-sdk/client-ecs";
import { arn } from "../domain/arn.ts";
import type { Ids } from "../ports/ids.ts";
import type { ClusterRecord, ContainerRecord, TaskConnect, TaskDefinitionRecord, TaskRecord } from "./ecs.ts";
import { localContainerInstanceArn } from "./local-host.ts";

export interface NewTask {
  readonly cluster: ClusterRecord;
  readonly definition: TaskDefinitionRecord;
  readonly launchType: LaunchType;
  /** `family:<name>` where absent. */
  readonly group?: string;
  readonly serviceArn?: string;
  readonly deploymentId?: string;
  readonly startedBy?: string;
  readonly capacityProviderName?: string;
  readonly platformVersion?: string;
  readonly overrides?: TaskOverride;
  readonly networkConfiguration?: NetworkConfiguration;
  readonly enableExecuteCommand?: boolean;
  readonly tags?: readonly Tag[];
  readonly clientToken?: string;
  /** Where it should go; any subnet of the configuration where absent. */
  readonly preferredSubnetId?: string;
  readonly connect?: TaskConnect;
}

/**
 * A task as it is the moment it is asked for: PROVISIONING, with all its containers PENDING.
 * @throws Error for a definition and a cluster of two accounts: a task takes on the roles of its cluster's account
 */
export function newTask(wanted: NewTask, ids: Ids, now: number): TaskRecord {
  const { cluster, definition, launchType } = wanted;
  if (cluster.account !== definition.account) throw new Error(`${definition.arn} cannot run in ${cluster.arn}: they are of two accounts`);
  const scope = { account: cluster.account, region: cluster.region };
  const id = ids.hex(32);
  const { cpu, memory, networkMode } = definition.definition;
  return {
    arn: arn("ecs", scope, `task/${cluster.name}/${id}`),
    id,
    ...scope,
    clusterArn: cluster.arn,
    clusterName: cluster.name,
    taskDefinitionArn: definition.arn,
    group: wanted.group ?? `family:${definition.family}`,
    ...optional("serviceArn", wanted.serviceArn),
    ...optional("deploymentId", wanted.deploymentId),
    ...optional("startedBy", wanted.startedBy),
    launchType,
    ...optional("capacityProviderName", wanted.capacityProviderName),
    ...(launchType === "FARGATE" ? { platformVersion: fargatePlatform(wanted.platformVersion), platformFamily: "Linux" } : {}),
    lastStatus: "PROVISIONING",
    desiredStatus: "RUNNING",
    healthStatus: "UNKNOWN",
    containers: (definition.definition.containerDefinitions ?? []).map((container) => newContainer(container, cluster, id, ids)),
    overrides: wanted.overrides ?? {},
    ...optional("cpu", wanted.overrides?.cpu ?? cpu),
    ...optional("memory", wanted.overrides?.memory ?? memory),
    networkMode: networkMode ?? "bridge",
    ...optional("networkConfiguration", wanted.networkConfiguration),
    ...optional("preferredSubnetId", wanted.preferredSubnetId),
    ...(launchType === "FARGATE" ? {} : { containerInstanceArn: localContainerInstanceArn(scope, cluster.name) }),
    // Corrected when it gets its network interface.
    availabilityZone: `${cluster.region}a`,
    endpoints: [],
    targets: [],
    ...optional("connect", wanted.connect),
    enableExecuteCommand: wanted.enableExecuteCommand ?? false,
    tags: wanted.tags ?? [],
    version: 1,
    ...optional("clientToken", wanted.clientToken),
    createdAt: now,
    healthySeen: false,
    failureCounted: false,
  };
}

/** What `LATEST` means on Fargate today. */
function fargatePlatform(version: string | undefined): string {
  return version === undefined || version === "LATEST" ? "1.4.0" : version;
}

function newContainer(container: ContainerDefinition, cluster: ClusterRecord, taskId: string, ids: Ids): ContainerRecord {
  return {
    arn: arn("ecs", cluster, `container/${cluster.name}/${taskId}/${ids.uuid()}`),
    name: container.name ?? "",
    image: container.image ?? "",
    lastStatus: "PENDING",
    healthStatus: "UNKNOWN",
    networkBindings: [],
    cpu: String(container.cpu ?? 0),
    ...optional("memory", container.memory?.toString()),
    ...optional("memoryReservation", container.memoryReservation?.toString()),
    essential: container.essential ?? true,
    hasHealthCheck: container.healthCheck !== undefined,
  };
}

function optional<K extends string, V>(key: K, value: V | undefined): { readonly [P in K]?: V } {
  return (value === undefined ? {} : { [key]: value }) as { readonly [P in K]?: V };
}
