import { expect, test } from "vitest";
import { memoryJournal } from "../../drivers/memory/journal.ts";
import { DEFAULT_ACCOUNT, DEFAULT_REGION } from "../../domain/scope.ts";
import type { TaskRecord } from "../../state/ecs.ts";
import { JournaledState } from "../../state/journaled-state.ts";
import { interfaceOf, putTask, taskRecord } from "../../testing/task-record.ts";
import { portsOfTask, publishedPorts } from "./published-ports.ts";

type Binding = TaskRecord["containers"][number]["networkBindings"][number];

/** A running task whose container `app` has these ports of this host. */
function task(protocols: readonly Binding["protocol"][], changes: Partial<TaskRecord> = {}): TaskRecord {
  const record = taskRecord("0123456789abcdef0123456789abcdef", { networkMode: "bridge", ...changes });
  const networkBindings = protocols.map((protocol): Binding => ({ containerPort: 80, hostPort: 6379, protocol, bindIP: "0.0.0.0" }));
  const endpoints = [{ containerName: "app", containerPort: 80, address: "127.0.0.1", port: 6379 }];
  return { ...record, endpoints, containers: record.containers.map((container) => ({ ...container, networkBindings })), ...changes };
}

const published = task([], { networkInterface: interfaceOf("10.0.0.5"), networkMode: "awsvpc" });

test.each<readonly [string, TaskRecord, readonly string[]]>([
  ["a TCP port", task(["tcp"]), ["127.0.0.1 6379"]],
  ["a port for both protocols", task(["udp", "tcp"]), ["127.0.0.1 6379"]],
  ["a UDP port, whose number may be the host's own for TCP", task(["udp"]), []],
  ["a port of a task that has stopped", task(["tcp"], { lastStatus: "STOPPED" }), []],
  ["a port of a container that has stopped", stopped(task(["tcp"])), []],
  ["a port of the host that stands for one in a VPC", published, ["127.0.0.1 6379"]],
  ["a task's own address", task(["tcp"], { networkInterface: interfaceOf("127.0.0.1") }), []],
])("%s: %3$j", (_what, record, ports) => {
  expect(portsOfTask(record)).toEqual(ports);
});

test("an account has the ports of its own tasks, in their region", () => {
  const state = new JournaledState(memoryJournal());
  putTask(state, task(["tcp"]));
  const find = publishedPorts(state);
  const scope = { account: DEFAULT_ACCOUNT, region: DEFAULT_REGION };
  expect([...find(scope)]).toEqual(["127.0.0.1 6379"]);
  expect(find({ ...scope, account: "210987654321" }).size).toBe(0);
  expect(find({ ...scope, region: "eu-west-1" }).size).toBe(0);
});

function stopped(record: TaskRecord): TaskRecord {
  return { ...record, containers: record.containers.map((container) => ({ ...container, lastStatus: "STOPPED" })) };
}
