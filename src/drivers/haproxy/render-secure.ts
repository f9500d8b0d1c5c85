import type { ProxyBackend, ProxyServer } from "../../ports/traffic-proxy.ts";

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
