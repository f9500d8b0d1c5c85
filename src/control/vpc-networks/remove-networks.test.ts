import { expect, test, vi } from "vitest";
import { memoryJournal } from "../../drivers/memory/journal.ts";
import { vpcs, type VpcRecord } from "../../state/ec2.ts";
import { JournaledState } from "../../state/journaled-state.ts";
import { FakeVpcNetworks } from "../../testing/fake-vpc-networks.ts";
import { ManualClock } from "../../testing/manual-clock.ts";
import { networkRemoval } from "./remove-networks.ts";

const vpc = (id: string, cidrBlock: string): VpcRecord => ({
  ...{ id, cidrBlock, account: "123456789012", region: "us-east-1", isDefault: false, tags: [] },
});

function world() {
  const state = new JournaledState(memoryJournal());
  const networks = new FakeVpcNetworks();
  const clock = new ManualClock(0);
  const warnings: string[] = [];
  const logger = {
    debug() {},
    info() {},
    warn: (text: string) => void warnings.push(text),
    error: (text: string) => void warnings.push(text),
  };
  state.commit(() => {
    state.table(vpcs).put(vpc("vpc-1", "10.1.0.0/16"));
    state.table(vpcs).put(vpc("vpc-2", "10.2.0.0/16"));
  });
  networks.make({ vpcId: "vpc-1", vpcCidr: "10.1.0.0/16" });
  const left = (): string[] => {
    let seen: string[] = [];
    networks.follow((now) => (seen = now.networks.map(({ vpcId }) => vpcId)))[Symbol.dispose]();
    return seen;
  };
  return { state, networks, clock, warnings, left, run: () => networkRemoval({ state, networks, clock, logger }) };
}

test("the network of a VPC goes with it, and others stay", async () => {
  const { state, networks, left, run } = world();
  networks.make({ vpcId: "vpc-2", vpcCidr: "10.2.0.0/16" });
  await using _loop = run();
  state.commit(() => state.table(vpcs).delete("vpc-1"));
  await vi.waitFor(() => expect(left()).toEqual(["vpc-2"]));
});

test("what a crash left behind goes at the start, and what the engine tells of later", async () => {
  const { networks, left, run } = world();
  networks.make({ vpcId: "vpc-gone", vpcCidr: "10.9.0.0/16" });
  await using _loop = run();
  await vi.waitFor(() => expect(left()).toEqual(["vpc-1"]));
  networks.make({ vpcId: "vpc-late", vpcCidr: "10.8.0.0/16" });
  await vi.waitFor(() => expect(left()).toEqual(["vpc-1"]));
});

test("one in which something still runs goes when it has ended", async () => {
  const { state, networks, clock, warnings, left, run } = world();
  networks.busy.add("vpc-1");
  await using _loop = run();
  state.commit(() => state.table(vpcs).delete("vpc-1"));
  await vi.waitFor(() => expect(warnings).toHaveLength(1));
  expect(left()).toEqual(["vpc-1"]);
  networks.busy.clear();
  await vi.waitFor(() => {
    clock.advance(1000);
    expect(left()).toEqual([]);
  });
});

test("the network of a block goes when its VPC has the block no more, and that of the first block stays", async () => {
  const { state, networks, run } = world();
  const [first, later] = [
    { vpcId: "vpc-1", vpcCidr: "10.1.0.0/16" },
    { vpcId: "vpc-1", vpcCidr: "10.3.0.0/20", isFurther: true },
  ];
  const moreBlocks = [{ associationId: "a", cidrBlock: later.vpcCidr }];
  state.commit(() => state.table(vpcs).put({ ...vpc("vpc-1", first.vpcCidr), moreBlocks }));
  networks.make(later);
  await using _loop = run();
  await state.durable();
  expect([networks.has(first), networks.has(later)]).toEqual([true, true]);
  state.commit(() => state.table(vpcs).put(vpc("vpc-1", first.vpcCidr)));
  await vi.waitFor(() => expect([networks.has(first), networks.has(later)]).toEqual([true, false]));
});
