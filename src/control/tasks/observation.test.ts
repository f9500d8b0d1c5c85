import { describe, expect, test } from "vitest";
import type { HealthStatus } from "../../domain/task-status.ts";
import type { ContainerObservation, TaskObservation } from "../../ports/task-runner.ts";
import type { ContainerRecord, TaskRecord } from "../../state/ecs.ts";
import { taskRecord } from "../../testing/task-record.ts";
import { observed } from "./observation.ts";

const ID = "1".repeat(32);
const [APP] = taskRecord(ID).containers as [ContainerRecord];
const container = (name: string, changes: Partial<ContainerRecord> = {}): ContainerRecord => ({ ...APP, name, ...changes });

/** What the records have of the task already, seen again. */
function seen(changes: Partial<TaskObservation> = {}, app: Partial<ContainerObservation> = {}): TaskObservation {
  const containers: ContainerObservation[] = [{ name: "app", status: "RUNNING", health: "UNKNOWN", networkBindings: [], ...app }];
  return { taskArn: taskRecord(ID).arn, phase: "running", containers, endpoints: [], ...changes };
}

describe("a task is written anew only for what is new:", () => {
  test("what is on record already changes nothing, also where it is told in objects of its own", () => {
    const binding = { containerPort: 80, hostPort: 8080, protocol: "tcp", bindIP: "127.0.0.1" } as const;
    const endpoint = { containerName: "app", containerPort: 80, address: "127.0.0.1", port: 8080 };
    const task = taskRecord(ID, {
      ...{ containers: [container("app", { networkBindings: [binding], exitCode: 0, reason: "r" })], endpoints: [endpoint] },
      ...{ pullStartedAt: 1, pullStoppedAt: 2, startedAt: 3, executionStoppedAt: 4 },
    });
    const times = { pullStartedAt: 11, pullStoppedAt: 12, startedAt: 13, executionStoppedAt: 14 };
    const again = seen({ endpoints: [{ ...endpoint }], ...times }, { networkBindings: [{ ...binding }], exitCode: 0, reason: "r" });
    expect(observed(task, again)).toBe(task);
  });

  test("a task that has stopped stays as it is, whatever is seen late", () => {
    const task = taskRecord(ID, { lastStatus: "STOPPED" });
    expect(observed(task, seen({ startedAt: 3 }, { status: "STOPPED", exitCode: 1 }))).toBe(task);
  });

  test("a container that nothing is said of is the same object, beside one that changed", () => {
    const task = taskRecord(ID, { containers: [container("other"), container("app")] });
    const next = observed(task, seen({}, { exitCode: 3 }));
    expect(next.containers[0]).toBe(task.containers[0]);
    expect(next.containers[1]).toEqual(container("app", { exitCode: 3 }));
  });

  test("containers that did not change are the same list, beside a time that is new", () => {
    const task = taskRecord(ID);
    const next = observed(task, seen({ startedAt: 3 }));
    expect(next).toEqual({ ...task, startedAt: 3 });
    expect(next.containers).toBe(task.containers);
  });
});

test.each<[string, Partial<ContainerObservation>, Partial<ContainerRecord>]>([
  ["status", { status: "STOPPED" }, { lastStatus: "STOPPED" }],
  ["health", { health: "HEALTHY" }, { healthStatus: "HEALTHY" }],
  ["id on the engine", { runtimeId: "id" }, { runtimeId: "id" }],
  ["image", { imageDigest: "sha256:1" }, { imageDigest: "sha256:1" }],
  ["exit code, 0 too", { exitCode: 0 }, { exitCode: 0 }],
  ["reason", { reason: "OutOfMemoryError" }, { reason: "OutOfMemoryError" }],
  [
    "ports",
    { networkBindings: [{ containerPort: 80, hostPort: 8080, protocol: "tcp", bindIP: "127.0.0.1" }] },
    { networkBindings: [{ containerPort: 80, hostPort: 8080, protocol: "tcp", bindIP: "127.0.0.1" }] },
  ],
])("a container's %s is on record as it was seen", (_what, app, record) => {
  expect(observed(taskRecord(ID), seen({}, app)).containers).toEqual([{ ...APP, ...record }]);
});

