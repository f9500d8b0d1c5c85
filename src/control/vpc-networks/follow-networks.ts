import type { VpcNetwork, VpcNetworks } from "../../ports/vpc-networks.ts";
import { noteHostBlocks } from "../../state/default-vpc.ts";
import { vpcs } from "../../state/ec2.ts";
import type { WholeState } from "../../state/state.ts";

/** A VPC's network in which this host has an address. */
export type Gateway = VpcNetwork & { readonly address: string };

/** Records which blocks the host uses for something else, now and whenever that changes: a default VPC that is made gets none of them. */
export function keepHostBlocks(state: WholeState, networks: VpcNetworks): Disposable {
  return networks.follow(({ foreignBlocks }) => noteHostBlocks(state, foreignBlocks));
}

/** Tells the addresses that this host has in the networks of VPCs, at once and whenever a network is made, made anew or removed. */
export function followGateways(state: WholeState, networks: VpcNetworks, tell: (gateways: readonly Gateway[]) => void): Disposable {
  let told: string | undefined;
  return networks.follow((seen) => {
    const gateways = seen.networks.flatMap((network) => gatewayOf(state, network));
    const now = JSON.stringify(gateways);
    if (now === told) return;
    told = now;
    tell(gateways);
  });
}

/** A network of a VPC that no record knows, or with a block that it had before, is left over. */
function gatewayOf(state: WholeState, network: VpcNetwork): Gateway[] {
  const { address } = network;
  return address !== undefined && state.table(vpcs).get(network.vpcId)?.cidrBlock === network.vpcCidr ? [{ ...network, address }] : [];
}
