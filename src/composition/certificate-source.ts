import { join } from "node:path";
import { localAddresses } from "../drivers/system/local-addresses.ts";
import { ownNames, type CertificateSource } from "../drivers/tls/endpoint-certificate.ts";
import { LOOPBACK } from "../gateway/loopback.ts";
import type { AirfieldOptions } from "./options.ts";

/** Certificates of our own are for the names and addresses that this machine may be called by. */
export function certificateSource(options: AirfieldOptions, installation: string): CertificateSource | undefined {
  const { dataDirectory, tls } = options;
  if (!tls) return undefined;
  if ("keyFile" in tls) return { kind: "given", ...tls };
  const hosts = [...new Set([...ownNames(), LOOPBACK, ...addressesOf(options), ...tls.names])];
  return { kind: "own", folder: join(dataDirectory, "tls"), installation, hosts };
}

/** What is listened on besides loopback. */
export function addressesOf({ host }: AirfieldOptions): readonly string[] {
  if (host === undefined) return [];
  return host === "0.0.0.0" || host === "::" ? localAddresses(host) : [host];
}
