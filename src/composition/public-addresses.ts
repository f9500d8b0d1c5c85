import { followSenders } from "../control/public-addresses/follow-senders.ts";
import { leadPublicAddresses, openToLoopback } from "../control/public-addresses/lead-public-addresses.ts";
import { followRouters } from "../control/vpc-networks/follow-networks.ts";
import { formatAddress, parseAddress } from "../domain/cidr.ts";
import { errorText } from "../domain/error-text.ts";
import { nftProgram } from "../drivers/nftables/nft.ts";
import { nftPublicSenders, removePublicSenders } from "../drivers/nftables/public-senders.ts";
import { nftPublicWays, publicTable, removePublicWays } from "../drivers/nftables/public-ways.ts";
import { systemClock as clock } from "../drivers/system/clock.ts";
import type { VpcNetworks } from "../ports/vpc-networks.ts";
import { notePublicRange, publicRangeOf } from "../state/public-addresses.ts";
import type { Start } from "./options.ts";
import type { Storage } from "./storage.ts";

/** Of loopback, in which every address is this host's: 127.128.0.0/9 has room for 512 installations of 16,382 addresses each. */
const FIRST = "127.128.0.0";
const BLOCKS = 512;
const PREFIX = 18;

/** Says from where public addresses come, and has this host lead to who has them. Where it cannot, the address of who has one stands for it: the operator is told. */
export async function openPublicAddresses(
  { options, logger, opened }: Start,
  { state, installation }: Storage,
  networks: VpcNetworks,
): Promise<void> {
  const cidr = options.publicAddresses ?? loopbackBlock(installation.id);
  const ways = nftPublicWays({ nft: nftProgram(), table: publicTable(installation.id) });
  try {
    opened.use(await leadPublicAddresses({ state, clock, logger, ways }));
    const before = publicRangeOf(state);
    notePublicRange(state, { cidr, reachable: true });
    // What comes from loopback cannot leave a host.
    const senders = nftPublicSenders(nftProgram(), installation.id);
    if (!isLoopback(cidr)) opened.use(await followSenders({ state, clock, logger, senders, range: cidr }));
    else if (before !== undefined && !isLoopback(before)) await senders.adopt(new Map());
    opened.use(followRouters(state, networks, (gateways) => void openToLoopback(ways, gateways, logger)));
  } catch (cause) {
    notePublicRange(state, { cidr, reachable: false });
    logger.info("nothing leads from public addresses to tasks here; their own addresses stand for them", { why: errorText(cause) });
  }
}

/** Takes away what an installation that does not run has left. */
export async function removePublicAddresses(installation: string): Promise<void> {
  await removePublicWays(nftProgram(), installation);
  await removePublicSenders(nftProgram(), installation);
}

function isLoopback(cidr: string): boolean {
  return cidr.startsWith("127.");
}

/** The same at every start, and hardly that of another installation on this host. */
export function loopbackBlock(installationId: string): string {
  const at = Number.parseInt(installationId, 16) % BLOCKS;
  return `${formatAddress((parseAddress(FIRST) ?? 0) + at * 2 ** (32 - PREFIX))}/${PREFIX}`;
}
