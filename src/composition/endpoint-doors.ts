import type { Server } from "node:http";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { endpointDoors, type DoorCertificate, type EndpointDoors } from "../control/vpc-networks/endpoint-doors.ts";
import { endpointServices } from "../domain/endpoint-services.ts";
import { dnsSuffixOf } from "../domain/partition.ts";
import { openAuthority, serverCertificate } from "../drivers/host-names/certificates.ts";
import { systemClock as clock } from "../drivers/system/clock.ts";
import { openCertifiedEndpoint } from "../gateway/tls-endpoint.ts";
import type { WholeState } from "../state/state.ts";
import type { Start } from "./options.ts";

/** What the authority of endpoints may speak for. */
const DOMAINS = ["amazonaws.com", "amazonaws.com.cn"];

/** The APIs at the addresses of VPC endpoints, under the names of AWS's services: with certificates of an authority of their own, which containers that want it are told to trust. */
export function openEndpointDoors(
  { options, logger, opened }: Start,
  state: WholeState,
  server: Server,
  installation: string,
): EndpointDoors {
  const folder = join(options.dataDirectory, "endpoints");
  let kept: { readonly hosts: string; readonly made: DoorCertificate } | undefined;
  return opened.use(
    endpointDoors({
      state,
      clock,
      logger,
      async certificate(regions) {
        const hosts = regions.flatMap(hostsIn);
        if (kept?.hosts === hosts.join() && clock.now() < kept.made.renewAt) return kept.made;
        await mkdir(folder, { recursive: true, mode: 0o700 });
        await openAuthority({ folder, installation, now: clock.now(), domains: DOMAINS });
        kept = { hosts: hosts.join(), made: await serverCertificate(folder, hosts, clock.now()) };
        return kept.made;
      },
      open: (address, credential) => openCertifiedEndpoint(server, { address, port: 443, credential }),
    }),
  );
}

/** The names of services with interface endpoints in a region, and those that endpoints have for themselves. */
function hostsIn(region: string): readonly string[] {
  return endpointServices(region)
    .filter(({ types }) => types.includes("Interface"))
    .flatMap(({ host, privateDnsNames }) => [...privateDnsNames, `*.${host}.vpce.${dnsSuffixOf(region)}`]);
}
