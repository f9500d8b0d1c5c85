import { expect, test } from "vitest";
import type { ContainerSpec, TaskSpec } from "../../ports/task-runner.ts";
import { containerBody, pauseBody } from "./container-body.ts";
import { planTask } from "./task-plan.ts";

const app: ContainerSpec = {
  name: "app",
  image: "web:1",
  pullReference: "web:1",
  essential: true,
  environment: { TOKEN: "do-not-tell" },
  portMappings: [{ containerPort: 80, protocol: "tcp" }],
  mountPoints: [],
  volumesFrom: [],
  dependsOn: [],
};
const TASK = "arn:aws:ecs:us-east-1:123456789012:task/c/t1";
const vpc: TaskSpec["network"] = { mode: "awsvpc", vpcId: "vpc-1", vpcCidr: "10.0.0.0/16", address: "10.0.1.7", hostname: "ip-10-0-1-7" };

function bodies(
  task: Partial<TaskSpec>,
  published = false,
): { readonly containers: readonly Record<string, never>[]; readonly pause: Record<string, never> } {
  const spec: TaskSpec = {
    taskArn: TASK,
    taskId: "t1",
    clusterName: "c",
    family: "f",
    network: vpc,
    containers: [app],
    volumes: [],
    ...task,
  };
  const plan = planTask(spec, { instance: "i", published });
  const at = {
    instance: "i",
    plan,
    vpcNetwork: "airfield-i-vpc-1",
    publishOn: "127.0.0.1",
    dnsServers: ["10.0.0.2"],
    gatewayNames: true,
    extraHosts: [],
  };
  return {
    containers: spec.containers.map((container) => containerBody(spec, container, at) as Record<string, never>),
    pause: pauseBody(spec, "pause", at) as Record<string, never>,
  };
}

test("one awsvpc container is attached to the VPC's network itself, and publishes nothing", () => {
  const [body] = bodies({}).containers;
  expect(body).toMatchObject({
    Hostname: "ip-10-0-1-7",
    NetworkingConfig: { EndpointsConfig: { "airfield-i-vpc-1": { IPAMConfig: { IPv4Address: "10.0.1.7" } } } },
    HostConfig: { NetworkMode: "airfield-i-vpc-1", Dns: ["10.0.0.1", "10.0.0.2"], CapDrop: ["NET_RAW"] },
    Healthcheck: { Test: ["NONE"] },
  });
  expect(body).not.toHaveProperty("HostConfig.PortBindings");
});

test.each([
  ["the VPC's own server among others", ["10.0.0.9", "AmazonProvidedDNS"], ["10.0.0.9", "10.0.0.1", "10.0.0.2"]],
  ["none, which nobody answers for", [], ["127.0.0.1"]],
])("an awsvpc container asks whom the DHCP options of its VPC name: %s", (_what, servers, Dns) => {
  const network = { mode: "awsvpc", vpcId: "vpc-1", vpcCidr: "10.0.0.0/16", address: "10.0.1.7", hostname: "ip-10-0-1-7" } as const;
  const [body] = bodies({ network: { ...network, names: { servers, search: ["corp.test", "example.test"] } } }).containers;
  expect(body).toMatchObject({ HostConfig: { Dns, DnsSearch: ["corp.test", "example.test"] } });
});

test("several awsvpc containers join the pause container, which alone has network, name and ports", () => {
  const { containers, pause } = bodies(
    { containers: [app, { ...app, name: "side", portMappings: [{ containerPort: 81, protocol: "udp" }] }] },
    true,
  );
  for (const body of containers) {
    expect(body).toMatchObject({ HostConfig: { NetworkMode: "container:airfield-i-t1-_pause" } });
    expect(body).not.toHaveProperty("Hostname");
    expect(body).not.toHaveProperty("HostConfig.Dns");
  }
  expect(pause).toMatchObject({
    Hostname: "ip-10-0-1-7",
    HostConfig: { PortBindings: { "80/tcp": [{ HostIp: "127.0.0.1", HostPort: "" }], "81/udp": [{ HostIp: "127.0.0.1", HostPort: "" }] } },
  });
});

test.each([
  ["neither", {}, {}, { CpuShares: 2 }],
  ["the container's alone", { cpu: 256, memory: 512 }, {}, { CpuShares: 256, Memory: 512 * 2 ** 20, MemorySwap: 512 * 2 ** 20 }],
  ["the task's alone", {}, { cpu: 256, memory: 512 }, { CpuShares: 256, CpuQuota: 25_000, CpuPeriod: 100_000, Memory: 512 * 2 ** 20 }],
  [
    "both, the smaller memory",
    { cpu: 64, memory: 128 },
    { cpu: 2048, memory: 512 },
    { CpuShares: 64, CpuQuota: 200_000, Memory: 128 * 2 ** 20 },
  ],
])("limits: %s", (_, container, task, expected) => {
  expect(bodies({ ...task, containers: [{ ...app, ...container }] }).containers[0]).toMatchObject({ HostConfig: expected });
});

