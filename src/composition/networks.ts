import { keepHostBlocks } from "../control/vpc-networks/follow-networks.ts";
import { linkLocalNames } from "../control/vpc-networks/link-local-names.ts";
import { peeringLinks } from "../control/vpc-networks/peering-links.ts";
import { networkRemoval } from "../control/vpc-networks/remove-networks.ts";
import { dockerVpcLinks } from "../drivers/docker/vpc-links.ts";
import { dockerVpcNetworks } from "../drivers/docker/vpc-networks.ts";
import { nftLinkLocalResolver, resolverTable } from "../drivers/nftables/link-local-resolver.ts";
import { nftProgram } from "../drivers/nftables/nft.ts";
import { systemClock as clock } from "../drivers/system/clock.ts";
import { claimedBlocks } from "../drivers/system/host-networks.ts";
import type { VpcNetworks } from "../ports/vpc-networks.ts";
import type { Start } from "./options.ts";
import type { Storage } from "./storage.ts";

/** The networks of VPCs, and which blocks of addresses this host uses for something else, so that no VPC gets one of them. @throws EngineUnavailableError */
export async function openNetworks({ options, logger, opened }: Start, { state, installation }: Storage): Promise<VpcNetworks> {
  const networks = await dockerVpcNetworks({
    socketPath: options.dockerSocket,
    instance: installation.id,
    clock,
    hostBlocks: claimedBlocks,
    warn: (message) => logger.warn(message),
  });
  opened.defer(() => networks.close());
  opened.use(keepHostBlocks(state, networks));
  opened.use(networkRemoval({ state, networks, clock, logger }));
  opened.use(peeringLinks({ state, links: dockerVpcLinks({ instance: installation.id }), clock, logger }));
  opened.use(linkLocalNames({ state, networks, leads: nftLinkLocalResolver(nftProgram(), resolverTable(installation.id)), clock, logger }));
  return networks;
}
