import type { Server } from "node:http";
import { systemClock as clock } from "../drivers/system/clock.ts";
import { followHostNames } from "../drivers/host-names/follow.ts";
import type { ServedNames } from "../drivers/host-names/served-names.ts";
import { hostNamesFolder } from "../drivers/host-names/record.ts";
import { openEndpointCertificate } from "../drivers/tls/endpoint-certificate.ts";
import { openEndpoint, type Endpoint } from "../gateway/endpoint.ts";
import { LOOPBACK } from "../gateway/loopback.ts";
import { openTlsEndpoint } from "../gateway/tls-endpoint.ts";
import { addressesOf, certificateSource } from "./certificate-source.ts";
import type { Start } from "./options.ts";

/** Where requests come in. */
export interface Front {
  readonly server: Server;
  readonly port: number;
  readonly url: string;
  /** The file of the authority that clients must be told to trust, where there is one. */
  readonly authorityFile?: string;
}

/** Opens the doors: requests are accepted from here on. @throws what listening throws */
export async function openFront(
  { options, logger, opened }: Start,
  server: Server,
  { installation, served }: { readonly installation: string; readonly served: ServedNames },
): Promise<Front> {
  const front: { endpoint?: Endpoint } = {};
  const source = certificateSource(options, installation);
  const certificate =
    source && opened.use(await openEndpointCertificate(source, { clock, logger, changed: (made) => front.endpoint?.show(made) }));
  const opening = await openEndpoint(server, {
    addresses: addressesOf(options),
    port: options.port,
    ...(certificate ? { credential: certificate.current } : {}),
  });
  front.endpoint = opening;
  opened.defer(async () => {
    const closed = opening[Symbol.asyncDispose]();
    server.closeAllConnections();
    await closed;
  });
  const hostNames = hostNamesFolder(options.dataDirectory);
  opened.use(
    await followHostNames({
      folder: hostNames,
      clock,
      logger,
      open: (door) => openTlsEndpoint(server, door),
      served: (hosts) => served.show(hosts),
    }),
  );
  return {
    server,
    port: opening.port,
    url: `${certificate ? "https" : "http"}://${LOOPBACK}:${opening.port}`,
    ...(certificate?.authorityFile === undefined ? {} : { authorityFile: certificate.authorityFile }),
  };
}
