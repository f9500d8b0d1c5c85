import { describe, expect, test } from "vitest";
import { memoryJournal } from "../drivers/memory/journal.ts";
import { systemIds as ids } from "../drivers/system/ids.ts";
import { definitionRecord } from "../testing/task-record.ts";
import { services, type ClusterRecord, type ServiceRecord } from "./ecs.ts";
import { JournaledState } from "./journaled-state.ts";
import { localContainerInstanceArn, localInstanceId } from "./local-host.ts";
import { newTask } from "./new-task.ts";
import { addServiceEvent, withEvent } from "./service-events.ts";

const scope = { account: "123456789012", region: "us-east-1" };
const cluster = { ...scope, arn: "arn:aws:ecs:us-east-1:123456789012:cluster/c", name: "c" } as ClusterRecord;

test("a task is all that was asked for, and nothing has happened yet", () => {
  const definition = definitionRecord({
    cpu: "256",
    memory: "512",
    networkMode: "awsvpc",
    containerDefinitions: [
      { name: "app", image: "busybox", cpu: 10, memory: 128, memoryReservation: 64, essential: false, healthCheck: { command: ["true"] } },
      {},
    ],
  });
  const asked = {
    group: "service:web",
    serviceArn: "arn:service",
    deploymentId: "ecs-svc/1",
    startedBy: "ecs-svc/1",
    capacityProviderName: "FARGATE",
    overrides: { cpu: "1024", memory: "2048" },
    networkConfiguration: { awsvpcConfiguration: { subnets: ["s"] } },
    preferredSubnetId: "s",
    enableExecuteCommand: true,
    tags: [{ key: "a", value: "b" }],
    clientToken: "t",
  };
  const task = newTask({ cluster, definition, launchType: "FARGATE", ...asked }, ids, 5);
  const { overrides: _, ...asIs } = asked;
  expect(task).toEqual({
    ...scope,
    ...asIs,
    arn: `arn:aws:ecs:us-east-1:123456789012:task/c/${task.id}`,
    id: expect.stringMatching(/^[0-9a-f]{32}$/) as string,
    clusterArn: cluster.arn,
    clusterName: "c",
    taskDefinitionArn: definition.arn,
    launchType: "FARGATE",
    platformVersion: "1.4.0",
    platformFamily: "Linux",
    lastStatus: "PROVISIONING",
    desiredStatus: "RUNNING",
    healthStatus: "UNKNOWN",
    containers: [
      {
        arn: expect.stringMatching(new RegExp(`^arn:aws:ecs:us-east-1:123456789012:container/c/${task.id}/[0-9a-f-]{36}$`)) as string,
        name: "app",
        image: "busybox",
        lastStatus: "PENDING",
        healthStatus: "UNKNOWN",
        networkBindings: [],
        cpu: "10",
        memory: "128",
        memoryReservation: "64",
        essential: false,
        hasHealthCheck: true,
      },
      expect.objectContaining({ name: "", image: "", cpu: "0", essential: true, hasHealthCheck: false }) as unknown,
    ],
    overrides: asked.overrides,
    cpu: "1024",
    memory: "2048",
    networkMode: "awsvpc",
    availabilityZone: "us-east-1a",
    endpoints: [],
    targets: [],
    version: 1,
    createdAt: 5,
    healthySeen: false,
    failureCounted: false,
  });
  expect(task.containers[1]).not.toHaveProperty("memory");
});

test("what was not asked for is not there, or has its default", () => {
  const task = newTask({ cluster, definition: definitionRecord(), launchType: "EC2" }, ids, 5);
  expect(task).toMatchObject({
    group: "family:app",
    networkMode: "bridge",
    overrides: {},
    enableExecuteCommand: false,
    tags: [],
    containerInstanceArn: localContainerInstanceArn(scope, "c"),
  });
  const optional = [
    "serviceArn",
    "deploymentId",
    "startedBy",
    "capacityProviderName",
    "cpu",
    "memory",
    "clientToken",
    "networkConfiguration",
  ];
  for (const name of [...optional, "preferredSubnetId", "platformVersion", "platformFamily"]) expect(task).not.toHaveProperty(name);
  expect(newTask({ cluster, definition: definitionRecord({ containerDefinitions: [] }), launchType: "EC2" }, ids, 5).containers).toEqual(
    [],
  );
});

test.each([
  [undefined, "1.4.0"],
  ["LATEST", "1.4.0"],
  ["1.3.0", "1.3.0"],
])("platform version %s is %s", (platformVersion, expected) => {
  const wanted = { cluster, definition: definitionRecord(), launchType: "FARGATE", ...(platformVersion && { platformVersion }) } as const;
  expect(newTask(wanted, ids, 5).platformVersion).toBe(expected);
});

test("a definition of another account does not run", () => {
  const definition = { ...definitionRecord(), account: "210987654321" };
  expect(() => newTask({ cluster, definition, launchType: "EC2" }, ids, 5)).toThrow(
    `${definition.arn} cannot run in ${cluster.arn}: they are of two accounts`,
  );
});

describe("this host", () => {
  test("goes by names that are the same in every life, and others elsewhere", () => {
    expect(localInstanceId(scope)).toBe("i-5d061d550f78d7d85");
    expect(localContainerInstanceArn(scope, "c")).toBe(
      "arn:aws:ecs:us-east-1:123456789012:container-instance/c/6cd6089c0380128b18641ddca8698e64",
    );
    expect(localInstanceId({ ...scope, region: "eu-west-1" })).not.toBe(localInstanceId(scope));
  });
});

test("a service tells its last hundred events, the newest first", () => {
  let service = { events: [] } as unknown as ServiceRecord;
  for (let at = 1; at <= 101; at += 1) service = withEvent(service, `event ${at}`, ids, at);
  expect(service.events).toHaveLength(100);
  expect(service.events[0]).toEqual({ id: expect.any(String) as string, createdAt: 101, message: "event 101" });
  expect(service.events.at(-1)?.message).toBe("event 2");
});

test("an event is told in the service that it is of, where there is one", () => {
  const state = new JournaledState(memoryJournal());
  const [web, api] = ["web", "api"].map(
    (arn) => ({ ...scope, arn, clusterArn: "c", status: "ACTIVE", deployments: [], events: [] }) as unknown as ServiceRecord,
  );
  if (!web || !api) throw new Error("there is no service");
  state.commit(() => {
    for (const service of [web, api]) state.table(services).put(service);
    addServiceEvent(state, "web", "told", ids, 5);
    addServiceEvent(state, "gone", "not told", ids, 5);
  });
  expect([...state.table(services).values()]).toEqual([
    { ...web, events: [{ id: expect.any(String) as string, createdAt: 5, message: "told" }] },
    api,
  ]);
});
