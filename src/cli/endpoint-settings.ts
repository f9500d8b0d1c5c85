import { isIP } from "node:net";
import { resolve } from "node:path";
import { isLoopback, LOOPBACK } from "../gateway/loopback.ts";
import { CliError } from "./cli-error.ts";

export interface EndpointFlags {
  readonly host?: string;
  readonly tls?: boolean;
  readonly tlsName?: readonly string[];
  readonly tlsCert?: string;
  readonly tlsKey?: string;
}

/** Where to listen besides loopback, and with which certificate. */
export interface EndpointSettings {
  readonly host?: string;
  readonly tls?: { readonly certificateFile: string; readonly keyFile: string } | { readonly names: readonly string[] };
}

const NAME = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/;

/** From flags, or `AIRFIELD_HOST`, `AIRFIELD_TLS`, `AIRFIELD_TLS_CERT`, `AIRFIELD_TLS_KEY`. @throws CliError for what does not fit together */
export function endpointSettings(flags: EndpointFlags): EndpointSettings {
  const env = (name: string): string | undefined => process.env[name] || undefined;
  const host = flags.host ?? env("AIRFIELD_HOST");
  const certificateFile = flags.tlsCert ?? env("AIRFIELD_TLS_CERT");
  const keyFile = flags.tlsKey ?? env("AIRFIELD_TLS_KEY");
  const names = flags.tlsName ?? [];
  if ((certificateFile === undefined) !== (keyFile === undefined))
    throw new CliError("a certificate and its key go together", "Give both --tls-cert and --tls-key, each a PEM file, or --tls alone.");
  if (certificateFile !== undefined && names.length > 0)
    throw new CliError("--tls-name is for a certificate that Airfield makes", "Leave it out: your own certificate has its names already.");
  const wrong = names.find((name) => !NAME.test(name));
  if (wrong !== undefined)
    throw new CliError(`${JSON.stringify(wrong)} is not a host name`, "Give --tls-name a name in lower case, such as airfield.lan.");
  const own = flags.tls === true || names.length > 0 || /^(1|true|yes|on)$/i.test(env("AIRFIELD_TLS") ?? "");
  const tls =
    certificateFile !== undefined && keyFile !== undefined
      ? { certificateFile: resolve(certificateFile), keyFile: resolve(keyFile) }
      : own
        ? { names }
        : undefined;
  if (host !== undefined) checkHost(host, tls !== undefined);
  return { ...(host === undefined || host === LOOPBACK ? {} : { host }), ...(tls ? { tls } : {}) };
}

function checkHost(host: string, secure: boolean): void {
  if (isIP(host) === 0)
    throw new CliError(
      `${JSON.stringify(host)} is not an address`,
      "Give --host an address of this machine, or 0.0.0.0 for all that it has.",
    );
  if (secure || host === LOOPBACK) return;
  if (isLoopback(host)) throw new CliError(`without TLS, Airfield listens on ${LOOPBACK} only`, "Add --tls to listen on another address.");
  throw new CliError(
    `listening on ${host} would send credentials and secrets over the network in clear`,
    "Add --tls (a certificate of our own, which clients learn to trust from `airfield env`), or --tls-cert and --tls-key.",
  );
}