test.each([
  ["a small task", 512, 4096],
  ["a large one", 30_720, 32_768],
])("a Fargate container may have the processes of %s, one elsewhere is not bounded", (_, memory, pids) => {
  expect(bodies({ launchType: "FARGATE", memory }).containers[0]).toMatchObject({ HostConfig: { PidsLimit: pids } });
  expect(bodies({ launchType: "EC2", memory }).containers[0]).not.toHaveProperty("HostConfig.PidsLimit");
});

test("a container without a network does not join that of its task", () => {
  const { containers } = bodies({
    containers: [
      { ...app, networkDisabled: true },
      { ...app, name: "side" },
    ],
  });
  expect(containers[0]).toMatchObject({ NetworkDisabled: true, HostConfig: { NetworkMode: "none" } });
  expect(containers[1]).toMatchObject({ HostConfig: { NetworkMode: "container:airfield-i-t1-_pause" } });
});

test("in the host's network, names are the host's, unless a container says otherwise", () => {
  const [plain] = bodies({ network: { mode: "host" } }).containers;
  expect(plain).not.toHaveProperty("HostConfig.Dns");
  const hosts = [{ hostname: "db", ipAddress: "10.1.1.1" }];
  const [said] = bodies({ network: { mode: "host" }, containers: [{ ...app, dnsServers: ["10.9.9.9"], extraHosts: hosts }] }).containers;
  expect(said).toMatchObject({ HostConfig: { Dns: ["10.9.9.9"], ExtraHosts: ["db:10.1.1.1"] } });
});

test("containers that share a network share the name servers that each of them asks for", () => {
  const { pause } = bodies({
    containers: [
      { ...app, dnsServers: ["10.9.9.9"] },
      { ...app, name: "side", dnsServers: ["10.8.8.8"] },
    ],
  });
  expect(pause).toMatchObject({ HostConfig: { Dns: ["10.9.9.9", "10.8.8.8"] } });
});

test("containers that share their memory have the largest that one of them asks for", () => {
  const linux = { sharedMemorySize: 100 };
  const { pause } = bodies({ ipcMode: "task", containers: [app, { ...app, name: "side", linux }] });
  expect(pause).toMatchObject({ HostConfig: { IpcMode: "shareable", ShmSize: 100 * 2 ** 20 } });
});

test("the environment stands in the environment and nowhere else", () => {
  const [body] = bodies({}).containers;
  expect(body).toMatchObject({ Env: ["TOKEN=do-not-tell"] });
  expect(JSON.stringify({ ...body, Env: [] })).not.toContain("do-not-tell");
});

test("volumes: the task's own and the account's are named after them and labelled, a host path is mounted, one that the operator opened keeps its name", () => {
  const [body] = bodies({
    volumes: [
      { name: "own", kind: "task", driverOptions: { type: "tmpfs", device: "tmpfs" } },
      { name: "etc", kind: "host", path: "/etc/app" },
      { name: "shared", kind: "account", autoprovision: true, driver: "local", labels: { "airfield.instance": "forged" } },
      { name: "db", kind: "engine", autoprovision: false },
    ],
    containers: [
      {
        ...app,
        mountPoints: [
          { sourceVolume: "own", containerPath: "/own", readOnly: false },
          { sourceVolume: "etc", containerPath: "/conf", readOnly: true },
          { sourceVolume: "shared", containerPath: "/shared", readOnly: false },
          { sourceVolume: "db", containerPath: "/db", readOnly: false },
        ],
      },
    ],
  }).containers;
  expect(body).toMatchObject({
    HostConfig: {
      Mounts: [
        {
          Type: "volume",
          Source: "airfield-i-t1-own",
          Target: "/own",
          VolumeOptions: {
            Labels: { "airfield.task-arn": TASK },
            DriverConfig: { Name: "local", Options: { type: "tmpfs", device: "tmpfs" } },
          },
        },
        { Type: "bind", Source: "/etc/app", Target: "/conf", ReadOnly: true },
        {
          Type: "volume",
          Source: "airfield-i-123456789012-shared",
          Target: "/shared",
          VolumeOptions: { DriverConfig: { Name: "local" }, Labels: { "airfield.instance": "i" } },
        },
        { Type: "volume", Source: "db", Target: "/db" },
      ],
    },
  });
});
