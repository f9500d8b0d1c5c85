import { overlapping } from "../decide/addresses/vpc-block.ts";
import { vpcBlocks, vpcs, type VpcRecord } from "./ec2.ts";
import { blocksOfHost } from "./host-blocks.ts";
import type { WholeState } from "./state.ts";

/** Who has addresses of a block on this host already. */
export interface BlockHolder {
  /** The one that overlaps. */
  readonly block: string;
  /** Absent where it is the host itself, or another program's network. */
  readonly vpc?: VpcRecord;
}

/** Whoever has addresses of `wanted` on this host, where an address is of one network only. Costs a look at all VPCs. */
export function blockHolder(state: WholeState, wanted: string): BlockHolder | undefined {
  for (const vpc of state.table(vpcs).values()) {
    const block = overlapping(vpcBlocks(vpc), wanted);
    if (block !== undefined) return { block, vpc };
  }
  const block = overlapping(blocksOfHost(state), wanted);
  return block === undefined ? undefined : { block };
}
