import type { VpcNetworks } from "../../ports/vpc-networks.ts";
import { vpcs } from "../../state/ec2.ts";
import { loop, records, type Needs } from "../loop.ts";

/**
 * Takes away the networks of VPCs that are gone, also those that a crash left behind. What still ends in one is waited for: the step is tried again.
 * A network that the engine tells of while its VPC is there is none of this loop's business.
 */
export const networkRemoval = loop("networks of deleted VPCs", ({ state, networks }: Needs & { readonly networks: VpcNetworks }) => ({
  watches: [
    records(vpcs, ({ after }) => after === undefined),
    ({ wake }) =>
      networks.follow((seen) => {
        for (const { vpcId } of seen.networks) if (!state.table(vpcs).has(vpcId)) wake(vpcId);
      }),
  ],
  async step(vpcId) {
    if (state.table(vpcs).has(vpcId)) return;
    // A deletion that could still be undone by a crash is none.
    await state.durable();
    const outcome = await networks.remove(vpcId);
    if (outcome.kind === "in-use") throw new Error(outcome.reason);
  },
}));
