/**
 * The networks of VPCs on this host, as they are: one is made when the VPC first needs it, and may be removed by others. Nobody can know in
 * advance which addresses the host will have for it: other programs, and other installations, make networks too, and who is first has them.
 */
export interface VpcNetworks {
  /** Calls `tell` at once with what there is, and again whenever a network is made, made anew or removed, of ours or of others. */
  follow(tell: (seen: SeenNetworks) => void): Disposable;
  /** Whether the VPC's network is there with these addresses, as far as was told. Costs nothing. */
  has(network: WantedNetwork): boolean;
  /** Makes the network where it is not there. Rejects where the engine cannot be asked. Costs a look at all networks where it is not there. */
  ensure(network: WantedNetwork): Promise<NetworkOutcome>;
  /**
   * Removes the networks of a VPC but those of the blocks that it has, with what was made ready in them for tasks that will not come. Resolves when they are not there any more; with a reason where something
   * that runs is still on one, which is left alone. Rejects where the engine cannot be asked.
   */
  remove(vpcId: string, kept: readonly string[]): Promise<{ readonly kind: "gone" } | { readonly kind: "in-use"; readonly reason: string }>;
  /** Whether networks are on this host, which reaches what is in them. */
  readonly isHere: boolean;
  close(): Promise<void>;
}

export interface WantedNetwork {
  readonly vpcId: string;
  /** One of the VPC's blocks: there is a network for each. */
  readonly vpcCidr: string;
  /** Whether the block was associated with the VPC later. */
  readonly isFurther?: boolean;
}

export type NetworkOutcome =
  | { readonly kind: "there" }
  /** Its addresses are somebody else's on this host. */
  | { readonly kind: "taken"; readonly reason: string }
  | { readonly kind: "refused"; readonly reason: string };

export interface SeenNetworks {
  readonly networks: readonly VpcNetwork[];
  /** Blocks, such as `172.17.0.0/16`, that this host uses for something else. */
  readonly foreignBlocks: readonly string[];
}

export interface VpcNetwork extends Omit<WantedNetwork, "isFurther"> {
  /** The engine's: a network that is made anew has another one. */
  readonly id: string;
  /** This host's own address in it; absent where the engine keeps its networks elsewhere, as below. */
  readonly address?: string;
  /** The network interface by which this host is in it. */
  readonly bridge?: string;
}
