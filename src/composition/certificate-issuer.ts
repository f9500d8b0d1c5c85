import { join } from "node:path";
import { systemClock as clock } from "../drivers/system/clock.ts";
import { ownIssuer, type AuthorityPlace } from "../drivers/tls/own-issuer.ts";
import type { CertificateIssuer } from "../ports/certificate-issuer.ts";
import type { AirfieldOptions } from "./options.ts";

/** Where the authority lies that signs the certificates of ACM. */
export function authorityPlace(dataDirectory: string, installation: string): AuthorityPlace {
  return { folder: join(dataDirectory, "certificates"), installation };
}

export function certificateIssuer({ dataDirectory }: AirfieldOptions, installation: string): CertificateIssuer {
  return ownIssuer(authorityPlace(dataDirectory, installation), clock);
}