test("what is not said any more stays: a container that has ended keeps its id, ports and place", () => {
  const endpoints = [{ containerName: "app", containerPort: 80, address: "127.0.0.1", port: 8080 }];
  const networkBindings = [{ containerPort: 80, hostPort: 8080, protocol: "tcp" as const, bindIP: "127.0.0.1" }];
  const task = taskRecord(ID, { endpoints, containers: [container("app", { networkBindings, runtimeId: "id", imageDigest: "sha256:1" })] });
  expect(observed(task, seen({}, { status: "STOPPED" }))).toEqual({
    ...task,
    containers: [{ ...task.containers[0], lastStatus: "STOPPED" }],
  });
});

test.each(["pullStartedAt", "pullStoppedAt", "startedAt", "executionStoppedAt"] as const)("%s is when it was first", (key) => {
  const once = observed(taskRecord(ID), seen({ [key]: 3 }));
  expect(once).toEqual({ ...taskRecord(ID), [key]: 3 });
  expect(observed(once, seen({ [key]: 9 }))[key]).toBe(3);
});

test("new endpoints take the place of those before", () => {
  const at = (port: number) => [{ containerName: "app", containerPort: 80, address: "127.0.0.1", port }];
  expect(observed(taskRecord(ID, { endpoints: at(1) }), seen({ endpoints: at(2) })).endpoints).toEqual(at(2));
});

describe("a task that ended by itself", () => {
  const stop = { code: "EssentialContainerExited", reason: "Essential container in task exited" } as const;

  test("is to stop, and says why", () => {
    const next = observed(taskRecord(ID), seen({ stop }));
    expect(next).toEqual({ ...taskRecord(ID), desiredStatus: "STOPPED", stopCode: stop.code, stoppedReason: stop.reason });
  });

  test("after it was told to keeps the reason that it was told", () => {
    const told: Partial<TaskRecord> = { desiredStatus: "STOPPED", stopCode: "UserInitiated", stoppedReason: "enough" };
    expect(observed(taskRecord(ID, told), seen({ stop }))).toMatchObject(told);
  });
});

describe("the health of a task", () => {
  test.each<[string, readonly (readonly [HealthStatus, boolean, boolean])[], HealthStatus]>([
    ["without checks is not known", [["HEALTHY", true, false]], "UNKNOWN"],
    ["is that of its only one", [["HEALTHY", true, true]], "HEALTHY"],
    [
      "needs all of them",
      [
        ["HEALTHY", true, true],
        ["UNKNOWN", true, true],
      ],
      "UNKNOWN",
    ],
    [
      "is gone with one of them",
      [
        ["HEALTHY", true, true],
        ["UNHEALTHY", true, true],
      ],
      "UNHEALTHY",
    ],
    [
      "is gone also before others are known",
      [
        ["UNKNOWN", true, true],
        ["UNHEALTHY", true, true],
      ],
      "UNHEALTHY",
    ],
    [
      "does not lean on one that is not essential",
      [
        ["HEALTHY", true, true],
        ["UNHEALTHY", false, true],
      ],
      "HEALTHY",
    ],
    [
      "nor on one that has no check",
      [
        ["HEALTHY", true, true],
        ["UNHEALTHY", true, false],
      ],
      "HEALTHY",
    ],
    ["is not known where only such have one", [["HEALTHY", false, true]], "UNKNOWN"],
  ])("%s", (_what, containers, expected) => {
    const task = taskRecord(ID, {
      containers: containers.map(([, essential, hasHealthCheck], at) => container(`c${at}`, { essential, hasHealthCheck })),
    });
    const looks = containers.map(([health], at): ContainerObservation => ({
      name: `c${at}`,
      status: "RUNNING",
      health,
      networkBindings: [],
    }));
    expect(observed(task, seen({ containers: looks })).healthStatus).toBe(expected);
  });
});
