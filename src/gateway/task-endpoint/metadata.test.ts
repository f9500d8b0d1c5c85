import { beforeEach, describe, expect, test } from "vitest";
import { memoryJournal } from "../../drivers/memory/journal.ts";
import { subnets } from "../../state/ec2.ts";
import type { TaskRecord } from "../../state/ecs.ts";
import { JournaledState } from "../../state/journaled-state.ts";
import type { WholeState } from "../../state/state.ts";
import { definitionRecord, interfaceOf, putTask, taskRecord } from "../../testing/task-record.ts";
import { containerMetadata, taskMetadata } from "./metadata.ts";

const ID = "a".repeat(32);
const ARN = `arn:aws:ecs:us-east-1:123456789012:task/c/${ID}`;
const CLUSTER = "arn:aws:ecs:us-east-1:123456789012:cluster/c";
const LABELS = {
  "com.amazonaws.ecs.cluster": CLUSTER,
  "com.amazonaws.ecs.container-name": "app",
  "com.amazonaws.ecs.task-arn": ARN,
  "com.amazonaws.ecs.task-definition-family": "app",
  "com.amazonaws.ecs.task-definition-version": "1",
};
let state: WholeState;

beforeEach(() => {
  state = new JournaledState(memoryJournal());
});

/** As it is told, so without what is undefined. */
const told = (view: object): Readonly<Record<string, unknown>> => JSON.parse(JSON.stringify(view)) as Readonly<Record<string, unknown>>;
const container = (task: TaskRecord): Readonly<Record<string, unknown>> => told(containerMetadata(state, task, "app"));

const app = { name: "app", image: "busybox", essential: true };
function subnetOf(cidrBlock: string): void {
  const scope = { account: "123456789012", region: "us-east-1", vpcId: "vpc-0" };
  const zone = { availabilityZone: "us-east-1a", availabilityZoneId: "use1-az1", defaultForAz: true, mapPublicIpOnLaunch: true };
  state.commit(() => state.table(subnets).put({ ...scope, ...zone, id: "subnet-0", cidrBlock, tags: [] }));
}

test("all of a container, as the agent of ECS writes it", () => {
  const definition = definitionRecord({
    containerDefinitions: [
      { ...app, name: "other", cpu: 99 },
      {
        ...app,
        cpu: 64,
        memory: 128,
        dockerLabels: { mine: "1" },
        logConfiguration: { logDriver: "awslogs", options: { "awslogs-group": "g", "awslogs-stream-prefix": "p" } },
      },
    ],
  });
  const task = putTask(
    state,
    taskRecord(ID, { networkInterface: interfaceOf("10.0.0.5"), createdAt: 1000, startedAt: 2000, desiredStatus: "STOPPED" }),
    definition,
  );
  subnetOf("10.0.16.0/20");
  const ended = { ...task, containers: task.containers.map((one) => ({ ...one, exitCode: 3, imageDigest: "sha256:1" })) };
  expect(container(ended)).toEqual({
    DockerId: `${ID}-1`,
    Name: "app",
    DockerName: "app",
    Image: "busybox",
    ImageID: "sha256:1",
    Labels: { mine: "1", ...LABELS },
    DesiredStatus: "STOPPED",
    KnownStatus: "RUNNING",
    ExitCode: 3,
    Limits: { CPU: 64, Memory: 128 },
    CreatedAt: "1970-01-01T00:00:01.000Z",
    StartedAt: "1970-01-01T00:00:02.000Z",
    Type: "NORMAL",
    ContainerARN: `arn:aws:ecs:us-east-1:123456789012:container/c/${ID}/x`,
    LogDriver: "awslogs",
    LogOptions: { "awslogs-group": "g", "awslogs-stream-prefix": "p", "awslogs-stream": `p/app/${ID}` },
    Networks: [
      {
        NetworkMode: "awsvpc",
        IPv4Addresses: ["10.0.0.5"],
        AttachmentIndex: 0,
        MACAddress: "02:42:0a:00:00:05",
        IPv4SubnetCIDRBlock: "10.0.16.0/20",
        PrivateDNSName: "ip-10-0-0-5.ec2.internal",
        SubnetGatewayIpv4Address: "10.0.0.1/16",
      },
    ],
  });
});

