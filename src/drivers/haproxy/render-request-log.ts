import type { ProxyListener, ProxyRoute, ProxyStream } from "../../ports/traffic-proxy.ts";
import { quote } from "./quote.ts";

/** HAProxy connects to this socket in the folder where it runs, and tries again while nobody listens. */
export const REQUEST_LOG_SOCKET = "requests.sock";

/**
 * The ring keeps what is not read yet, such as while no control plane runs: some ten thousand requests. What comes when it is full pushes out the oldest.
 */
export const REQUEST_RING: readonly string[] = [
  "ring requests",
  "format raw",
  `maxlen ${20_000}`,
  `size ${16 * 1024 * 1024}`,
  "timeout connect 5s",
  "timeout server 60s",
  `server reader ${quote(`unix@${REQUEST_LOG_SOCKET}`)}`,
];

/**
 * A text of a client as it is written: as in JSON, so that no tab or line end is the client's, and of at most so many bytes. HAProxy drops a line that does not fit its
 * buffer of 16 KiB, and whoever can make a line as long as that would leave no trace. The first cut keeps what JSON makes of most texts within the buffer; HAProxy
 * writes a hyphen for what is not.
 */
const written = (fetch: string, most: number): string => `%[${fetch},bytes(0,${most}),json(utf8s),bytes(0,${most})]`;

/** The longest that a client makes of each text: with all that the others can be, a line fits. */
const LONGEST_TEXTS = {
  target: 8000,
  userAgent: 3500,
  host: 300,
  trace: 500,
  location: 1200,
  serverName: 300,
  subject: 400,
  protocol: 300,
} as const;

/** What a line holds, in this order, with tabs between. */
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
  // Not `%HU` and `%HV`, which are of the first 1,023 bytes of a request, and write some signs in a way of their own.
  target: written("var(txn.log_target)", LONGEST_TEXTS.target),
  version: "HTTP/%[var(txn.log_version)]",
  cipher: "%sslc",
  tlsVersion: "%sslv",
  serverName: written("ssl_fc_sni", LONGEST_TEXTS.serverName),
  host: written("var(txn.log_host)", LONGEST_TEXTS.host),
  userAgent: written("var(txn.log_agent)", LONGEST_TEXTS.userAgent),
  trace: written("var(txn.log_trace)", LONGEST_TEXTS.trace),
  location: written("var(txn.log_location)", LONGEST_TEXTS.location),
} as const;

/** What a line holds besides where connections are logged. */
export const CONNECTION_FIELDS = {
  owner: "",
  first: "%[var(txn.first)]",
  connection: "%[var(sess.connection)]",
  accepted: "%Ts%ms",
  clientPort: "%cp",
  port: "%[dst_port]",
  handshake: "%Th",
  failure: "%[ssl_fc_err]",
  /** What was found against the client's certificate, and against those that it is to lead to. */
  leafError: "%[ssl_c_err]",
  chainError: "%[ssl_c_ca_err]",
  subject: written("ssl_c_s_dn(,0,rfc2253)", LONGEST_TEXTS.subject),
  notBefore: "%[ssl_c_notbefore]",
  notAfter: "%[ssl_c_notafter]",
  serial: "%[ssl_c_serial,hex]",
} as const;

/** What a line of an encrypted stream holds. */
export const STREAM_FIELDS = {
  kind: "stream",
  loadBalancer: "",
  listener: "",
  accepted: "%Ts%ms",
  client: "%ci:%cp",
  destination: "%[dst]:%[dst_port]",
  took: "%Tt",
  handshake: "%Th",
  received: "%U",
  sent: "%B",
  failure: "%[ssl_fc_err]",
  certificate: "%[ssl_f_sha1,hex]",
  cipher: "%sslc",
  tlsVersion: "%sslv",
  serverName: written("ssl_fc_sni", LONGEST_TEXTS.serverName),
  protocol: written("ssl_fc_alpn", LONGEST_TEXTS.protocol),
} as const;

/** Lines of handshakes that failed begin so; what they hold follows as in those of connections. */
export const FAILED_HANDSHAKE = "handshake";
export const FAILED_FIELDS = {
  kind: FAILED_HANDSHAKE,
  client: "%ci",
  cipher: "%sslc",
  tlsVersion: "%sslv",
  ...CONNECTION_FIELDS,
  // No rule has been asked.
  first: "-",
  connection: "-",
} as const;

const isLogged = ({ logged }: ProxyRoute): boolean => logged !== undefined;

