import { expect, test } from "vitest";
import { turnAway, type TargetClaim, type TurnedAway } from "./admit-target.ts";
import type { TargetPlace } from "./target-place.ts";

const PLACES: Readonly<Record<string, TargetPlace>> = {
  "172.31.0.10": "vpc",
  "10.1.2.3": "private",
  "192.0.2.9": "opened",
  "8.8.8.8": "public",
  "10.200.0.9": "forbidden",
};
const placeOf = (address: string): TargetPlace => PLACES[address] ?? "forbidden";
const published = (address: string, port: number): boolean => address === "127.0.0.1" && [32_768, 32_769].includes(port);

const direct = (id: string): TargetClaim => ({
  id,
  port: 80,
  address: id,
  addressPort: 80,
  vpcId: "vpc-1",
  instanceId: undefined,
  checkPort: undefined,
  availabilityZone: undefined,
});
const onHost = (addressPort: number, changes: Partial<TargetClaim> = {}): TargetClaim => ({
  ...direct("i-0123"),
  port: addressPort,
  address: "127.0.0.1",
  addressPort,
  instanceId: "i-0123",
  ...changes,
});

test.each<readonly [string, TargetClaim, TurnedAway | undefined]>([
  ["an address of the VPC", direct("172.31.0.10"), undefined],
  ["one whose health is asked of another of its ports", { ...direct("172.31.0.10"), checkPort: 22 }, undefined],
  ["a private address elsewhere", direct("10.1.2.3"), undefined],
  ["one that the operator opens", direct("192.0.2.9"), undefined],
  ["a public one on record", direct("8.8.8.8"), "address"],
  ["one that another VPC covers by now", direct("10.200.0.9"), "address"],
  ["loopback on record", direct("127.0.0.1"), "address"],
  ["an instance's port that a task has", onHost(32_768), undefined],
  ["an instance's port that no task of the account has", onHost(4566), "port"],
  ["one whose health is asked of a port that a task has", onHost(32_768, { checkPort: 32_769 }), undefined],
  ["one whose health is asked of what the host keeps", onHost(32_768, { checkPort: 6379 }), "port"],
  ["another account's instance", onHost(32_768, { id: "i-9999" }), "address"],
  ["a task in the VPC by its published port", { ...direct("172.31.0.10"), address: "127.0.0.1", addressPort: 32_768 }, undefined],
  ["a task in another VPC by its published port", { ...direct("10.200.0.9"), address: "127.0.0.1", addressPort: 32_768 }, "address"],
  ["a task in the VPC by a port that is not its own", { ...direct("172.31.0.10"), address: "127.0.0.1", addressPort: 4566 }, "port"],
  ["a task in the VPC, said to be at another port of its address", { ...direct("172.31.0.10"), addressPort: 81 }, "port"],
])("%s: %3$s", (_what, claim, away) => {
  expect(turnAway(claim, { placeOf, published, zones: undefined })).toBe(away);
});

test("where the operator opens loopback, any port of the instance is one", () => {
  const opened = (address: string): TargetPlace => (address === "127.0.0.1" ? "opened" : "forbidden");
  expect(turnAway(onHost(4566), { placeOf: opened, published, zones: undefined })).toBeUndefined();
});

test.each<readonly [string, TargetClaim, TurnedAway | undefined]>([
  ["in a zone of its load balancer", { ...direct("172.31.0.10"), availabilityZone: "us-east-1a" }, undefined],
  ["in another zone", { ...direct("172.31.0.10"), availabilityZone: "us-east-1b" }, "zone"],
  ["outside of the VPC, for all zones", { ...direct("10.1.2.3"), availabilityZone: "all" }, undefined],
  ["in no zone", onHost(32_768), undefined],
  ["at an address that is none for it, in another zone", { ...direct("8.8.8.8"), availabilityZone: "us-east-1b" }, "address"],
])("a target %s: %3$s", (_what, claim, away) => {
  expect(turnAway(claim, { placeOf, published, zones: new Set(["us-east-1a"]) })).toBe(away);
});
