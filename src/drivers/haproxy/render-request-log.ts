import type { ProxyRoute } from "../../ports/traffic-proxy.ts";
import { quote } from "./quote.ts";

/** HAProxy connects to this socket in the folder where it runs, and tries again while nobody listens. */
export const REQUEST_LOG_SOCKET = "requests.sock";

/**
 * The ring keeps what is not read yet, such as while no control plane runs: some thousand requests. What comes when it is full pushes out the oldest.
 */
export const REQUEST_RING: readonly string[] = [
  "ring requests",
  "format raw",
  `maxlen ${20_000}`,
  `size ${4 * 1024 * 1024}`,
  "timeout connect 5s",
  "timeout server 60s",
  `server reader ${quote(`unix@${REQUEST_LOG_SOCKET}`)}`,
];

/** What a line holds, in this order, with tabs between. Texts of clients are written as in JSON: no tab or line end is theirs. */
export const REQUEST_FIELDS = {
  route: "%[var(txn.route)]",
  answeredAt: "%[date(0,us)]",
  client: "%ci:%cp",
  backend: "%b",
  server: "%si:%sp",
  took: "%Ta",
  received: "%U",
  sent: "%B",
  readIn: "%TR",
  queued: "%Tw",
  connected: "%Tc",
  responded: "%Tr",
  carried: "%Td",
  status: "%ST",
  ending: "%ts",
  method: "%HM",
  target: "%HU",
  version: "%HV",
  cipher: "%sslc",
  tlsVersion: "%sslv",
  serverName: "%[ssl_fc_sni,json(utf8s)]",
  host: "%[var(txn.log_host),json(utf8s)]",
  userAgent: "%[var(txn.log_agent),json(utf8s)]",
  trace: "%[var(txn.log_trace),json(utf8s)]",
  location: "%[var(txn.log_location),json(utf8s)]",
} as const;

export const isLogged = ({ logged }: ProxyRoute): boolean => logged !== undefined;

/** What a frontend needs of which some routes are logged. Lines of the others say that they are of none. */
export const LOGGED_FRONTEND: readonly string[] = [
  "log ring@requests len 20000 local0",
  `log-format ${Object.values(REQUEST_FIELDS).join("\\x09")}`,
  "http-request set-var(txn.log_host) req.fhdr(host)",
  "http-request set-var(txn.log_agent) req.fhdr(user-agent)",
  "http-after-response set-var(txn.log_location) res.fhdr(location) if { status 301 302 }",
];

/** Once the request has its trace. */
export const LOGGED_BACKEND = "http-request set-var(txn.log_trace) req.fhdr(X-Amzn-Trace-Id)";

/** A condition that always holds, and notes which route took the request: it is asked only where all before it hold. */
export function markRoute({ logged, owner = "", action }: ProxyRoute): readonly string[] {
  return logged === undefined ? [] : [`{ str(${quote(`${owner}|${logged}|${action.kind}`)}),set-var(txn.route) -m found }`];
}
