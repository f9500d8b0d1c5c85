import type { VpcNetwork, VpcNetworks } from "../../ports/vpc-networks.ts";
import { vpcBlocks, vpcs } from "../../state/ec2.ts";
import type { WholeState } from "../../state/state.ts";
import { loop, records, type Needs } from "../loop.ts";

/**
 * Takes away the networks of VPCs that are gone, and of blocks that a VPC has no more, also those that a crash left behind. What still ends in one is waited for: the step is tried again.
 * A network that the engine tells of while its VPC has its block is none of this loop's business; nor is one of a block that a default VPC had, which goes when the next is made.
 */
export const networkRemoval = loop("networks of deleted VPCs", ({ state, networks }: Needs & { readonly networks: VpcNetworks }) => {
  const isLeft = ({ vpcId, vpcCidr }: VpcNetwork): boolean => {
    const vpc = state.table(vpcs).get(vpcId);
    return !vpc || (!vpc.isDefault && !vpcBlocks(vpc).includes(vpcCidr));
  };
  return {
    watches: [
      records(vpcs, ({ before, after }) => after === undefined || (before !== undefined && before.moreBlocks !== after.moreBlocks)),
      ({ wake }) =>
        networks.follow((seen) => {
          for (const network of seen.networks) if (isLeft(network)) wake(network.vpcId);
        }),
    ],
    async step(vpcId) {
      const kept = vpcBlocksOf(state, vpcId);
      // A deletion that could still be undone by a crash is none.
      await state.durable();
      const outcome = await networks.remove(vpcId, kept);
      if (outcome.kind === "in-use") throw new Error(outcome.reason);
    },
  };
});

function vpcBlocksOf(state: WholeState, vpcId: string): readonly string[] {
  const vpc = state.table(vpcs).get(vpcId);
  return vpc ? vpcBlocks(vpc) : [];
}
