import { readFile } from "node:fs/promises";
import { NftMissingError, NftRefusedError, type Nft } from "./nft.ts";
import { mayNot } from "./remove-table.ts";

export interface WhyNotParts {
  readonly nft: Pick<Nft, "run">;
  /** Whether the networks of VPCs are on this host. */
  readonly isHere: boolean;
  /** What the kernel says of whether it shows bridged packets to the filter; rejects where it cannot. */
  readonly bridged?: () => Promise<string>;
}

/** Why this host's kernel cannot be told what to let through between tasks, in words for an operator; `undefined` where it can. Changes nothing. */
export async function whyNoPacketFilter({ nft, isHere, bridged = readBridged }: WhyNotParts): Promise<string | undefined> {
  if (!isHere) return "the engine keeps its networks where this host does not reach them";
  try {
    await nft.run("add table inet airfield-probe\ndelete table inet airfield-probe\n");
  } catch (cause) {
    if (cause instanceof NftMissingError) return cause.message;
    if (!(cause instanceof NftRefusedError)) throw cause;
    if (mayNot(cause)) return "this user may not change what the kernel lets through, which takes root or the capability CAP_NET_ADMIN";
    return cause.message;
  }
  const isSeen = await bridged().then(
    (text) => text.trim() === "1",
    () => false,
  );
  return isSeen
    ? undefined
    : "the kernel does not show packets within a bridge to the filter: `sysctl -w net.bridge.bridge-nf-call-iptables=1` makes it";
}

function readBridged(): Promise<string> {
  return readFile("/proc/sys/net/bridge/bridge-nf-call-iptables", "utf8");
}
