import type { ContainerDefinition, RegisterTaskDefinitionCommandInput } from "@aws-sdk/client-ecs";
import { describe, expect, test } from "vitest";
import type { TaskNetwork, TaskSpec } from "../../ports/task-runner.ts";
import type { TaskRecord } from "../../state/ecs.ts";
import { definitionRecord, interfaceOf, taskRecord } from "../../testing/task-record.ts";
import type { TaskResources } from "./task-resources.ts";
import { taskSpec, vpcNetworkOf, withResolver } from "./task-spec.ts";

const ID = "a".repeat(32);

/** What is asked of a task's resources is found, and said how. */
const found: TaskResources = {
  image: (reference) => ({ pullReference: `registry/${reference}` }),
  secret: (reference) => ({ value: `value of ${reference}` }),
  logStream: () => ({ delivered: true }),
  environment: (container) => ({ ECS_CONTAINER_METADATA_URI_V4: `http://169.254.170.2/${container}` }),
};

interface Given extends Partial<RegisterTaskDefinitionCommandInput> {
  readonly task?: Partial<TaskRecord>;
  readonly resources?: Partial<TaskResources>;
}

function specOf({ task = {}, resources = {}, ...definition }: Given = {}): ReturnType<typeof taskSpec> {
  const record = taskRecord(ID, { networkInterface: interfaceOf("10.0.0.5"), ...task });
  return taskSpec(record, definitionRecord(definition), { open: () => ({ ...found, ...resources }) });
}

function spec(given: Given = {}): TaskSpec {
  const made = specOf(given);
  if ("failure" in made) throw new Error(made.failure);
  return made;
}

const container = (definition: ContainerDefinition, given: Given = {}) =>
  spec({ ...given, containerDefinitions: [{ name: "app", image: "web:1", ...definition }] }).containers[0];

describe("a task", () => {
  test("has its limits, its place in its VPC and the names of where it comes from", () => {
    expect(spec({ pidMode: "task", ipcMode: "none" })).toMatchObject({
      ...{
        taskId: ID,
        clusterName: "c",
        family: "app",
        revision: 1,
        launchType: "FARGATE",
        cpu: 256,
        memory: 512,
        pidMode: "task",
        ipcMode: "none",
      },
      network: {
        ...{ mode: "awsvpc", vpcId: "vpc-0", vpcCidr: "10.0.0.0/16", address: "10.0.0.5", macAddress: "02:42:0a:00:00:05" },
        hostname: "ip-10-0-0-5.ec2.internal",
      },
    });
  });

  test("is told of names what its interface was told", () => {
    const toldNames = { servers: ["10.0.0.9"], search: ["corp.test"] };
    expect(spec({ task: { networkInterface: { ...interfaceOf("10.0.0.5"), toldNames } } }).network).toMatchObject({ names: toldNames });
  });

  test("asks its VPC's own resolver where that answers, by what its interface was told or what AWS says at first", () => {
    const place = vpcNetworkOf(interfaceOf("10.0.0.5"));
    const names = { servers: ["10.9.9.9"], search: ["corp.test"] };
    const at = (network: TaskNetwork, vpc = "vpc-0") =>
      withResolver(network, { region: "eu-west-1" }, (vpcId) => (vpcId === vpc ? "10.0.0.2" : undefined));
    const first = { servers: ["AmazonProvidedDNS"], search: ["eu-west-1.compute.internal"] };
    expect(at(place)).toEqual({ ...place, resolver: "10.0.0.2", names: first });
    expect(at(vpcNetworkOf({ ...interfaceOf("10.0.0.5"), toldNames: names }))).toEqual({ ...place, resolver: "10.0.0.2", names });
    expect(at(place, "vpc-1")).toEqual(place);
    expect(at({ mode: "bridge" })).toEqual({ mode: "bridge" });
  });

  test("has no limit, and shares nothing, that nobody asked for", () => {
    const { cpu: _cpu, memory: _memory, ...record } = taskRecord(ID, { networkMode: "bridge" });
    const made = taskSpec(record, definitionRecord(), { open: () => found });
    expect(made).toMatchObject({ network: { mode: "bridge" }, volumes: [] });
    for (const member of ["cpu", "memory", "pidMode", "ipcMode"]) expect(made).not.toHaveProperty(member);
  });

  test("knows the names of its Service Connect namespace, all of its containers in one list", () => {
    const names = [{ hostname: "backend", ipAddress: "240.0.0.1" }];
    const { containers } = spec({
      task: { connect: { namespaceId: "ns-1", names } },
      containerDefinitions: [
        { name: "app", image: "web:1" },
        { name: "other", image: "web:1" },
      ],
    });
    expect(containers.map(({ extraHosts }) => extraHosts)).toEqual([names, undefined]);
  });

  test("without an address in its VPC is a defect", () => {
    expect(() => specOf({ task: { networkInterface: undefined } as never })).toThrow(/has no network interface/);
  });

  test.each<[string, Given, string]>([
    [
      "a part that does not come about here",
      { volumes: [{ name: "v", efsVolumeConfiguration: { fileSystemId: "fs-1" } }] },
      "does not support",
    ],
    [
      "a secret",
      {
        resources: { secret: () => ({ failure: "no secret" }) },
        containerDefinitions: [{ name: "app", secrets: [{ name: "S", valueFrom: "s" }] }],
      },
      "no secret",
    ],
    ["a log stream", { resources: { logStream: () => ({ failure: "no stream" }) }, containerDefinitions: [logging()] }, "no stream"],
    ["an image's credentials", { resources: { image: () => ({ failure: "no image" }) } }, "no image"],
  ])("is not started without %s", (_what, given, failure) => {
    expect(specOf(given)).toEqual({ failure: expect.stringContaining(failure) });
  });
});

