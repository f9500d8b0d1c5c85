import type {
  ContainerDefinition,
  ContainerOverride,
  KernelCapabilities,
  LinuxParameters,
  RegisterTaskDefinitionCommandInput,
  TaskOverride,
} from "@aws-sdk/client-ecs";
import { expect } from "vitest";

/** A member that the engine carries out: who asks for it, and what must then be seen that is not seen otherwise. */
export interface OnTheEngine {
  readonly definition?: Partial<RegisterTaskDefinitionCommandInput>;
  /** Changes of the container `app`. */
  readonly app?: Partial<ContainerDefinition>;
  readonly overrides?: TaskOverride;
  /** Part of the body of `app`, which the engine gets. */
  readonly body?: object;
  /** Part of the task's plan, by which its containers are ordered, stopped and watched. */
  readonly plan?: object;
  /** Part of the task as the runner gets it. */
  readonly spec?: object;
  readonly pause?: object;
}

const MIB = 2 ** 20;
const SECOND = 1_000_000_000;
const side: ContainerDefinition = {
  name: "side",
  image: "side:1",
  memory: 32,
  essential: false,
  healthCheck: { command: ["CMD", "true"] },
};
const app = (changes: Partial<ContainerDefinition>, host: object): OnTheEngine => ({ app: changes, body: { HostConfig: host } });
const linux = (changes: LinuxParameters, host: object): OnTheEngine => app({ linuxParameters: changes }, host);
const capabilities = (changes: KernelCapabilities, host: object): OnTheEngine => linux({ capabilities: changes }, host);
const override = (changes: ContainerOverride, body: object): OnTheEngine => ({
  overrides: { containerOverrides: [{ name: "app", ...changes }] },
  body,
});
/** Beside a second container. */
const withSide = (changes: Partial<ContainerDefinition>, seen: Partial<OnTheEngine>): OnTheEngine => ({
  definition: { containerDefinitions: [{ name: "app", image: "app:1", memory: 64, ...changes }, side] },
  ...seen,
});
const mount = (changes: object, seen: object): OnTheEngine => ({
  definition: { volumes: [{ name: "data", host: { sourcePath: "/srv/data" } }] },
  ...app({ mountPoints: [{ sourceVolume: "data", containerPath: "/data", ...changes }] }, { Mounts: [{ Type: "bind", ...seen }] }),
});
const volume = (configuration: object, seen: object, Source: unknown = named("data")): OnTheEngine => ({
  definition: { volumes: [{ name: "data", dockerVolumeConfiguration: configuration }] },
  ...app({ mountPoints: [{ sourceVolume: "data", containerPath: "/data" }] }, { Mounts: [{ Type: "volume", Source, ...seen }] }),
});
const healthCheck = (changes: object, check: object): OnTheEngine => ({
  app: { healthCheck: { command: ["CMD", "true"], ...changes } },
  body: { Healthcheck: check },
});
const restarted = (changes: object, planned: object): OnTheEngine => ({
  app: { restartPolicy: { enabled: true, ...changes } },
  plan: { containers: [{ restartPolicy: planned }] },
});
const port = (changes: object, published: object): OnTheEngine =>
  app({ portMappings: [{ containerPort: 80, ...changes }] }, { PortBindings: published });
const on = (HostPort: string): object[] => [{ HostIp: "127.0.0.1", HostPort }];
const device = { PathOnHost: "/dev/fuse", PathInContainer: "/dev/fuse", CgroupPermissions: "rwm" };

/** A name that the runner makes. */
const named = (end: string): unknown => expect.stringMatching(new RegExp(`^airfield-i-[0-9a-f]{32}-${end}$`));
/** Among the other variables. */
const contains = (variable: string): unknown => expect.arrayContaining([variable]);

