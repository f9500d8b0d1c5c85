import type { X509Certificate } from "node:crypto";
import { isIP, isIPv4 } from "node:net";
import type { NamedHost } from "../../domain/host-header.ts";
import { scopeOfRegistryHost } from "../../domain/image-reference.ts";

/** The connection that a request came over. */
export interface Arrival {
  /** The address at which the client reached us. */
  readonly localAddress: string | undefined;
  /** The certificate that the client was shown. */
  readonly certificate: X509Certificate | undefined;
}

/** Whether a client may call us so. */
export type OwnHosts = (host: NamedHost, arrival: Arrival) => boolean;

/** By which engines let containers call the machine that they run on. Below `internal`, names cannot be registered. */
const ENGINE_NAMES: readonly string[] = ["host.docker.internal", "host.containers.internal"];
/** Below these, ECR's host names are Amazon's to give an address. */
const AMAZON = /\.amazonaws\.com(?:\.cn)?$/;

/**
 * The names that are ours. A page of somebody else's cannot have one of them, also where its own name was given this machine's address.
 * @param added what the operator names: names, addresses, and `*.example.com` for all below a name; in lower case
 */
export function ownHosts(added: readonly string[]): OwnHosts {
  const names = new Set(added.filter((one) => !one.startsWith("*.")));
  const ends = added.filter((one) => one.startsWith("*.")).map((one) => one.slice(1));
  return ({ name }, { localAddress, certificate }) => {
    if (names.has(name)) return true;
    if (isIP(name) !== 0) {
      if (name === "::1" || (isIPv4(name) && name.startsWith("127."))) return true;
      return name === localAddress?.replace(/^::ffff:/, "") || certificate?.checkIP(name) !== undefined;
    }
    if (name === "localhost" || name.endsWith(".localhost") || ENGINE_NAMES.includes(name)) return true;
    if (AMAZON.test(name) && scopeOfRegistryHost(name) !== undefined) return true;
    return ends.some((end) => name.endsWith(end)) || certificate?.checkHost(name) !== undefined;
  };
}
