import type { ContainerDefinition } from "@aws-sdk/client-ecs";
import { routerOf, parseCidr } from "../../domain/cidr.ts";
import { subnets } from "../../state/ec2.ts";
import { taskDefinitions, type ContainerRecord, type TaskDefinitionRecord, type TaskRecord } from "../../state/ecs.ts";
import type { WholeState } from "../../state/state.ts";

/** A container as the metadata endpoint tells of it. Source: ECS Developer Guide, "Task metadata endpoint version 4". */
export function containerMetadata(state: WholeState, task: TaskRecord, name: string): object {
  const definition = state.table(taskDefinitions).get(task.taskDefinitionArn);
  const container = task.containers.find((candidate) => candidate.name === name);
  return container ? containerView(state, task, container, definition) : {};
}

/** A task with its containers. */
export function taskMetadata(state: WholeState, task: TaskRecord, options: { readonly tags?: boolean } = {}): object {
  const definition = state.table(taskDefinitions).get(task.taskDefinitionArn);
  return {
    Cluster: task.clusterArn,
    TaskARN: task.arn,
    Family: definition?.family,
    Revision: definition && String(definition.revision),
    ServiceName: task.serviceArn?.slice(task.serviceArn.lastIndexOf("/") + 1),
    DesiredStatus: task.desiredStatus,
    KnownStatus: task.lastStatus,
    Limits: limits(
      task.cpu === undefined ? undefined : Number(task.cpu) / 1024,
      task.memory === undefined ? undefined : Number(task.memory),
    ),
    PullStartedAt: moment(task.pullStartedAt),
    PullStoppedAt: moment(task.pullStoppedAt),
    ExecutionStoppedAt: moment(task.executionStoppedAt),
    AvailabilityZone: task.availabilityZone,
    LaunchType: task.launchType,
    VPCID: task.networkInterface?.vpcId,
    Containers: task.containers.map((container) => containerView(state, task, container, definition)),
    ...(options.tags ? { TaskTags: Object.fromEntries(task.tags.map(({ key = "", value = "" }) => [key, value])) } : {}),
  };
}

function containerView(
  state: WholeState,
  task: TaskRecord,
  container: ContainerRecord,
  definition: TaskDefinitionRecord | undefined,
): object {
  const defined = definition?.definition.containerDefinitions?.find(({ name }) => name === container.name);
  return {
    DockerId: container.runtimeId,
    Name: container.name,
    DockerName: container.name,
    Image: container.image,
    ImageID: container.imageDigest,
    Labels: {
      ...defined?.dockerLabels,
      "com.amazonaws.ecs.cluster": task.clusterArn,
      "com.amazonaws.ecs.container-name": container.name,
      "com.amazonaws.ecs.task-arn": task.arn,
      "com.amazonaws.ecs.task-definition-family": definition?.family,
      "com.amazonaws.ecs.task-definition-version": definition && String(definition.revision),
    },
    DesiredStatus: task.desiredStatus,
    KnownStatus: container.lastStatus,
    ExitCode: container.exitCode,
    Limits: limits(defined?.cpu ?? 0, defined?.memory),
    CreatedAt: moment(task.createdAt),
    StartedAt: moment(task.startedAt),
    Type: "NORMAL",
    ContainerARN: container.arn,
    ...logs(task, defined),
    Networks: [network(state, task)],
  };
}

function network(state: WholeState, { networkMode, networkInterface }: TaskRecord): object {
  if (!networkInterface) return { NetworkMode: networkMode };
  const { privateIpv4Address, macAddress, privateDnsName, subnetId, vpcCidr } = networkInterface;
  const vpc = parseCidr(vpcCidr);
  const subnet = state.table(subnets).get(subnetId)?.cidrBlock;
  return {
    NetworkMode: networkMode,
    IPv4Addresses: [privateIpv4Address],
    AttachmentIndex: 0,
    MACAddress: macAddress,
    IPv4SubnetCIDRBlock: subnet,
    PrivateDNSName: privateDnsName,
    // The VPC is one network here, with one router.
    SubnetGatewayIpv4Address: subnet === undefined || !vpc ? undefined : `${routerOf(vpc)}/${vpcCidr.slice(vpcCidr.indexOf("/") + 1)}`,
  };
}

function logs(task: TaskRecord, defined: ContainerDefinition | undefined): object {
  const configuration = defined?.logConfiguration;
  if (!configuration) return {};
  const options = configuration.options ?? {};
  const prefix = options["awslogs-stream-prefix"];
  const stream = [...(prefix ? [prefix] : []), defined.name, task.id].join("/");
  return {
    LogDriver: configuration.logDriver,
    LogOptions: configuration.logDriver === "awslogs" ? { ...options, "awslogs-stream": stream } : options,
  };
}

function limits(CPU: number | undefined, Memory: number | undefined): object | undefined {
  return CPU === undefined && Memory === undefined ? undefined : { CPU, Memory };
}

function moment(at: number | undefined): string | undefined {
  return at === undefined ? undefined : new Date(at).toISOString();
}
