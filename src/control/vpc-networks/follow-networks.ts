import type { VpcNetwork, VpcNetworks } from "../../ports/vpc-networks.ts";
import { noteHostBlocks } from "../../state/default-vpc.ts";
import { vpcBlocks, vpcs, type VpcRecord } from "../../state/ec2.ts";
import type { WholeState } from "../../state/state.ts";

/** A VPC's network in which this host has an address. */
export type Gateway = VpcNetwork & { readonly address: string };

/** Records which blocks the host uses for something else, now and whenever that changes: a default VPC that is made gets none of them. */
export function keepHostBlocks(state: WholeState, networks: VpcNetworks): Disposable {
  return networks.follow(({ foreignBlocks }) => noteHostBlocks(state, foreignBlocks));
}

/** Tells the addresses that this host has in the networks of VPCs' first blocks, at once and whenever a network is made, made anew or removed. */
export function followGateways(state: WholeState, networks: VpcNetworks, tell: (gateways: readonly Gateway[]) => void): Disposable {
  return followBlocks(state, networks, ({ cidrBlock }) => [cidrBlock], tell);
}

/** The same of all blocks. */
export function followRouters(state: WholeState, networks: VpcNetworks, tell: (gateways: readonly Gateway[]) => void): Disposable {
  return followBlocks(state, networks, vpcBlocks, tell);
}

function followBlocks(
  state: WholeState,
  networks: VpcNetworks,
  blocksOf: (vpc: VpcRecord) => readonly string[],
  tell: (gateways: readonly Gateway[]) => void,
): Disposable {
  let told: string | undefined;
  return networks.follow((seen) => {
    const gateways = seen.networks.flatMap((network): Gateway[] => {
      const { address, vpcId, vpcCidr } = network;
      const vpc = state.table(vpcs).get(vpcId);
      // A network of a VPC that no record knows, or with a block that it had before, is left over.
      return address !== undefined && vpc && blocksOf(vpc).includes(vpcCidr) ? [{ ...network, address }] : [];
    });
    const now = JSON.stringify(gateways);
    if (now === told) return;
    told = now;
    tell(gateways);
  });
}
