import type { ProxyBackend } from "../../ports/traffic-proxy.ts";
import { serverName } from "./error-pages.ts";

const REFUSE = `http-request return status 464 hdr Server ${serverName} if`;

const UNFIT = {
  http1: "{ fc_http_major 2 } { req.fhdr(content-type) -m beg application/grpc }",
  http2: "!{ req.ver 2.0 }",
  grpc: "!{ req.ver 2.0 } || !{ method POST }",
} as const;

/**
 * Answers requests that cannot be carried in the version that a backend's servers are spoken to in. Source: Application Load Balancers guide, "Protocol
 * version" and "HTTP 464".
 */
export function renderVersion({ version, stream }: ProxyBackend): readonly string[] {
  if (stream) return [];
  return [`${REFUSE} ${UNFIT[version ?? "http1"]}`];
}

/** What the servers of a backend have among their words. */
export function versionWords({ version }: ProxyBackend): readonly string[] {
  return version === undefined ? [] : ["proto h2"];
}
