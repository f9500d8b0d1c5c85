import type { PacketFilter } from "../../ports/packet-filter.ts";
import type { VpcNetworks } from "../../ports/vpc-networks.ts";
import type { InterfacesInPlace } from "./interfaces-in-place.ts";

/** What there is on a host whose kernel lets through what groups, ACLs and routes let through. */
export interface Enforcement {
  readonly filter: PacketFilter;
  /** Told which interfaces the kernel knows. */
  readonly inPlace: InterfacesInPlace;
  /** Addresses of the name servers that tasks ask besides that of their VPC. */
  readonly resolvers: readonly string[];
  /** The ports of this host's link-local address at which tasks find credentials, metadata and the APIs. */
  readonly doors: readonly number[];
  readonly networks: Pick<VpcNetworks, "follow">;
  /** Told why the kernel does not hold what it should, in words for an operator; with `undefined` that it does. */
  readonly trouble: (text: string | undefined) => void;
}
