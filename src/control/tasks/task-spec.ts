import type { ContainerDefinition, ContainerOverride, Volume } from "@aws-sdk/client-ecs";
import type { Scope } from "../../domain/scope.ts";
import type { ContainerSpec, TaskNetwork, TaskSpec, TaskVolume } from "../../ports/task-runner.ts";
import type { TaskDefinitionRecord, TaskRecord } from "../../state/ecs.ts";
import { containerSpec } from "./container-spec.ts";
import { unsupported } from "./unsupported.ts";

/** Looks up what a task definition only names. Failures are AWS's words, and become the task's `stoppedReason`. */
export interface Resolver {
  image(reference: string, task: TaskRecord): Pick<ContainerSpec, "pullReference" | "registryAuth" | "imageDigest" | "pullFailure">;
  secret(reference: string, scope: Scope): { readonly value: string } | { readonly failure: string };
  /** Makes the log stream where it is missing; `failure` where its group is, and may not be made. */
  logStream(log: NonNullable<ContainerSpec["log"]>, createGroup: boolean): { readonly failure: string } | undefined;
}

/** The task for the runner, or why it cannot start: an image aside, whatever cannot be resolved stops a task before its containers exist. */
export function taskSpec(task: TaskRecord, definition: TaskDefinitionRecord, resolver: Resolver): TaskSpec | { readonly failure: string } {
  const missing = unsupported(definition);
  if (missing !== undefined) return { failure: missing };
  const containers: ContainerSpec[] = [];
  for (const container of definition.definition.containerDefinitions ?? []) {
    const override = task.overrides.containerOverrides?.find(({ name }) => name === container.name);
    const environment = resolveEnvironment(task, container, override, resolver);
    if ("failure" in environment) return environment;
    const log = logOf(task, container);
    const failed = log && resolver.logStream(log.key, log.createGroup);
    if (failed) return failed;
    const image = resolver.image(container.image ?? "", task);
    containers.push(containerSpec(container, override, { image, environment: environment.values, log: log?.key }));
  }
  return {
    taskArn: task.arn,
    taskId: task.id,
    clusterName: task.clusterName,
    family: definition.family,
    revision: definition.revision,
    launchType: task.launchType,
    network: networkOf(task),
    containers,
    volumes: (definition.definition.volumes ?? []).map(volumeOf),
    ...(task.cpu === undefined ? {} : { cpu: Number(task.cpu) }),
    ...(task.memory === undefined ? {} : { memory: Number(task.memory) }),
    ...(definition.definition.pidMode ? { pidMode: definition.definition.pidMode } : {}),
    ...(definition.definition.ipcMode ? { ipcMode: definition.definition.ipcMode } : {}),
  };
}

function networkOf(task: TaskRecord): TaskNetwork {
  if (task.networkMode !== "awsvpc") return { mode: task.networkMode };
  const attached = task.networkInterface;
  if (!attached) throw new Error(`${task.arn} has no network interface`);
  const { vpcId, vpcCidr, privateIpv4Address, macAddress, privateDnsName } = attached;
  return { mode: "awsvpc", vpcId, vpcCidr, address: privateIpv4Address, macAddress, hostname: privateDnsName };
}

type Environment = { readonly values: Readonly<Record<string, string>> } | { readonly failure: string };

function resolveEnvironment(
  task: TaskRecord,
  container: ContainerDefinition,
  override: ContainerOverride | undefined,
  resolver: Resolver,
): Environment {
  const values: Record<string, string> =
    task.launchType === "FARGATE"
      ? { AWS_EXECUTION_ENV: "AWS_ECS_FARGATE", AWS_REGION: task.region, AWS_DEFAULT_REGION: task.region }
      : { AWS_EXECUTION_ENV: "AWS_ECS_EC2" };
  for (const { name, value } of [...(container.environment ?? []), ...(override?.environment ?? [])]) if (name) values[name] = value ?? "";
  for (const { name, valueFrom } of container.secrets ?? []) {
    const found = resolver.secret(valueFrom ?? "", task);
    if ("failure" in found) return found;
    if (name) values[name] = found.value;
  }
  return { values };
}

/** Where awslogs sends a container's output: `prefix/container/task-id`. Source: ECS Developer Guide, "Using the awslogs log driver". */
function logOf(
  task: TaskRecord,
  container: ContainerDefinition,
): { readonly key: NonNullable<ContainerSpec["log"]>; readonly createGroup: boolean } | undefined {
  const configuration = container.logConfiguration;
  if (configuration?.logDriver !== "awslogs") return undefined;
  const options = configuration.options ?? {};
  const prefix = options["awslogs-stream-prefix"];
  const stream = prefix ? `${prefix}/${container.name ?? ""}/${task.id}` : `${container.name ?? ""}/${task.id}`;
  return {
    key: { account: task.account, region: options["awslogs-region"] ?? task.region, group: options["awslogs-group"] ?? "", stream },
    createGroup: options["awslogs-create-group"] === "true",
  };
}

function volumeOf(volume: Volume): TaskVolume {
  const name = volume.name ?? "";
  if (volume.host?.sourcePath) return { name, kind: "host", path: volume.host.sourcePath };
  const shared = volume.dockerVolumeConfiguration;
  if (shared?.scope !== "shared") return { name, kind: "task" };
  return {
    name,
    kind: "engine",
    engineName: name,
    ...(shared.driver ? { driver: shared.driver } : {}),
    ...(shared.driverOpts ? { driverOptions: shared.driverOpts } : {}),
    ...(shared.labels ? { labels: shared.labels } : {}),
    autoprovision: shared.autoprovision ?? false,
  };
}
