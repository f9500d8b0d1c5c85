import type { VpcNetwork } from "./vpc-networks.ts";

/** Addresses of load balancers that this host answers at, in the networks of VPCs and besides its own there. They stay when the control plane ends. */
export interface HostAddresses {
  /** Those that this host has at this moment, whatever for. Costs a look at its tables. */
  present(): ReadonlySet<string>;
  /** Has this host answer at exactly these in a network. Rejects where it could not be found out or done this time. */
  hold(network: VpcNetwork & { readonly address: string }, addresses: readonly string[]): Promise<HoldOutcome>;
}

export type HoldOutcome =
  | { readonly kind: "held" }
  /** As long as nothing changes about this host. The reason is in words for an operator. */
  | { readonly kind: "unable"; readonly reason: string };
