import { join } from "node:path";
import { acmeIssuer } from "../drivers/acme/acme-issuer.ts";
import { systemClock as clock } from "../drivers/system/clock.ts";
import { ownIssuer, type AuthorityPlace } from "../drivers/tls/own-issuer.ts";
import type { CertificateIssuer } from "../ports/certificate-issuer.ts";
import type { AirfieldOptions } from "./options.ts";

/** Where the authority lies that signs the certificates of ACM. */
export function authorityPlace(dataDirectory: string, installation: string): AuthorityPlace {
  return { folder: join(dataDirectory, "certificates"), installation };
}

export function certificateIssuer({ dataDirectory, acme }: AirfieldOptions, installation: string): CertificateIssuer {
  const place = authorityPlace(dataDirectory, installation);
  return acme ? acmeIssuer(acme, place.folder) : ownIssuer(place, clock);
}
