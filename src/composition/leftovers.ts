import { removeInstallation } from "../drivers/docker/remove-installation.ts";
import { dockerVpcLinks } from "../drivers/docker/vpc-links.ts";
import { installationId } from "../drivers/filesystem/installation.ts";
import { removeFlowCounts } from "../drivers/nftables/flow-counts.ts";
import { removeLinkLocalResolver } from "../drivers/nftables/link-local-resolver.ts";
import { nftProgram } from "../drivers/nftables/nft.ts";
import { removePortGuard } from "../drivers/nftables/port-guard.ts";
import { removePacketFilter } from "../drivers/nftables/packet-filter.ts";
import { haproxyTrafficProxy } from "../drivers/haproxy/haproxy-traffic-proxy.ts";
import { systemClock as clock } from "../drivers/system/clock.ts";
import { removePackets } from "./packets.ts";
import { removePublicAddresses } from "./public-addresses.ts";
import { proxyPlaces } from "./proxy.ts";

export interface Removal {
  readonly dataDirectory: string;
  readonly dockerSocket: string;
}

/**
 * Removes what an installation that does not run has left outside of its data folder: containers, networks, volumes, its proxy, the links of its VPCs, its tables
 * of the kernel's. Resolves with the names of networks that the engine will not let go of before it starts anew.
 */
export async function removeLeftovers({ dataDirectory, dockerSocket }: Removal): Promise<readonly string[]> {
  const id = await installationId(dataDirectory);
  // First: it needs nothing else, and nobody who keeps something of the rest from being removed keeps this.
  await removePackets(id);
  const kept = await removeInstallation({ socketPath: dockerSocket, instance: id });
  await dockerVpcLinks({ instance: id }).set([]);
  const proxy = await haproxyTrafficProxy({ ...proxyPlaces(dataDirectory, id), clock });
  await proxy.stop();
  await removePublicAddresses(id);
  await removeLinkLocalResolver(nftProgram(), id);
  await removePortGuard(nftProgram(), id);
  await removeFlowCounts(nftProgram(), id);
  // Last: what runs is filtered as long as it does.
  await removePacketFilter(nftProgram(), id);
  return kept;
}
