import type { VpcLink, VpcLinks } from "../../ports/vpc-links.ts";
import { vpcPeerings } from "../../state/ec2-peering.ts";
import { vpcBlocks, vpcs } from "../../state/ec2.ts";
import type { State, WholeState } from "../../state/state.ts";
import { atStart, changes, loop, type Needs } from "../loop.ts";

/** There is one list of links, and one step that sets it. */
const ALL = "links";

/**
 * Links the networks of peered VPCs, each block of the one with each of the other, and those of the blocks of one VPC. Costs a look at all VPCs and peering connections whenever one of the latter comes, is accepted or ends, or a VPC
 * gets another block or loses one.
 */
export const peeringLinks = loop("links of peered VPCs", ({ state, links }: Needs & { readonly links: VpcLinks }) => ({
  watches: [
    atStart(ALL),
    changes(vpcPeerings, ({ before, after }, { wake }) => {
      if (before?.status === "active" || after?.status === "active") wake(ALL);
    }),
    changes(vpcs, ({ before, after }, { wake }) => {
      if (before ? after?.moreBlocks !== before.moreBlocks : after?.moreBlocks !== undefined) wake(ALL);
    }),
  ],
  async step() {
    // A way that a crash could still undo is not opened.
    await state.durable();
    await links.set(linksOf(state));
  },
}));

/** The links that the records want. A connection is in the records of both its sides, and counts once. */
export function linksOf(state: WholeState): readonly VpcLink[] {
  const active = new Map([...state.table(vpcPeerings).values()].filter(({ status }) => status === "active").map((one) => [one.id, one]));
  const within = [...state.table(vpcs).values()].flatMap((vpc) => pairsOf(vpcBlocks(vpc)));
  const between = [...active.values()].flatMap(({ requester, accepter }) =>
    blocksOf(state, requester.vpcId).flatMap((one) => blocksOf(state, accepter.vpcId).map((other) => ({ one, other }))),
  );
  return [...within, ...between];
}

function pairsOf(blocks: readonly string[]): readonly VpcLink[] {
  return blocks.flatMap((one, at) => blocks.slice(at + 1).map((other) => ({ one, other })));
}

function blocksOf(state: State, vpcId: string): readonly string[] {
  const vpc = state.table(vpcs).get(vpcId);
  return vpc ? vpcBlocks(vpc) : [];
}
