import { expect, test } from "vitest";
import { memoryJournal } from "../drivers/memory/journal.ts";
import { systemIds as ids } from "../drivers/system/ids.ts";
import { interfaceOf, taskRecord } from "../testing/task-record.ts";
import { JournaledState } from "./journaled-state.ts";
import {
  drawPublicAddress,
  NoPublicAddressError,
  notePublicRange,
  publicAddresses,
  publicAddressOf,
  releasePublicAddresses,
} from "./public-addresses.ts";

const SCOPE = { account: "123456789012", region: "us-east-1" };
const OTHER = { account: "210987654321", region: "eu-west-1" };

function world(cidr?: string) {
  const state = new JournaledState(memoryJournal());
  if (cidr !== undefined) notePublicRange(state, { cidr, reachable: true });
  return { state, draw: (holder: string, scope = SCOPE) => state.commit(() => drawPublicAddress(state, ids, scope, holder)) };
}

test("each address of the block is one holder's, of whatever account, until it is given back", () => {
  const { state, draw } = world("203.0.113.8/29");
  const drawn = ["a", "b", "c", "d", "e"].map((holder) => draw(holder)).concat(draw("f", OTHER));
  expect(drawn.toSorted()).toEqual(["203.0.113.10", "203.0.113.11", "203.0.113.12", "203.0.113.13", "203.0.113.14", "203.0.113.9"]);
  expect(() => draw("g")).toThrow(NoPublicAddressError);
  state.commit(() => releasePublicAddresses(state, "c"));
  expect(draw("g")).toBe(drawn[2]);
  expect(state.table(publicAddresses).get(drawn[5] ?? "")).toMatchObject({ ...OTHER, holder: "f" });
});

test("without a block there is none, and another block leaves what was drawn", () => {
  const { state, draw } = world();
  expect(() => draw("a")).toThrow(NoPublicAddressError);
  notePublicRange(state, { cidr: "203.0.113.0/30", reachable: true });
  const first = draw("a");
  notePublicRange(state, { cidr: "198.51.100.0/30", reachable: true });
  expect(draw("b")).toMatch(/^198\.51\.100\.[12]$/);
  expect(state.table(publicAddresses).get(first)?.holder).toBe("a");
});

test("a task's own address stands for its public one where it has none of the block", () => {
  const networkConfiguration = { awsvpcConfiguration: { subnets: [], assignPublicIp: "ENABLED" as const } };
  const networkInterface = interfaceOf("10.0.0.5");
  const id = "0".repeat(32);
  expect(publicAddressOf(taskRecord(id, { networkInterface }))).toBeUndefined();
  expect(publicAddressOf(taskRecord(id, { networkInterface, networkConfiguration }))).toBe("10.0.0.5");
  const drawn = { ...networkInterface, publicIpv4Address: "203.0.113.9" };
  expect(publicAddressOf(taskRecord(id, { networkInterface: drawn, networkConfiguration }))).toBe("203.0.113.9");
});