test("all of a task", () => {
  const times = { createdAt: 0, pullStartedAt: 1000, pullStoppedAt: 2000, executionStoppedAt: 3000 };
  const serviceArn = "arn:aws:ecs:us-east-1:123456789012:service/c/web";
  const tags = [{ key: "team", value: "shop" }, { key: "empty" }, { value: "nameless" }];
  const task = putTask(
    state,
    taskRecord(ID, { ...times, serviceArn, tags, networkInterface: interfaceOf("10.0.0.5"), desiredStatus: "STOPPED" }),
  );
  const whole = {
    Cluster: CLUSTER,
    TaskARN: ARN,
    Family: "app",
    Revision: "1",
    ServiceName: "web",
    DesiredStatus: "STOPPED",
    KnownStatus: "RUNNING",
    Limits: { CPU: 0.25, Memory: 512 },
    PullStartedAt: "1970-01-01T00:00:01.000Z",
    PullStoppedAt: "1970-01-01T00:00:02.000Z",
    ExecutionStoppedAt: "1970-01-01T00:00:03.000Z",
    AvailabilityZone: "us-east-1a",
    LaunchType: "FARGATE",
    VPCID: "vpc-0",
    Containers: [container(task)],
  };
  expect(told(taskMetadata(state, task))).toEqual(whole);
  expect(told(taskMetadata(state, task, { tags: true }))).toEqual({ ...whole, TaskTags: { team: "shop", empty: "", "": "nameless" } });
  expect(told(taskMetadata(state, task, { tags: false }))).toEqual(whole);
});

test("what is not known of a task is left out", () => {
  const { cpu: _, memory: __, ...bare } = taskRecord(ID, { networkMode: "bridge" });
  const task = { ...bare, containers: [] };
  expect(told(taskMetadata(state, task))).toEqual({
    Cluster: CLUSTER,
    TaskARN: ARN,
    DesiredStatus: "RUNNING",
    KnownStatus: "RUNNING",
    AvailabilityZone: "us-east-1a",
    LaunchType: "FARGATE",
    Containers: [],
  });
  expect(told(taskMetadata(state, { ...task, cpu: "512" }))["Limits"]).toEqual({ CPU: 0.5 });
  expect(told(taskMetadata(state, { ...task, memory: "512" }))["Limits"]).toEqual({ Memory: 512 });
});

describe("a container", () => {
  test("that the task does not have is told nothing of", () => {
    expect(containerMetadata(state, putTask(state, taskRecord(ID)), "other")).toEqual({});
  });

  test("whose definition is gone is told of as far as it is known", () => {
    const { Labels, Limits, Networks } = container(taskRecord(ID, { networkMode: "host" }));
    const { "com.amazonaws.ecs.task-definition-family": _, "com.amazonaws.ecs.task-definition-version": __, ...known } = LABELS;
    expect({ Labels, Limits, Networks }).toEqual({ Labels: known, Limits: { CPU: 0 }, Networks: [{ NetworkMode: "host" }] });
  });

  test.each([
    ["no log", undefined, {}],
    ["a log without a prefix", { logDriver: "awslogs" }, { LogDriver: "awslogs", LogOptions: { "awslogs-stream": `app/${ID}` } }],
    ["a log of another kind", { logDriver: "json-file", options: { a: "b" } }, { LogDriver: "json-file", LogOptions: { a: "b" } }],
  ] as const)("with %s", (_, logConfiguration, shown) => {
    const task = putTask(
      state,
      taskRecord(ID),
      definitionRecord({ containerDefinitions: [{ ...app, ...(logConfiguration && { logConfiguration }) }] }),
    );
    const { LogDriver, LogOptions } = container(task);
    expect(JSON.parse(JSON.stringify({ LogDriver, LogOptions }))).toEqual(shown);
  });

  test("in a subnet that is gone has no gateway, nor in a VPC whose block is none", () => {
    const networkInterface = interfaceOf("10.0.0.5");
    const task = putTask(state, taskRecord(ID, { networkInterface }));
    expect(container(task)["Networks"]).toEqual([expect.not.objectContaining({ SubnetGatewayIpv4Address: expect.anything() as unknown })]);
    subnetOf("10.0.16.0/20");
    const odd = { ...task, networkInterface: { ...networkInterface, vpcCidr: "none" } };
    expect(container(odd)["Networks"]).toEqual([expect.not.objectContaining({ SubnetGatewayIpv4Address: expect.anything() as unknown })]);
  });
});
