import { expect, test } from "vitest";
import { memoryJournal } from "../drivers/memory/journal.ts";
import { JournaledState } from "../state/journaled-state.ts";
import { interfaceOf, putTask, taskRecord } from "../testing/task-record.ts";
import { vpcGateways } from "./vpc-gateways.ts";

const ids = ["1", "2", "3"].map((digit) => digit.repeat(32)) as [string, string, string];

test("a VPC has a gateway from its first running task on, and is told once", async () => {
  const state = new JournaledState(memoryJournal());
  const told: unknown[] = [];
  const first = { ...interfaceOf("10.0.0.5"), vpcId: "vpc-1", vpcCidr: "10.0.0.0/16" };
  putTask(state, taskRecord(ids[0], { networkInterface: first }));
  using _watching = vpcGateways(state, (gateways) => void told.push(gateways));
  const one = { vpcId: "vpc-1", vpcCidr: "10.0.0.0/16", address: "10.0.0.1" };
  expect(told).toEqual([[one]]);

  putTask(state, taskRecord(ids[1], { networkInterface: first }));
  const second = { ...first, vpcId: "vpc-2", vpcCidr: "10.200.0.0/16" };
  putTask(state, taskRecord(ids[2], { networkInterface: second, lastStatus: "PENDING" }));
  await Promise.resolve();
  expect(told).toHaveLength(1);
  putTask(state, taskRecord(ids[2], { networkInterface: second }));
  await Promise.resolve();
  expect(told).toEqual([[one], [one, { vpcId: "vpc-2", vpcCidr: "10.200.0.0/16", address: "10.200.0.1" }]]);
});