export const ON_THE_ENGINE: Readonly<Record<string, OnTheEngine>> = {
  "ContainerDefinition.name": withSide({ name: "renamed" }, { body: { Labels: { "com.amazonaws.ecs.container-name": "renamed" } } }),
  "ContainerDefinition.image": { app: { image: "other:2" }, spec: { containers: [{ image: "other:2", pullReference: "other:2" }] } },
  "RepositoryCredentials.credentialsParameter": {
    definition: { executionRoleArn: "execution" },
    app: { repositoryCredentials: { credentialsParameter: "login" } },
    spec: { containers: [{ registryAuth: { username: "ann", password: "arn:aws:secretsmanager:us-east-1:123456789012:secret:login" } }] },
  },
  "ContainerDefinition.cpu": app({ cpu: 128 }, { CpuShares: 128 }),
  "ContainerDefinition.memory": app({ memory: 128 }, { Memory: 128 * MIB, MemorySwap: 128 * MIB }),
  "ContainerDefinition.memoryReservation": app({ memoryReservation: 32 }, { MemoryReservation: 32 * MIB }),
  "ContainerDefinition.links": withSide(
    { links: ["side:db"] },
    {
      body: { HostConfig: { Links: [named("side:db")] } },
      plan: { containers: [{ name: "app", dependsOn: [{ containerName: "side", condition: "START" }] }, { name: "side" }] },
    },
  ),
  "PortMapping.containerPort": port({}, { "80/tcp": on("") }),
  "PortMapping.hostPort": port({ hostPort: 8080 }, { "80/tcp": on("8080") }),
  "PortMapping.protocol": port({ protocol: "udp" }, { "80/udp": on("") }),
  "ContainerDefinition.essential": withSide(
    { essential: true },
    {
      plan: {
        containers: [
          { name: "app", essential: true },
          { name: "side", essential: false },
        ],
      },
    },
  ),
  "ContainerRestartPolicy.enabled": restarted({}, { ignoredExitCodes: [], attemptPeriod: 300 }),
  "ContainerRestartPolicy.ignoredExitCodes": restarted({ ignoredExitCodes: [0] }, { ignoredExitCodes: [0] }),
  "ContainerRestartPolicy.restartAttemptPeriod": restarted({ restartAttemptPeriod: 60 }, { attemptPeriod: 60 }),
  "ContainerDefinition.entryPoint": { app: { entryPoint: ["/init", ""] }, body: { Entrypoint: ["/init", ""] } },
  "ContainerDefinition.command": { app: { command: ["serve", ""] }, body: { Cmd: ["serve", ""] } },
  "KeyValuePair.name": { app: { environment: [{ name: "A", value: "1" }] }, body: { Env: contains("A=1") } },
  "KeyValuePair.value": { app: { environment: [{ name: "A", value: "" }] }, body: { Env: contains("A=") } },
  "MountPoint.sourceVolume": mount({}, { Source: "/srv/data", Target: "/data" }),
  "MountPoint.containerPath": mount({ containerPath: "/elsewhere" }, { Source: "/srv/data", Target: "/elsewhere" }),
  "MountPoint.readOnly": mount({ readOnly: true }, { Source: "/srv/data", Target: "/data", ReadOnly: true }),
  "VolumeFrom.sourceContainer": withSide(
    { volumesFrom: [{ sourceContainer: "side" }] },
    { body: { HostConfig: { VolumesFrom: [named("side:rw")] } } },
  ),
  "VolumeFrom.readOnly": withSide(
    { volumesFrom: [{ sourceContainer: "side", readOnly: true }] },
    { body: { HostConfig: { VolumesFrom: [named("side:ro")] } } },
  ),
  "KernelCapabilities.add": capabilities({ add: ["SYS_PTRACE"] }, { CapAdd: ["SYS_PTRACE"] }),
  "KernelCapabilities.drop": capabilities({ drop: ["ALL"] }, { CapDrop: ["ALL"] }),
  "Device.hostPath": linux({ devices: [{ hostPath: "/dev/fuse" }] }, { Devices: [device] }),
  "Device.containerPath": linux(
    { devices: [{ hostPath: "/dev/fuse", containerPath: "/dev/mine" }] },
    { Devices: [{ ...device, PathInContainer: "/dev/mine" }] },
  ),
  "Device.permissions": linux(
    { devices: [{ hostPath: "/dev/fuse", permissions: ["read", "write"] }] },
    { Devices: [{ ...device, CgroupPermissions: "rw" }] },
  ),
  "LinuxParameters.initProcessEnabled": linux({ initProcessEnabled: true }, { Init: true }),
  "LinuxParameters.sharedMemorySize": linux({ sharedMemorySize: 100 }, { ShmSize: 100 * MIB }),
  "Tmpfs.containerPath": linux({ tmpfs: [{ containerPath: "/scratch", size: 8 }] }, { Tmpfs: { "/scratch": "size=8m" } }),
  "Tmpfs.size": linux({ tmpfs: [{ containerPath: "/scratch", size: 9 }] }, { Tmpfs: { "/scratch": "size=9m" } }),
  "Tmpfs.mountOptions": linux(
    { tmpfs: [{ containerPath: "/scratch", size: 8, mountOptions: ["noexec", "nosuid"] }] },
    { Tmpfs: { "/scratch": "size=8m,noexec,nosuid" } },
  ),
  "LinuxParameters.maxSwap": linux({ maxSwap: 32 }, { Memory: 64 * MIB, MemorySwap: 96 * MIB }),
  "LinuxParameters.swappiness": linux({ maxSwap: 32, swappiness: 10 }, { MemorySwappiness: 10 }),
  "Secret.name": {
    definition: { executionRoleArn: "execution" },
    app: { secrets: [{ name: "PASSWORD", valueFrom: "db" }] },
    body: { Env: contains("PASSWORD=value of db") },
  },
  "Secret.valueFrom": {
    definition: { executionRoleArn: "execution" },
    app: { secrets: [{ name: "PASSWORD", valueFrom: "other" }] },
    body: { Env: contains("PASSWORD=value of other") },
  },
  "ContainerDependency.containerName": withSide(
    { dependsOn: [{ containerName: "side", condition: "START" }] },
    { plan: { containers: [{ dependsOn: [{ containerName: "side", condition: "START" }] }, {}] } },
  ),
  "ContainerDependency.condition": withSide(
    { dependsOn: [{ containerName: "side", condition: "HEALTHY" }] },
    { plan: { containers: [{ dependsOn: [{ containerName: "side", condition: "HEALTHY" }] }, {}] } },
  ),
  "ContainerDefinition.startTimeout": { app: { startTimeout: 7 }, plan: { containers: [{ startTimeout: 7 }] } },
  "ContainerDefinition.stopTimeout": { app: { stopTimeout: 7 }, plan: { containers: [{ stopTimeout: 7 }] }, body: { StopTimeout: 7 } },
  "ContainerDefinition.hostname": { app: { hostname: "mine" }, body: { Hostname: "mine" } },
  "ContainerDefinition.user": { app: { user: "1000:1000" }, body: { User: "1000:1000" } },
  "ContainerDefinition.workingDirectory": { app: { workingDirectory: "/srv" }, body: { WorkingDir: "/srv" } },
  "ContainerDefinition.disableNetworking": {
    app: { disableNetworking: true },
    body: { NetworkDisabled: true, HostConfig: { NetworkMode: "none" } },
  },
  "ContainerDefinition.privileged": app({ privileged: true }, { Privileged: true }),
  "ContainerDefinition.readonlyRootFilesystem": app({ readonlyRootFilesystem: true }, { ReadonlyRootfs: true }),
  "ContainerDefinition.dnsServers": app({ dnsServers: ["10.9.9.9"] }, { Dns: ["10.9.9.9"] }),
  "ContainerDefinition.dnsSearchDomains": app({ dnsSearchDomains: ["corp"] }, { DnsSearch: ["corp"] }),
  "HostEntry.hostname": app({ extraHosts: [{ hostname: "db", ipAddress: "10.1.1.1" }] }, { ExtraHosts: ["db:10.1.1.1"] }),
  "HostEntry.ipAddress": app({ extraHosts: [{ hostname: "db", ipAddress: "10.2.2.2" }] }, { ExtraHosts: ["db:10.2.2.2"] }),
  "ContainerDefinition.dockerSecurityOptions": app(
    { dockerSecurityOptions: ["no-new-privileges"] },
    { SecurityOpt: ["no-new-privileges"] },
  ),
  "ContainerDefinition.interactive": { app: { interactive: true }, body: { OpenStdin: true } },
  "ContainerDefinition.pseudoTerminal": { app: { pseudoTerminal: true }, body: { Tty: true }, plan: { containers: [{ terminal: true }] } },
  "ContainerDefinition.dockerLabels": { app: { dockerLabels: { team: "" } }, body: { Labels: { team: "" } } },
  "Ulimit.name": app({ ulimits: [{ name: "nproc", softLimit: 1, hardLimit: 2 }] }, { Ulimits: [{ Name: "nproc", Soft: 1, Hard: 2 }] }),
  "Ulimit.softLimit": app({ ulimits: [{ name: "nproc", softLimit: 3, hardLimit: 4 }] }, { Ulimits: [{ Soft: 3 }] }),
  "Ulimit.hardLimit": app({ ulimits: [{ name: "nproc", softLimit: 3, hardLimit: 4 }] }, { Ulimits: [{ Hard: 4 }] }),
  "LogConfiguration.logDriver": {
    app: { logConfiguration: { logDriver: "awslogs", options: { "awslogs-group": "g", "awslogs-region": "us-east-1" } } },
    spec: { containers: [{ log: { group: "g", region: "us-east-1" } }] },
    plan: { containers: [{ log: { group: "g" } }] },
  },
  "LogConfiguration.options": app(
    { logConfiguration: { logDriver: "json-file", options: { "max-size": "1m" } } },
    { LogConfig: { Type: "json-file", Config: { "max-size": "1m" } } },
  ),
  "HealthCheck.command": healthCheck({ command: ["CMD-SHELL", "test -f /ok"] }, { Test: ["CMD-SHELL", "test -f /ok"] }),
  "HealthCheck.interval": healthCheck({ interval: 6 }, { Interval: 6 * SECOND }),
  "HealthCheck.timeout": healthCheck({ timeout: 3 }, { Timeout: 3 * SECOND }),
  "HealthCheck.retries": healthCheck({ retries: 9 }, { Retries: 9 }),
  "HealthCheck.startPeriod": healthCheck({ startPeriod: 4 }, { StartPeriod: 4 * SECOND }),
  "SystemControl.namespace": app(
    { systemControls: [{ namespace: "net.core.somaxconn", value: "1024" }] },
    { Sysctls: { "net.core.somaxconn": "1024" } },
  ),
  "SystemControl.value": app(
    { systemControls: [{ namespace: "net.core.somaxconn", value: "2048" }] },
    { Sysctls: { "net.core.somaxconn": "2048" } },
  ),
  "RegisterTaskDefinitionRequest.networkMode": { definition: { networkMode: "host" }, body: { HostConfig: { NetworkMode: "host" } } },
  "RegisterTaskDefinitionRequest.cpu": { definition: { cpu: "512" }, body: { HostConfig: { CpuQuota: 50_000, CpuPeriod: 100_000 } } },
  "RegisterTaskDefinitionRequest.memory": {
    definition: { memory: "96", containerDefinitions: [{ name: "app", image: "app:1" }] },
    body: { HostConfig: { Memory: 96 * MIB } },
  },
  "RegisterTaskDefinitionRequest.pidMode": { definition: { pidMode: "host" }, body: { HostConfig: { PidMode: "host" } } },
  "RegisterTaskDefinitionRequest.ipcMode": { definition: { ipcMode: "none" }, body: { HostConfig: { IpcMode: "none" } } },
  "Volume.name": {
    definition: { volumes: [{ name: "scratch" }] },
    ...app({ mountPoints: [{ sourceVolume: "scratch", containerPath: "/s" }] }, { Mounts: [{ Source: named("scratch"), Target: "/s" }] }),
  },
  "HostVolumeProperties.sourcePath": mount({}, { Source: "/srv/data", Target: "/data" }),
  "DockerVolumeConfiguration.scope": volume({ scope: "shared" }, {}, "airfield-i-123456789012-data"),
  "DockerVolumeConfiguration.autoprovision": {
    ...volume({ scope: "shared", autoprovision: true }, {}, "airfield-i-123456789012-data"),
    spec: { volumes: [{ kind: "account", autoprovision: true }] },
  },
  "DockerVolumeConfiguration.driver": volume({ scope: "task", driver: "nfs" }, { VolumeOptions: { DriverConfig: { Name: "nfs" } } }),
  "DockerVolumeConfiguration.driverOpts": volume(
    { scope: "task", driver: "nfs", driverOpts: { share: "a" } },
    { VolumeOptions: { DriverConfig: { Name: "nfs", Options: { share: "a" } } } },
  ),
  "DockerVolumeConfiguration.labels": volume({ scope: "task", labels: { team: "red" } }, { VolumeOptions: { Labels: { team: "red" } } }),
  "ContainerOverride.name": override({ command: ["other"] }, { Cmd: ["other"] }),
  "ContainerOverride.command": override({ command: ["other"] }, { Cmd: ["other"] }),
  "ContainerOverride.environment": override({ environment: [{ name: "B", value: "2" }] }, { Env: contains("B=2") }),
  "ContainerOverride.cpu": override({ cpu: 99 }, { HostConfig: { CpuShares: 99 } }),
  "ContainerOverride.memory": override({ memory: 99 }, { HostConfig: { Memory: 99 * MIB } }),
  "ContainerOverride.memoryReservation": override({ memoryReservation: 9 }, { HostConfig: { MemoryReservation: 9 * MIB } }),
  "TaskOverride.cpu": { overrides: { cpu: "256" }, body: { HostConfig: { CpuQuota: 25_000 } } },
  "TaskOverride.memory": { overrides: { memory: "48" }, body: { HostConfig: { Memory: 48 * MIB } } },
};
