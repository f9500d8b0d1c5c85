import type { ContainerDefinition, ContainerOverride, TaskDefinition, Volume } from "@aws-sdk/client-ecs";
import type { ContainerSpec, LogPlace, TaskNetwork, TaskSpec, TaskVolume } from "../../ports/task-runner.ts";
import { cannotRun } from "../../state/cannot-run.ts";
import { firstNames } from "../../state/ec2-dhcp-options.ts";
import type { TaskDefinitionRecord, TaskRecord } from "../../state/ecs.ts";
import { invalidParameters } from "../secret-values.ts";
import { driverFailure, multilinePattern } from "./awslogs-options.ts";
import { containerSpec } from "./container-spec.ts";
import type { InterfacePlace } from "./network-interface.ts";
import { withRepositoryCredentials } from "./repository-credentials.ts";
import type { Failure, Resolver, TaskResources } from "./task-resources.ts";

/** The task for the runner, or why it cannot start: an image aside, whatever cannot be resolved stops a task before its containers exist. */
export function taskSpec(task: TaskRecord, definition: TaskDefinitionRecord, resolver: Resolver): TaskSpec | Failure {
  // Refused when it was asked for; a service of an earlier version may still have it.
  const missing = cannotRun(definition.definition);
  if (missing !== undefined) return { failure: `ResourceInitializationError: Airfield does not support ${missing} yet.` };
  const resources = resolver.open(task, definition);
  if ("failure" in resources) return resources;
  const secrets = resolveSecrets(definition, resources);
  if ("failure" in secrets) return secrets;
  const containers: ContainerSpec[] = [];
  for (const container of definition.definition.containerDefinitions ?? []) {
    const override = task.overrides.containerOverrides?.find(({ name }) => name === container.name);
    const environment = resolveEnvironment(task, container, override, resources.environment(container.name ?? ""), secrets);
    const log = logOf(task, container);
    if (log && "failure" in log) return log;
    const written = log && resources.logStream(log.key, log.createGroup);
    if (written && "failure" in written) return written;
    const image = withRepositoryCredentials(resources.image(container.image ?? ""), container, task, resources);
    if ("failure" in image) return image;
    containers.push({
      ...containerSpec(container, override, { image, environment, log: written?.delivered ? log?.key : undefined }),
      ...architectureOf(definition.definition),
      // A task's containers have one list of hosts.
      ...(containers.length === 0 && task.connect ? { extraHosts: task.connect.names } : {}),
    });
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
    volumes: (definition.definition.volumes ?? []).map((volume) => volumeOf(volume, resources)),
    ...(task.cpu === undefined ? {} : { cpu: Number(task.cpu) }),
    ...(task.memory === undefined ? {} : { memory: Number(task.memory) }),
    ...(definition.definition.pidMode ? { pidMode: definition.definition.pidMode } : {}),
    ...(definition.definition.ipcMode ? { ipcMode: definition.definition.ipcMode } : {}),
  };
}

const ARCHITECTURES: Readonly<Record<string, ContainerSpec["architecture"]>> = { X86_64: "amd64", ARM64: "arm64" };

function architectureOf({ runtimePlatform }: TaskDefinition): Pick<ContainerSpec, "architecture"> {
  const architecture = ARCHITECTURES[runtimePlatform?.cpuArchitecture ?? ""];
  return architecture === undefined ? {} : { architecture };
}

function networkOf(task: TaskRecord): TaskNetwork {
  if (task.networkMode !== "awsvpc") return { mode: task.networkMode };
  const attached = task.networkInterface;
  if (!attached) throw new Error(`${task.arn} has no network interface`);
  return vpcNetworkOf(attached);
}

/** A place in a VPC, as the runner knows it. */
export function vpcNetworkOf(place: InterfacePlace): TaskNetwork {
  const { vpcId, vpcCidr, isFurtherBlock, privateIpv4Address, macAddress, privateDnsName, toldNames } = place;
  return {
    mode: "awsvpc",
    vpcId,
    vpcCidr,
    ...(isFurtherBlock && { isFurther: true }),
    address: privateIpv4Address,
    macAddress,
    hostname: privateDnsName,
    ...(toldNames && { names: toldNames }),
  };
}

