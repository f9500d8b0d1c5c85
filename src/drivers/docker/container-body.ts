import { parseCidr, routerOf } from "../../domain/cidr.ts";
import { defined } from "../../domain/defined.ts";
import { AMAZON_PROVIDED } from "../../domain/told-names.ts";
import { droppedCapabilities, hardening } from "./hardening.ts";
import { resolverMount } from "./resolver-files.ts";
import type { ContainerSpec, TaskSpec, TaskVolume } from "../../ports/task-runner.ts";
import { accountOf, accountVolumeName, containerName, LABELS, PAUSE, SANDBOX, type TaskPlan, taskVolumeName } from "./task-plan.ts";

export interface BodyContext {
  readonly instance: string;
  readonly plan: TaskPlan;
  /** The engine's name of the VPC's network. */
  readonly vpcNetwork: string;
  /** The address on which `bridge` ports are published. */
  readonly publishOn: string;
  readonly dnsServers: readonly string[];
  /** Whether a name server listens at the gateway of each VPC: it is asked before the others. */
  readonly gatewayNames: boolean;
  readonly extraHosts: readonly { readonly hostname: string; readonly ipAddress: string }[];
  /** The file that is the container's `/etc/resolv.conf`; the engine's own where absent. */
  readonly resolverFile?: string;
}

const MIB = 1024 * 1024;
const SECOND = 1_000_000_000;
const CPU_PERIOD = 100_000;
/** The least that the kernel takes; what ECS gives a container without CPU of its own. */
const LEAST_SHARES = 2;
/** Bounds the disk that a talkative container takes on the host; lines are delivered long before they are rotated away. */
const LOG_OPTIONS = { "max-size": "64m", "max-file": "2" };

/** The body of `POST /containers/create` for one container of a task. Equal specifications give equal bodies. */
export function containerBody(spec: TaskSpec, container: ContainerSpec, at: BodyContext): Record<string, unknown> {
  const { linux = {} } = container;
  const shared = at.plan.pause;
  const pause = `container:${containerName(at.instance, spec.taskId, PAUSE)}`;
  const inPauseNetwork = shared && spec.network.mode === "awsvpc" && !container.networkDisabled;
  const network = inPauseNetwork ? undefined : container.networkDisabled ? NO_NETWORK : networkPart(spec, [container], at);
  return defined({
    Image: container.pullReference,
    Cmd: container.command,
    Entrypoint: container.entryPoint,
    Env: Object.entries(container.environment).map(([name, value]) => `${name}=${value}`),
    User: container.user,
    WorkingDir: container.workingDirectory,
    Tty: container.pseudoTerminal,
    OpenStdin: container.interactive,
    StopTimeout: container.stopTimeout ?? 30,
    Labels: { ...container.dockerLabels, ...labels(spec, container.name, at) },
    // ECS ignores the HEALTHCHECK of an image.
    Healthcheck: container.healthCheck
      ? {
          Test: container.healthCheck.command,
          Interval: container.healthCheck.interval * SECOND,
          Timeout: container.healthCheck.timeout * SECOND,
          Retries: container.healthCheck.retries,
          StartPeriod: container.healthCheck.startPeriod * SECOND,
        }
      : { Test: ["NONE"] },
    ...network?.config,
    HostConfig: defined({
      ...network?.hostConfig,
      ...(inPauseNetwork && { NetworkMode: pause }),
      PidMode: spec.pidMode === "host" ? "host" : spec.pidMode === "task" && shared ? pause : undefined,
      IpcMode: spec.ipcMode === "task" ? (shared ? pause : undefined) : spec.ipcMode,
      ...limits(spec, container),
      Privileged: container.privileged,
      ReadonlyRootfs: container.readonlyRootFilesystem,
      Ulimits: container.ulimits?.map(({ name, softLimit, hardLimit }) => ({ Name: name, Soft: softLimit, Hard: hardLimit })),
      ...hardening(spec, container),
      Links: container.links?.map(({ containerName: other, alias }) => `${containerName(at.instance, spec.taskId, other)}:${alias}`),
      Sysctls: container.systemControls,
      CapAdd: linux.addCapabilities,
      CapDrop: droppedCapabilities(container),
      Init: linux.initProcessEnabled ?? false,
      ShmSize: linux.sharedMemorySize === undefined ? undefined : linux.sharedMemorySize * MIB,
      Tmpfs:
        linux.tmpfs &&
        Object.fromEntries(
          linux.tmpfs.map(({ containerPath, size, mountOptions }) => [containerPath, [`size=${size}m`, ...mountOptions].join(",")]),
        ),
      ...mounts(spec, container, at),
      VolumesFrom: container.volumesFrom.map(
        ({ sourceContainer, readOnly }) => `${containerName(at.instance, spec.taskId, sourceContainer)}:${readOnly ? "ro" : "rw"}`,
      ),
      LogConfig: { Type: "json-file", Config: { ...LOG_OPTIONS, ...container.logOptions } },
      RestartPolicy: { Name: "no" },
    }),
  });
}

