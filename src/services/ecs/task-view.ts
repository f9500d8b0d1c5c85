import type { Attachment, Container, ContainerOverride, ManagedAgent, Task } from "@aws-sdk/client-ecs";
import { isBefore } from "../../domain/task-status.ts";
import { taskDefinitions, type ContainerRecord, type TaskRecord } from "../../state/ecs.ts";
import type { State } from "../../state/state.ts";
import { instant, shown } from "./ecs-operation.ts";

/** How long a stopped task is still shown. Source: Amazon ECS API Reference, "DescribeTasks". */
const SHOWN_AFTER_STOP_MS = 60 * 60 * 1000;

export function isShown(task: TaskRecord, now: number): boolean {
  return task.lastStatus !== "STOPPED" || task.stoppedAt === undefined || task.stoppedAt + SHOWN_AFTER_STOP_MS > now;
}

/** A task as the API shows it. */
export function taskView(task: TaskRecord, state: State, withTags: boolean): Task {
  const onFargate = task.launchType === "FARGATE";
  const definition = onFargate ? state.table(taskDefinitions).get(task.taskDefinitionArn)?.definition : undefined;
  const sizeInGiB = task.overrides.ephemeralStorage?.sizeInGiB ?? definition?.ephemeralStorage?.sizeInGiB ?? 20;
  const connectedAt = task.lastStatus === "PROVISIONING" ? undefined : (task.pullStartedAt ?? task.createdAt);
  return {
    attachments: task.networkInterface ? [attachment(task, task.networkInterface)] : [],
    attributes: onFargate
      ? [{ name: "ecs.cpu-architecture", value: definition?.runtimePlatform?.cpuArchitecture === "ARM64" ? "arm64" : "x86_64" }]
      : [],
    availabilityZone: task.availabilityZone,
    capacityProviderName: task.capacityProviderName,
    clusterArn: task.clusterArn,
    connectivity: connectedAt === undefined ? undefined : "CONNECTED",
    connectivityAt: instant(connectedAt),
    containerInstanceArn: task.containerInstanceArn,
    containers: task.containers.map((container) => containerView(container, task)),
    cpu: task.cpu,
    createdAt: new Date(task.createdAt),
    desiredStatus: task.desiredStatus,
    enableExecuteCommand: task.enableExecuteCommand,
    executionStoppedAt: instant(task.executionStoppedAt),
    group: task.group,
    healthStatus: task.healthStatus,
    lastStatus: task.lastStatus,
    launchType: task.launchType,
    memory: task.memory,
    overrides: { inferenceAcceleratorOverrides: [], ...task.overrides, containerOverrides: containerOverrides(task) },
    platformVersion: task.platformVersion,
    platformFamily: task.platformFamily,
    pullStartedAt: instant(task.pullStartedAt),
    pullStoppedAt: instant(task.pullStoppedAt),
    startedAt: instant(task.startedAt),
    startedBy: task.startedBy,
    stopCode: task.stopCode,
    stoppedAt: instant(task.stoppedAt),
    stoppedReason: task.stoppedReason,
    stoppingAt: instant(task.stoppingAt),
    tags: withTags ? shown(task.tags) : [],
    taskArn: task.arn,
    taskDefinitionArn: task.taskDefinitionArn,
    version: task.version,
    ...(onFargate ? { ephemeralStorage: { sizeInGiB }, fargateEphemeralStorage: { sizeInGiB } } : {}),
  };
}

/** All containers are named, those that nothing is changed of, too. */
function containerOverrides({ overrides, containers }: TaskRecord): ContainerOverride[] {
  return containers.map(({ name }) => overrides.containerOverrides?.find((override) => override.name === name) ?? { name });
}

function attachment(
  task: TaskRecord,
  {
    attachmentId,
    subnetId,
    networkInterfaceId,
    macAddress,
    privateDnsName,
    privateIpv4Address,
  }: NonNullable<TaskRecord["networkInterface"]>,
): Attachment {
  const details = { subnetId, networkInterfaceId, macAddress, privateDnsName, privateIPv4Address: privateIpv4Address };
  return {
    id: attachmentId,
    type: "ElasticNetworkInterface",
    status: attachmentStatus(task),
    details: Object.entries(details).map(([name, value]) => ({ name, value })),
  };
}

function attachmentStatus({ lastStatus }: TaskRecord): string {
  if (lastStatus === "PROVISIONING") return "ATTACHING";
  return isBefore(lastStatus, "DEPROVISIONING") ? "ATTACHED" : lastStatus === "STOPPED" ? "DELETED" : "DETACHING";
}

function containerView(container: ContainerRecord, task: TaskRecord): Container {
  const { networkInterface } = task;
  return {
    containerArn: container.arn,
    taskArn: task.arn,
    name: container.name,
    image: container.image,
    imageDigest: container.imageDigest,
    runtimeId: container.runtimeId,
    lastStatus: container.lastStatus,
    exitCode: container.exitCode,
    reason: container.reason,
    networkBindings: shown(container.networkBindings),
    networkInterfaces: networkInterface
      ? [{ attachmentId: networkInterface.attachmentId, privateIpv4Address: networkInterface.privateIpv4Address }]
      : [],
    healthStatus: container.healthStatus,
    ...(task.enableExecuteCommand && { managedAgents: [execAgent(container, task)] }),
    cpu: container.cpu,
    memory: container.memory,
    memoryReservation: container.memoryReservation,
  };
}

/** What runs commands in a container: there for as long as the container runs. */
function execAgent({ lastStatus }: ContainerRecord, { startedAt }: TaskRecord): ManagedAgent {
  return { name: "ExecuteCommandAgent", lastStatus, ...(lastStatus === "RUNNING" && { lastStartedAt: instant(startedAt) }) };
}