function logging(options: Record<string, string> = {}): ContainerDefinition {
  return {
    name: "app",
    logConfiguration: { logDriver: "awslogs", options: { "awslogs-group": "g", "awslogs-stream-prefix": "p", ...options } },
  };
}

describe("a container's environment", () => {
  test.each<[string, Partial<TaskRecord>, Record<string, string>]>([
    ["Fargate", {}, { AWS_EXECUTION_ENV: "AWS_ECS_FARGATE", AWS_REGION: "us-east-1", AWS_DEFAULT_REGION: "us-east-1" }],
    ["EC2", { launchType: "EC2" }, { AWS_EXECUTION_ENV: "AWS_ECS_EC2" }],
  ])("says that it is on %s, and where the task's endpoint is", (_where, task, own) => {
    expect(container({}, { task })?.environment).toEqual({ ...own, ECS_CONTAINER_METADATA_URI_V4: "http://169.254.170.2/app" });
  });

  test("has the definition's variables, those of the run in their place, and secrets last", () => {
    const environment = [
      { name: "A", value: "1" },
      { name: "B", value: "1" },
      { name: "C", value: "1" },
      { name: "AWS_REGION", value: "mine" },
      { name: "EMPTY" },
      { value: "of no name" },
    ];
    const overrides = {
      containerOverrides: [
        { name: "app", environment: [{ name: "B", value: "2" }] },
        { name: "other", environment: [{ name: "A", value: "3" }] },
      ],
    };
    const made = container({ environment, secrets: [{ name: "C", valueFrom: "arn" }] }, { task: { overrides } });
    expect(made?.environment).toMatchObject({ A: "1", B: "2", C: "value of arn", AWS_REGION: "mine", EMPTY: "" });
    expect(Object.keys(made?.environment ?? {})).not.toContain("");
  });
});

describe("a container's output", () => {
  test.each<[string, Record<string, string>, object]>([
    ["of the prefix, container and task", {}, { account: "123456789012", region: "us-east-1", group: "g", stream: `p/app/${ID}` }],
    ["in another region", { "awslogs-region": "eu-west-1" }, { region: "eu-west-1", stream: `p/app/${ID}` }],
  ])("goes to the stream %s", (_what, options, log) => {
    expect(container(logging(options))?.log).toMatchObject(log);
  });

  test("goes to the stream of container and task, where there is no prefix, as on EC2", () => {
    const made = container(
      { logConfiguration: { logDriver: "awslogs", options: { "awslogs-group": "g" } } },
      { task: { launchType: "EC2" } },
    );
    expect(made?.log).toMatchObject({ group: "g", stream: `app/${ID}` });
  });

  test.each([
    ["true", true],
    ["false", false],
    [undefined, false],
  ])("asks for its group where awslogs-create-group is %s: %s", (create, asked) => {
    const groups: boolean[] = [];
    const logStream: TaskResources["logStream"] = (_key, createGroup) => {
      groups.push(createGroup);
      return { delivered: true };
    };
    spec({ resources: { logStream }, containerDefinitions: [logging(create === undefined ? {} : { "awslogs-create-group": create })] });
    expect(groups).toEqual([asked]);
  });

  test("that may not be delivered goes nowhere, and neither does that of another driver", () => {
    expect(container(logging(), { resources: { logStream: () => ({ delivered: false }) } })?.log).toBeUndefined();
    const made = container({ logConfiguration: { logDriver: "json-file", options: { "max-size": "1m" } } });
    expect(made).toMatchObject({ logOptions: { "max-size": "1m" } });
    expect(made?.log).toBeUndefined();
    expect(container(logging())?.logOptions).toBeUndefined();
  });
});