/** The same for the container that holds the namespaces which the others share. */
export function pauseBody(spec: TaskSpec, image: string, at: BodyContext): Record<string, unknown> {
  const network = networkPart(spec, spec.containers, at);
  return defined({
    Image: image,
    Labels: { ...labels(spec, PAUSE, at), [LABELS.role]: "pause" },
    ...network.config,
    HostConfig: defined({
      ...network.hostConfig,
      IpcMode: spec.ipcMode === "task" ? "shareable" : undefined,
      // Whoever owns the namespace has its /dev/shm.
      ShmSize: spec.ipcMode === "task" ? largestShm(spec.containers) : undefined,
      LogConfig: { Type: "none" },
      RestartPolicy: { Name: "no" },
    }),
  });
}

/** The same for one that waits for a task with this network: no port is published, and nothing is shared but the network. */
export function sandboxBody(network: TaskSpec["network"], image: string, at: Omit<BodyContext, "plan">): Record<string, unknown> {
  const part = networkPart({ network }, [], { ...at, plan: { published: false } });
  return defined({
    Image: image,
    Labels: { [LABELS.instance]: at.instance, [LABELS.containerName]: PAUSE, [LABELS.role]: SANDBOX },
    ...part.config,
    HostConfig: defined({ ...part.hostConfig, LogConfig: { Type: "none" }, RestartPolicy: { Name: "no" } }),
  });
}

/** Nothing but a loopback. The port bindings of such a container would lead nowhere. */
const NO_NETWORK = { config: { NetworkDisabled: true }, hostConfig: { NetworkMode: "none" } };

function largestShm(containers: readonly ContainerSpec[]): number | undefined {
  const sizes = containers.flatMap(({ linux }) => linux?.sharedMemorySize ?? []);
  return sizes.length === 0 ? undefined : Math.max(...sizes) * MIB;
}

/** The part that belongs to whoever owns the network namespace. */
function networkPart(
  spec: Pick<TaskSpec, "network">,
  containers: readonly ContainerSpec[],
  at: Omit<BodyContext, "plan"> & { readonly plan: Pick<TaskPlan, "published"> },
): { readonly config: Record<string, unknown>; readonly hostConfig: Record<string, unknown> } {
  const { network } = spec;
  const own = network.mode === "awsvpc" || network.mode === "bridge";
  const publish = network.mode === "bridge" || at.plan.published;
  const ports = publish ? containers.flatMap(({ portMappings }) => portMappings) : [];
  const on = network.mode === "bridge" ? at.publishOn : "127.0.0.1";
  const key = (port: { containerPort: number; protocol: string }): string => `${port.containerPort}/${port.protocol}`;
  const bindings: Record<string, { HostIp: string; HostPort: string }[]> = {};
  for (const port of ports) {
    // Without a host port the engine takes one of the kernel's ephemeral range: 32768 and up, as ECS does.
    const hostPort = network.mode === "bridge" && port.hostPort ? String(port.hostPort) : "";
    (bindings[key(port)] ??= []).push({ HostIp: on, HostPort: hostPort });
  }
  // In the host's network, names are the host's, where a container does not say otherwise.
  const hosts = [...(own ? at.extraHosts : []), ...containers.flatMap(({ extraHosts = [] }) => extraHosts)];
  const named = [...new Set(containers.flatMap(({ dnsServers = [] }) => dnsServers))];
  const block = at.gatewayNames && network.mode === "awsvpc" ? parseCidr(network.vpcCidr) : undefined;
  const gateway = block ? [routerOf(block)] : [];
  const standard = [...gateway, ...at.dnsServers];
  const told = network.mode === "awsvpc" ? network.names : undefined;
  const dns = named.length > 0 || !own ? named : told ? serversTold(told.servers, standard) : standard;
  const search = [...containers.flatMap(({ dnsSearchDomains = [] }) => dnsSearchDomains), ...(told?.search ?? [])];
  return {
    config: defined({
      Hostname: network.mode === "awsvpc" ? network.hostname : containers.length === 1 ? containers[0]?.hostname : undefined,
      ExposedPorts: ports.length > 0 ? Object.fromEntries(ports.map((port) => [key(port), {}])) : undefined,
      ...(network.mode === "awsvpc" && {
        MacAddress: network.macAddress,
        NetworkingConfig: {
          EndpointsConfig: { [at.vpcNetwork]: defined({ IPAMConfig: { IPv4Address: network.address }, MacAddress: network.macAddress }) },
        },
      }),
    }),
    hostConfig: defined({
      NetworkMode: network.mode === "awsvpc" ? at.vpcNetwork : network.mode,
      PortBindings: ports.length > 0 ? bindings : undefined,
      ExtraHosts: hosts.length > 0 ? hosts.map(({ hostname, ipAddress }) => `${hostname}:${ipAddress}`) : undefined,
      Dns: dns.length > 0 ? dns : undefined,
      DnsSearch: search.length > 0 ? [...new Set(search)] : undefined,
    }),
  };
}

