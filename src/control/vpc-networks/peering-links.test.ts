import { expect, test, vi } from "vitest";
import { memoryJournal } from "../../drivers/memory/journal.ts";
import type { VpcLink } from "../../ports/vpc-links.ts";
import { vpcPeerings, type VpcPeeringRecord } from "../../state/ec2-peering.ts";
import { vpcs, type VpcRecord } from "../../state/ec2.ts";
import { JournaledState } from "../../state/journaled-state.ts";
import { ManualClock } from "../../testing/manual-clock.ts";
import { peeringLinks } from "./peering-links.ts";

const vpc = (id: string, cidrBlock: string): VpcRecord => ({
  ...{ id, cidrBlock, account: "123456789012", region: "us-east-1", isDefault: false, tags: [] },
});
const peering: VpcPeeringRecord = {
  id: "pcx-1",
  account: "123456789012",
  region: "us-east-1",
  requester: { account: "123456789012", region: "us-east-1", vpcId: "vpc-1" },
  accepter: { account: "210987654321", region: "us-east-1", vpcId: "vpc-2" },
  status: "active",
  statusMessage: "Active",
  expiresAt: 0,
  tags: [],
};

function world() {
  const state = new JournaledState(memoryJournal());
  const told: (readonly VpcLink[])[] = [];
  const warnings: string[] = [];
  const refusals: Error[] = [];
  const logger = {
    debug() {},
    info() {},
    warn: (text: string) => void warnings.push(text),
    error: (text: string) => void warnings.push(text),
  };
  const links = {
    set: async (wanted: readonly VpcLink[]) => {
      await Promise.resolve();
      const refusal = refusals.pop();
      if (refusal) throw refusal;
      told.push(wanted);
    },
  };
  state.commit(() => {
    state.table(vpcs).put(vpc("vpc-1", "10.1.0.0/16"));
    state.table(vpcs).put(vpc("vpc-2", "10.2.0.0/16"));
  });
  const clock = new ManualClock(0);
  return { state, told, warnings, refusals, clock, run: () => peeringLinks({ state, links, clock, logger }) };
}

const put = (state: JournaledState, ...copies: readonly Partial<VpcPeeringRecord>[]) =>
  state.commit(() => copies.forEach((copy) => state.table(vpcPeerings).put({ ...peering, ...copy })));
const LINK = { one: "10.1.0.0/16", other: "10.2.0.0/16" };

test("peered VPCs are linked once both have agreed, once for both sides, and until one of them ends it", async () => {
  const { state, told, run } = world();
  await using _loop = run();
  await vi.waitFor(() => expect(told).toEqual([[]]));
  put(state, { status: "pending-acceptance" }, { status: "pending-acceptance", account: "210987654321" });
  put(state, {}, { account: "210987654321" });
  await vi.waitFor(() => expect(told).toEqual([[], [LINK]]));
  put(state, { status: "deleted" }, { status: "deleted", account: "210987654321" });
  await vi.waitFor(() => expect(told).toEqual([[], [LINK], []]));
});

test("each block of the one is linked with each of the other, also those that come later", async () => {
  const { state, told, run } = world();
  put(state, {});
  await using _loop = run();
  await vi.waitFor(() => expect(told).toEqual([[LINK]]));
  state.commit(() =>
    state.table(vpcs).update("vpc-2", (one) => ({ ...one, moreBlocks: [{ associationId: "a", cidrBlock: "10.3.0.0/16" }] })),
  );
  await vi.waitFor(() =>
    expect(told.at(-1)).toEqual([{ one: "10.2.0.0/16", other: "10.3.0.0/16" }, LINK, { one: "10.1.0.0/16", other: "10.3.0.0/16" }]),
  );
});

test("a host that does not take them is asked again", async () => {
  const { state, told, warnings, refusals, clock, run } = world();
  refusals.push(new Error("iptables refuses: Permission denied"));
  put(state, {});
  await using _loop = run();
  await vi.waitFor(() => expect(warnings).toHaveLength(1));
  await vi.waitFor(() => {
    clock.advance(1000);
    expect(told).toEqual([[LINK]]);
  });
});

test("the blocks of a VPC are linked with each other, without any peering, while it has them", async () => {
  const { state, told, run } = world();
  await using _loop = run();
  const moreBlocks = ["10.3.0.0/20", "10.4.0.0/20"].map((cidrBlock) => ({ associationId: cidrBlock, cidrBlock }));
  state.commit(() => state.table(vpcs).put({ ...vpc("vpc-1", "10.1.0.0/16"), moreBlocks }));
  await vi.waitFor(() =>
    expect(told.at(-1)).toEqual([
      { one: "10.1.0.0/16", other: "10.3.0.0/20" },
      { one: "10.1.0.0/16", other: "10.4.0.0/20" },
      { one: "10.3.0.0/20", other: "10.4.0.0/20" },
    ]),
  );
  state.commit(() => state.table(vpcs).put(vpc("vpc-1", "10.1.0.0/16")));
  await vi.waitFor(() => expect(told.at(-1)).toEqual([]));
});