/** Whether lines of a listener's requests are written at all. */
export function hasLog({ routes, logsConnectionsOf }: Pick<ProxyListener, "routes" | "logsConnectionsOf">): boolean {
  return logsConnectionsOf !== undefined || routes.some((route) => isLogged(route) || route.logsConnections);
}

const TO_RING = "log ring@requests len 20000 local0";

/** What a frontend needs of which some routes are logged. Lines of the others say that they are of none. */
export function renderLoggedFrontend(listener: Pick<ProxyListener, "routes" | "logsConnectionsOf">): readonly string[] {
  const { routes, logsConnectionsOf } = listener;
  if (!hasLog(listener)) return [];
  const connections = logsConnectionsOf !== undefined || routes.some((route) => route.logsConnections);
  const fields = { ...CONNECTION_FIELDS, owner: logsConnectionsOf ?? "-" };
  const owner = ownerOfAll(routes);
  const route = `${owner === undefined ? "" : quote(`${owner}${REFUSED}`)}${REQUEST_FIELDS.route}`;
  const isKnown = "{ var(sess.connection) -m found }";
  return [
    TO_RING,
    `log-format ${formatOf([...Object.values({ ...REQUEST_FIELDS, route }), ...(connections ? Object.values(fields) : [])])}`,
    ...(connections
      ? [
          `error-log-format ${formatOf(Object.values({ ...FAILED_FIELDS, owner: fields.owner }))}`,
          ...(routes.some(isLogged) ? [] : [`http-request set-log-level silent if ${isKnown}`]),
          // Not what a replaced worker hands over: that one has told of the connection.
          `http-request set-var(txn.first) bool(true) if !${isKnown} !{ so_id ${SUCCESSOR_ID} }`,
          `http-request set-var(sess.connection) uuid if !${isKnown}`,
        ]
      : []),
  ];
}

/** In a line's first field, between who is told of a request that was refused before a rule was asked, and the route. */
export const REFUSED = ">";

/** Whose all requests are, and logged. */
function ownerOfAll(routes: readonly ProxyRoute[]): string | undefined {
  const [owner, ...others] = new Set(routes.map((route) => (isLogged(route) ? route.owner : undefined)));
  return others.length === 0 ? owner : undefined;
}

/** What is noted of each request of a frontend of which some routes are logged, before any is refused. */
export function renderNotes(routes: readonly ProxyRoute[]): readonly string[] {
  return routes.some(isLogged) ? OF_REQUESTS : [];
}

const OF_REQUESTS: readonly string[] = [
  "http-request set-var(txn.log_target) url",
  // HTTP/2 has the host in it, and so may HTTP/1.1.
  "http-request set-var(txn.log_target) pathq if !{ url_beg / }",
  "http-request set-var(txn.log_version) req.ver",
  "http-request set-var(txn.log_host) req.fhdr(host)",
  "http-request set-var(txn.log_agent) req.fhdr(user-agent)",
  "http-after-response set-var(txn.log_location) res.fhdr(location) if { status 301 302 }",
];

/** Names the socket at which a listener takes over from a replaced worker, among its others. */
export const SUCCESSOR_ID = 65_535;

/** What the frontend of a stream needs that is logged. */
export function renderLoggedStream({ logged }: Pick<ProxyStream, "logged">): readonly string[] {
  if (!logged) return [];
  const format = formatOf(Object.values({ ...STREAM_FIELDS, ...logged }));
  return [TO_RING, `log-format ${format}`, `error-log-format ${format}`];
}

/** Fields have no spaces, which would end the word; ARNs and HAProxy's own expressions have none. */
function formatOf(fields: readonly string[]): string {
  return fields.join("\\x09");
}

/** Once the request has its trace. */
export const LOGGED_BACKEND = "http-request set-var(txn.log_trace) req.fhdr(X-Amzn-Trace-Id)";

/** What a log has to know of the route that took a request; `undefined` where none is interested. */
export function noteOf({ logged, logsConnections, owner = "", action }: ProxyRoute): string | undefined {
  if (logged === undefined && !logsConnections) return undefined;
  return [owner, logged ?? "", action.kind, ...(logsConnections ? ["connections"] : [])].join("|");
}

/** A condition that always holds, and notes which route took the request: it is asked only where all before it hold. */
export function markRoute(route: ProxyRoute): readonly string[] {
  const note = noteOf(route);
  return note === undefined ? [] : [`{ str(${quote(note)}),set-var(txn.route) -m found }`];
}