/** The engine asks its own servers where it is given none; where nobody is to be asked, nobody answers. */
function serversTold(servers: readonly string[], standard: readonly string[]): readonly string[] {
  const asked = servers.flatMap((server) => (server === AMAZON_PROVIDED ? standard : [server]));
  return servers.length === 0 ? [NOBODY] : asked;
}

const NOBODY = "127.0.0.1";

/**
 * Limits that the kernel enforces. Memory is without swap, as on the hosts of ECS, unless it is asked for. The task's CPU is a ceiling for
 * each of its containers; between them, and between tasks, shares decide.
 */
function limits(spec: TaskSpec, container: ContainerSpec): Record<string, unknown> {
  const memory = Math.min(container.memory ?? Number.POSITIVE_INFINITY, spec.memory ?? Number.POSITIVE_INFINITY);
  const bounded = Number.isFinite(memory);
  const swap = container.linux?.maxSwap ?? 0;
  const evenly = spec.cpu === undefined ? LEAST_SHARES : Math.floor(spec.cpu / spec.containers.length);
  return {
    Memory: bounded ? memory * MIB : undefined,
    MemorySwap: bounded ? (memory + swap) * MIB : undefined,
    MemoryReservation: container.memoryReservation === undefined ? undefined : container.memoryReservation * MIB,
    CpuShares: Math.max(LEAST_SHARES, container.cpu || evenly),
    ...(spec.cpu !== undefined && { CpuPeriod: CPU_PERIOD, CpuQuota: Math.max(1000, Math.floor((spec.cpu / 1024) * CPU_PERIOD)) }),
  };
}

function mounts(spec: TaskSpec, container: ContainerSpec, at: BodyContext): Record<string, unknown> {
  const found = container.mountPoints.flatMap(({ sourceVolume, containerPath, readOnly }): Record<string, unknown>[] => {
    const volume = spec.volumes.find(({ name }) => name === sourceVolume);
    if (!volume) return [];
    const to = { Target: containerPath, ReadOnly: readOnly };
    // As a mount and not as a bind: its parts are told apart by the engine, whatever is in them, and it makes no folder that is missing.
    if (volume.kind === "host") return [{ Type: "bind", Source: volume.path, ...to, BindOptions: { Propagation: "rprivate" } }];
    return [{ Type: "volume", Source: volumeName(volume, spec, at.instance), ...to, VolumeOptions: volumeOptions(volume, spec, at) }];
  });
  if (at.resolverFile !== undefined) found.push(resolverMount(at.resolverFile));
  return { Mounts: found.length > 0 ? found : undefined };
}

/** The engine's name of a volume. */
export function volumeName(volume: Exclude<TaskVolume, { kind: "host" }>, spec: TaskSpec, instance: string): string {
  switch (volume.kind) {
    case "task":
      return taskVolumeName(instance, spec.taskId, volume.name);
    case "account":
      return accountVolumeName(instance, accountOf(spec), volume.name);
    case "engine":
      return volume.name;
  }
}

function volumeOptions(volume: Exclude<TaskVolume, { kind: "host" }>, spec: TaskSpec, at: BodyContext): Record<string, unknown> {
  const { kind, labels: given, driver, driverOptions } = volume;
  const own = { [LABELS.instance]: at.instance, ...(kind === "task" && { [LABELS.taskArn]: spec.taskArn }) };
  return defined({
    Labels: kind === "engine" ? given : { ...given, ...own },
    DriverConfig:
      driver === undefined && driverOptions === undefined ? undefined : defined({ Name: driver ?? "local", Options: driverOptions }),
  });
}

function labels(spec: TaskSpec, name: string, at: BodyContext): Record<string, string> {
  return {
    [LABELS.instance]: at.instance,
    [LABELS.taskArn]: spec.taskArn,
    [LABELS.containerName]: name,
    [LABELS.plan]: JSON.stringify(at.plan),
    "com.amazonaws.ecs.cluster": spec.clusterName,
    "com.amazonaws.ecs.container-name": name === PAUSE ? "~internal~ecs~pause" : name,
    "com.amazonaws.ecs.task-arn": spec.taskArn,
    "com.amazonaws.ecs.task-definition-family": spec.family,
    ...(spec.revision !== undefined && { "com.amazonaws.ecs.task-definition-version": String(spec.revision) }),
  };
}
