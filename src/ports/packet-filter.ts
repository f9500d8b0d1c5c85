import type { FilterChange, FilterContents } from "../domain/packet-filter.ts";

/**
 * What this host's kernel lets through between what is in VPCs, and between that and others. What stands there stays when the control plane ends, and goes with the machine's
 * next start. Nothing of the host's own filter is looked at or changed.
 */
export interface PacketFilter {
  /**
   * Has the kernel hold exactly this, whatever an earlier life or somebody else left there: what differs is changed at once, as one transaction, and what goes on meanwhile goes on.
   * Tells how many chains and sets differed. Rejects where the kernel cannot be told; it holds then what it held.
   */
  adopt(contents: FilterContents): Promise<{ readonly differed: number }>;
  /**
   * Carries out a change of what it holds, as one transaction: a packet meets the filter before it or after it. Rejects where the kernel would not take it: nothing
   * of it has happened then, and only `adopt` makes sure what is there.
   */
  apply(change: FilterChange): Promise<void>;
}
