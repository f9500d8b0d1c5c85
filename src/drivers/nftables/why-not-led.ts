import { readFile } from "node:fs/promises";
import { errorText } from "../../domain/error-text.ts";
import { conntrackProgram, type Conntrack } from "./conntrack.ts";
import { nftProgram, type Nft } from "./nft.ts";

/** Whether the kernel shows bridged packets to its filter, and so translates answers back that stay within a bridge: `1` where it does. */
const BRIDGED = "/proc/sys/net/bridge/bridge-nf-call-iptables";

/** What keeps this host from leading packets, in words for an operator; `undefined` where nothing does. Makes nothing. */
export async function whyNotLed(nft: Nft = nftProgram(), conntrack: Conntrack = conntrackProgram()): Promise<string | undefined> {
  try {
    await nft.read("inet", "airfield");
    await conntrack.count({ address: "192.0.2.1", port: 9, protocol: "udp" });
    const shown = await readFile(BRIDGED, "utf8");
    return shown.trim() === "1" ? undefined : "net.bridge.bridge-nf-call-iptables is 0";
  } catch (cause) {
    if (cause instanceof Error && "code" in cause && cause.code === "ENOENT" && "path" in cause && cause.path === "conntrack")
      return "the program `conntrack` is not installed";
    return errorText(cause);
  }
}
