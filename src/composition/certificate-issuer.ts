import { join } from "node:path";
import { systemClock as clock } from "../drivers/system/clock.ts";
import { ownIssuer } from "../drivers/tls/own-issuer.ts";
import type { CertificateIssuer } from "../ports/certificate-issuer.ts";
import type { AirfieldOptions } from "./options.ts";

/** Where the authority lies that signs the certificates of ACM. */
export function certificatesFolder(dataDirectory: string): string {
  return join(dataDirectory, "certificates");
}

export function certificateIssuer({ dataDirectory }: AirfieldOptions, installation: string): CertificateIssuer {
  return ownIssuer({ folder: certificatesFolder(dataDirectory), installation, clock });
}
