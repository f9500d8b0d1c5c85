import { networkInterfaces } from "node:os";
import { expect, test } from "vitest";
import type { TaskRecord } from "../../state/ecs.ts";
import { interfaceOf, taskRecord } from "../../testing/task-record.ts";
import { comesFromTask, LINK_ADDRESS } from "./comes-from-task.ts";

const reach = { addressesOf: (arn: string) => Promise.resolve(arn.endsWith("a") ? ["172.17.0.2"] : ["172.17.0.3"]) };
const [own = "127.0.0.1"] = Object.values(networkInterfaces()).flatMap((addresses = []) => addresses.map(({ address }) => address));

test.each<[string, Partial<TaskRecord>, string, boolean]>([
  ["awsvpc, its own address", { networkInterface: interfaceOf("10.0.0.5") }, "10.0.0.5", true],
  ["awsvpc, its own address over IPv6", { networkInterface: interfaceOf("10.0.0.5") }, "::ffff:10.0.0.5", true],
  ["awsvpc, another prefix", { networkInterface: interfaceOf("10.0.0.5") }, "x::ffff:10.0.0.5", false],
  ["awsvpc, another address", { networkInterface: interfaceOf("10.0.0.5") }, "10.0.0.6", false],
  ["awsvpc, before it has one", {}, "10.0.0.5", false],
  ["bridge, a container of its own", { networkMode: "bridge" }, "172.17.0.2", true],
  ["bridge, another task's", { networkMode: "bridge" }, "172.17.0.3", false],
  ["host, an address of this host", { networkMode: "host" }, own, true],
  ["host, the endpoint's own", { networkMode: "host" }, LINK_ADDRESS, true],
  ["host, another address", { networkMode: "host" }, "192.0.2.1", false],
  ["none", { networkMode: "none", networkInterface: interfaceOf("10.0.0.5") }, "10.0.0.5", false],
])("%s", async (_, changes, remote, comes) => {
  expect(await comesFromTask(reach, taskRecord("a", changes), remote)).toBe(comes);
});

test("the endpoint is where ECS has it", () => {
  expect(LINK_ADDRESS).toBe("169.254.170.2");
});
