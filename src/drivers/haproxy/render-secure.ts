import { sslPolicy } from "../../domain/ssl-policies.ts";
import type { ProxyBackend, ProxyServer } from "../../ports/traffic-proxy.ts";
import { quote } from "./quote.ts";

/** What servers that end TLS have among their words. */
export function secureWords({ secure, version }: ProxyBackend): readonly string[] {
  if (!secure) return [];
  return ["ssl verify none", ...(version === undefined ? [] : ["alpn h2"])];
}

/**
 * How a server is checked, where that is not how it is spoken to. HAProxy checks a server that ends TLS over TLS, unless a port is named for the checks,
 * were it the server's own.
 */
export function checkWords({ healthCheck: check, secure, version }: ProxyBackend, { port }: Pick<ProxyServer, "port">): readonly string[] {
  if (check.kind === "none") return [];
  const asked = check.port ?? (secure && !check.secure ? port : undefined);
  return [
    ...(asked === undefined ? [] : [`port ${asked}`]),
    ...(check.secure ? ["check-ssl", ...(secure ? [] : ["verify none"]), ...(version === undefined ? [] : ["check-alpn h2"])] : []),
    // Written in frames by us, a check of gRPC is bytes to HAProxy.
    ...(check.kind === "grpc" ? ["check-proto none"] : []),
  ];
}

/**
 * What HAProxy is told for all servers, where some end TLS: whatever the policy of connections to targets lets in. Source: Application Load Balancers guide,
 * "Security policies": `ELBSecurityPolicy-TLS13-1-0-2021-06` behind listeners that have TLS 1.3.
 */
export function secureGlobals(backends: readonly ProxyBackend[]): readonly string[] {
  const policy = sslPolicy("ELBSecurityPolicy-TLS13-1-0-2021-06");
  if (!policy || !backends.some(({ secure, healthCheck: check }) => secure ?? (check.kind !== "none" && check.secure))) return [];
  const isNew = (cipher: string): boolean => cipher.startsWith("TLS_");
  return [
    // OpenSSL 3 speaks with targets of before TLS 1.2, and with short keys, at the lowest level of security only.
    `ssl-default-server-ciphers ${quote([...policy.ciphers.filter((cipher) => !isNew(cipher)), "@SECLEVEL=0"].join(":"))}`,
    `ssl-default-server-ciphersuites ${quote(policy.ciphers.filter(isNew).join(":"))}`,
    "ssl-default-server-options ssl-min-ver TLSv1.0",
  ];
}