describe("a container", () => {
  test("has AWS's defaults where nothing is said", () => {
    expect(container({ portMappings: [{ containerPort: 80 }], mountPoints: [{ sourceVolume: "v", containerPath: "/v" }] })).toMatchObject({
      ...{ name: "app", image: "web:1", pullReference: "registry/web:1", essential: true, dependsOn: [], volumesFrom: [] },
      portMappings: [{ containerPort: 80, protocol: "tcp" }],
      mountPoints: [{ sourceVolume: "v", containerPath: "/v", readOnly: false }],
    });
  });

  test("has the run's overrides in the place of its definition's", () => {
    const definition = { command: ["a"], cpu: 1, memory: 2, memoryReservation: 3 };
    const override = { command: ["b"], cpu: 4, memory: 5, memoryReservation: 6 };
    expect(container(definition)).toMatchObject(definition);
    expect(container(definition, { task: { overrides: { containerOverrides: [{ name: "app", ...override }] } } })).toMatchObject(override);
  });

  test("is checked by AWS's defaults", () => {
    expect(container({ healthCheck: { command: ["CMD", "true"] } })?.healthCheck).toEqual({
      ...{ command: ["CMD", "true"], interval: 30, timeout: 5, retries: 3, startPeriod: 0 },
    });
    const own = { command: ["CMD", "true"], interval: 6, timeout: 3, retries: 4, startPeriod: 9 };
    expect(container({ healthCheck: own })?.healthCheck).toEqual(own);
  });

  test("is restarted where its policy is enabled", () => {
    expect(container({ restartPolicy: { enabled: true } })?.restartPolicy).toEqual({ ignoredExitCodes: [], attemptPeriod: 300 });
    expect(container({ restartPolicy: { enabled: true, ignoredExitCodes: [1], restartAttemptPeriod: 60 } })?.restartPolicy).toEqual({
      ...{ ignoredExitCodes: [1], attemptPeriod: 60 },
    });
    expect(container({ restartPolicy: { enabled: false } })?.restartPolicy).toBeUndefined();
  });

  test("starts after those that it is linked to, unless it says itself what of them it waits for", () => {
    const made = container({ links: ["db", "cache:c"], dependsOn: [{ containerName: "db", condition: "HEALTHY" }] });
    expect(made?.links).toEqual([
      { containerName: "db", alias: "db" },
      { containerName: "cache", alias: "c" },
    ]);
    expect(made?.dependsOn).toEqual([
      { containerName: "db", condition: "HEALTHY" },
      { containerName: "cache", condition: "START" },
    ]);
  });

  test("has what Linux gives it, by AWS's defaults", () => {
    const linuxParameters = {
      capabilities: { add: ["NET_ADMIN" as const], drop: ["CHOWN" as const] },
      devices: [{ hostPath: "/dev/a" }, { hostPath: "/dev/b", containerPath: "/dev/c", permissions: ["read" as const] }],
      tmpfs: [{ containerPath: "/t", size: 5 }],
      swappiness: 3,
    };
    expect(container({ linuxParameters })?.linux).toEqual({
      addCapabilities: ["NET_ADMIN"],
      dropCapabilities: ["CHOWN"],
      devices: [
        { hostPath: "/dev/a", containerPath: "/dev/a", permissions: ["read", "write", "mknod"] },
        { hostPath: "/dev/b", containerPath: "/dev/c", permissions: ["read"] },
      ],
      tmpfs: [{ containerPath: "/t", size: 5, mountOptions: [] }],
    });
    expect(container({ linuxParameters: { maxSwap: 10, swappiness: 3 } })?.linux).toEqual({ maxSwap: 10, swappiness: 3 });
  });

  test("has its hosts, limits and controls by their names", () => {
    expect(
      container({
        extraHosts: [{ hostname: "h", ipAddress: "10.0.0.9" }],
        ulimits: [{ name: "nofile", softLimit: 1, hardLimit: 2 }],
        systemControls: [{ namespace: "net.core.somaxconn", value: "9" }],
        volumesFrom: [{ sourceContainer: "other" }, { sourceContainer: "third", readOnly: true }],
      }),
    ).toMatchObject({
      extraHosts: [{ hostname: "h", ipAddress: "10.0.0.9" }],
      ulimits: [{ name: "nofile", softLimit: 1, hardLimit: 2 }],
      systemControls: { "net.core.somaxconn": "9" },
      volumesFrom: [
        { sourceContainer: "other", readOnly: false },
        { sourceContainer: "third", readOnly: true },
      ],
    });
  });
});

describe("a volume", () => {
  test.each<[string, object, object]>([
    ["a folder of the host", { host: { sourcePath: "/data" } }, { kind: "host", path: "/data" }],
    ["the task's own", {}, { kind: "task" }],
    [
      "the task's own, made by a driver",
      { dockerVolumeConfiguration: { driver: "local", driverOpts: { o: "1" }, labels: { l: "1" } } },
      { kind: "task", driver: "local", driverOptions: { o: "1" }, labels: { l: "1" } },
    ],
    ["the account's", { dockerVolumeConfiguration: { scope: "shared" } }, { kind: "account", autoprovision: false }],
    [
      "the account's, made where it is missing",
      { dockerVolumeConfiguration: { scope: "shared", autoprovision: true } },
      { kind: "account", autoprovision: true },
    ],
  ])("is %s", (_what, volume, made) => {
    expect(spec({ volumes: [{ name: "v", ...volume }] }).volumes).toEqual([{ name: "v", ...made }]);
  });

  test("is the engine's, where the operator opens it", () => {
    const opensVolume = (name: string): boolean => name === "v";
    const volumes = ["v", "w"].map((name) => ({ name, dockerVolumeConfiguration: { scope: "shared" as const } }));
    expect(spec({ volumes, resources: { opensVolume } }).volumes.map(({ kind }) => kind)).toEqual(["engine", "account"]);
  });
});
