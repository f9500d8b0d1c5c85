import { expect, onTestFinished, test } from "vitest";
import { memoryJournal } from "../../drivers/memory/journal.ts";
import { systemIds as ids } from "../../drivers/system/ids.ts";
import { defaultNetwork } from "../../state/default-vpc.ts";
import { vpcEndpoints } from "../../state/ec2-endpoints.ts";
import { JournaledState } from "../../state/journaled-state.ts";
import { networkInterfaces } from "../../state/network-interfaces.ts";
import { ManualClock } from "../../testing/manual-clock.ts";
import { endpointDoors, type DoorCertificate } from "./endpoint-doors.ts";

const SCOPE = { account: "123456789012", region: "us-east-1" };

function world() {
  const state = new JournaledState(memoryJournal());
  const clock = new ManualClock();
  const { vpc } = defaultNetwork(state, ids, SCOPE, 1);
  const own = state.table(networkInterfaces).by("vpc", vpc.id);
  const open = new Map<string, DoorCertificate>();
  const refused = new Set<string>();
  const warnings: string[] = [];
  let serial = 0;
  let made: DoorCertificate | undefined;
  const doors = endpointDoors({
    state,
    clock,
    logger: { info: () => undefined, warn: (text) => void warnings.push(text), error: () => undefined },
    certificate: (regions) => {
      if (!made || clock.now() >= made.renewAt)
        made = { certificate: `${regions.join()} ${(serial += 1)}`, key: "", renewAt: clock.now() + 1000 };
      return Promise.resolve(made);
    },
    open: (address, certificate) => {
      if (refused.has(address)) return Promise.reject(new Error("EADDRINUSE"));
      open.set(address, certificate);
      return Promise.resolve({
        show: (other) => void open.set(address, other),
        [Symbol.asyncDispose]: () => Promise.resolve(void open.delete(address)),
      });
    },
  });
  onTestFinished(() => doors[Symbol.asyncDispose]());
  const hold = async (...addresses: readonly string[]): Promise<void> => {
    doors.hold([{ vpcId: vpc.id, vpcCidr: vpc.cidrBlock, addresses: new Set(addresses) }]);
    await clock.settled();
  };
  return { state, clock, own, open, refused, warnings, hold };
}

test("the APIs are answered at the addresses of endpoints that this host has, and at no other", async () => {
  const { state, own, open, hold } = world();
  const [one, two] = own.map(({ privateIpv4Address }) => privateIpv4Address);
  await hold(one!, "172.31.0.9");
  expect([...open]).toEqual([[one, expect.objectContaining({ certificate: "us-east-1 1" })]]);
  await hold(one!, two!);
  expect([...open.keys()]).toEqual([one, two]);
  state.commit(() => state.table(vpcEndpoints).delete(own[0]!.vpcEndpointId!));
  await hold(one!, two!);
  expect([...open.keys()]).toEqual([two]);
  await hold();
  expect(open.size).toBe(0);
});

test("another certificate is shown where the one that there was is due", async () => {
  const { clock, own, open, hold } = world();
  await hold(own[0]!.privateIpv4Address);
  clock.advance(1000);
  await clock.settled();
  expect([...open.values()].map(({ certificate }) => certificate)).toEqual(["us-east-1 2"]);
});

test("an address that somebody else listens at is told, tried again, and keeps no other from being opened", async () => {
  const { clock, own, open, refused, warnings, hold } = world();
  const [one, two] = own.map(({ privateIpv4Address }) => privateIpv4Address);
  refused.add(one!);
  await hold(one!, two!);
  expect([[...open.keys()], warnings]).toEqual([[two], ["a VPC endpoint does not answer at its address"]]);
  refused.clear();
  clock.advance(60_000);
  await clock.settled();
  expect(open.has(one!)).toBe(true);
});
