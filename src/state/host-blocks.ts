import { publicRangeOf } from "./public-addresses.ts";
import type { WholeState } from "./state.ts";
import { defineTable, shared } from "./table.ts";

/** An address block that this host uses for something else: a network of its own, or one of the engine that is not ours. */
export interface HostBlockRecord {
  /** Such as `172.17.0.0/16`. */
  readonly cidr: string;
}

/** Kept as the host is; a default VPC is laid beside these blocks. */
export const hostBlocks = defineTable<HostBlockRecord>()("host.address-blocks", ({ cidr }) => cidr, shared);

/** All that a VPC's block has to lie beside: what the host uses for something else, and public addresses. */
export function blocksOfHost(state: WholeState): readonly string[] {
  const range = publicRangeOf(state);
  return [...[...state.table(hostBlocks).values()].map(({ cidr }) => cidr), ...(range === undefined ? [] : [range])];
}