/** Where a VPC's own resolver answers, containers are told what AWS tells them, and ask nobody else. */
export function withResolver(
  network: TaskNetwork,
  { region }: Pick<TaskRecord, "region">,
  resolverIn: (vpcId: string) => string | undefined,
): TaskNetwork {
  const resolver = network.mode === "awsvpc" ? resolverIn(network.vpcId) : undefined;
  if (network.mode !== "awsvpc" || resolver === undefined) return network;
  return { ...network, resolver, names: network.names ?? firstNames(region) };
}

type Secrets = ReadonlyMap<string, string>;

/** The values of all secrets of a task, by what names them, each asked for once; parameters that are not there are told of together, as the agent does. */
function resolveSecrets({ definition }: TaskDefinitionRecord, resources: TaskResources): Secrets | Failure {
  const values = new Map<string, string>();
  const missing = new Set<string>();
  const wanted = new Set(
    (definition.containerDefinitions ?? []).flatMap(({ secrets = [] }) => secrets.map(({ valueFrom = "" }) => valueFrom)),
  );
  for (const reference of wanted) {
    const found = resources.secret(reference);
    if ("value" in found) values.set(reference, found.value);
    else if (found.missingParameter === undefined) return found;
    else missing.add(found.missingParameter);
  }
  return missing.size === 0 ? values : { failure: invalidParameters([...missing]) };
}

function resolveEnvironment(
  task: TaskRecord,
  container: ContainerDefinition,
  override: ContainerOverride | undefined,
  given: Readonly<Record<string, string>>,
  secrets: Secrets,
): Readonly<Record<string, string>> {
  const own =
    task.launchType === "FARGATE"
      ? { AWS_EXECUTION_ENV: "AWS_ECS_FARGATE", AWS_REGION: task.region, AWS_DEFAULT_REGION: task.region }
      : { AWS_EXECUTION_ENV: "AWS_ECS_EC2" };
  // A map: variables may be called __proto__, too.
  const values = new Map<string, string>(Object.entries({ ...own, ...given }));
  for (const { name, value } of [...(container.environment ?? []), ...(override?.environment ?? [])])
    if (name) values.set(name, value ?? "");
  for (const { name, valueFrom } of container.secrets ?? []) {
    if (name) values.set(name, secrets.get(valueFrom ?? "") ?? "");
  }
  return Object.fromEntries(values);
}

/** Where awslogs sends a container's output: `prefix/container/task-id`. Source: ECS Developer Guide, "Using the awslogs log driver". */
function logOf(
  task: TaskRecord,
  container: ContainerDefinition,
): { readonly key: LogPlace; readonly createGroup: boolean } | Failure | undefined {
  const configuration = container.logConfiguration;
  if (configuration?.logDriver !== "awslogs") return undefined;
  const options = configuration.options ?? {};
  const failure = driverFailure(options, task.launchType);
  if (failure !== undefined) return { failure };
  const pattern = multilinePattern(options);
  const prefix = options["awslogs-stream-prefix"];
  const stream = prefix ? `${prefix}/${container.name ?? ""}/${task.id}` : `${container.name ?? ""}/${task.id}`;
  return {
    key: {
      account: task.account,
      region: options["awslogs-region"] ?? task.region,
      group: options["awslogs-group"] ?? "",
      stream,
      ...(pattern === undefined ? {} : { multilinePattern: pattern }),
    },
    createGroup: options["awslogs-create-group"] === "true",
  };
}

function volumeOf(volume: Volume, resources: TaskResources): TaskVolume {
  const name = volume.name ?? "";
  if (volume.host?.sourcePath) return { name, kind: "host", path: volume.host.sourcePath };
  const { scope, driver, driverOpts, labels, autoprovision } = volume.dockerVolumeConfiguration ?? {};
  const made = {
    name,
    ...(driver ? { driver } : {}),
    ...(driverOpts ? { driverOptions: driverOpts } : {}),
    ...(labels ? { labels } : {}),
  };
  if (scope !== "shared") return { ...made, kind: "task" };
  return { ...made, kind: resources.opensVolume?.(name) ? "engine" : "account", autoprovision: autoprovision ?? false };
}
