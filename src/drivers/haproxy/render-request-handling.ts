import type { RequestHandling, TlsHeaders } from "../../domain/request-handling.ts";
import { page, serverName } from "./error-pages.ts";
import { quote } from "./quote.ts";
import { SUCCESSOR_ID } from "./render-request-log.ts";

/**
 * What HAProxy 2.6 lets pass and no other version of HTTP is: a word for its version that it does not speak, HTTP/1.1 without a host, a zero byte in a
 * header's value. The first condition is the one that nearly no request meets, so that the others cost nothing.
 * Source: RFC 9110, 2.5 and 5.5; RFC 9112, 3.2; Elastic Load Balancing, "Troubleshoot your Application Load Balancers": 400 for a malformed request.
 */
const MALFORMED = [
  "!{ req.ver 1.1 1.0 } !{ fc_http_major 2 }",
  // What a replaced worker hands over came to it as HTTP/2, where a request may name nobody.
  `!{ req.fhdr(host) -m found } !{ req.ver 1.0 } !{ fc_http_major 2 } !{ so_id ${SUCCESSOR_ID} }`,
  `{ req.hdrs -m reg ${quote(String.raw`\x00`)} }`,
];

/**
 * A connection becomes a web socket or stays HTTP/1.1: no other word in `Upgrade`, nor a second one beside it, reaches a target. A target that took `h2c`
 * would have a tunnel, through which a client sends it requests that met no rule and no login. `Connection` goes with it, so that the target
 * is not told of a header that is not there.
 * Source: Elastic Load Balancing, "Listeners for your Application Load Balancers", "WebSockets"; an Application Load Balancer drops what else is asked for.
 */
const ONLY_WEB_SOCKETS = [
  "{ req.fhdr(upgrade) -m found } !{ req.fhdr(upgrade) -i -m str websocket }",
  "{ req.fhdr_cnt(upgrade) gt 1 }",
].map((conditions) => `http-request del-header ${quote("^(?:connection|http2-settings|upgrade)$")} -m reg if ${conditions}`);

/**
 * What a listener does with every request before it is routed. Source: Elastic Load Balancing, "Troubleshoot your Application Load Balancers": 405 for
 * TRACE, 463 for more than 30 addresses in `X-Forwarded-For`.
 */
export const EVERY_REQUEST: readonly string[] = [
  "tcp-request session set-var(sess.since) date",
  ...MALFORMED.map((conditions) => `http-request deny deny_status 400 if ${conditions}`),
  "http-request deny deny_status 405 if { method TRACE }",
  ...ONLY_WEB_SOCKETS,
  `http-request return status 463 content-type text/html string ${quote(page("463"))} hdr Server ${serverName} if { req.hdr_cnt(x-forwarded-for) gt 30 }`,
];

/** Answers of targets have their own; one that comes while a request is read is made before any rule. */
export const DATED_ERRORS = "http-after-response set-header Date %[date,http_date] if { status ge 400 } !{ res.hdr(date) -m found }";

export function renderTlsHeaders({ version, cipher }: TlsHeaders): readonly string[] {
  return [
    `http-request set-header ${quote(version)} %[ssl_fc_protocol] if { ssl_fc }`,
    `http-request set-header ${quote(cipher)} %[ssl_fc_cipher] if { ssl_fc }`,
  ];
}

/** What is done with a request on its way to a backend. @param isHostSet whether whoever leads there has seen to `Host` */
export function renderRequestHandling(handling: RequestHandling, isHostSet: boolean): readonly string[] {
  return [
    ...(handling.dropsInvalidHeaders ? [`http-request del-header ${quote("[^A-Za-z0-9-]")} -m reg`] : []),
    ...(handling.isStrict ? STRICT : []),
    ...forwardedFor(handling),
    ...(handling.keepsHost || isHostSet ? [] : HOST),
    ...TRACE,
    `http-response set-header Connection close if { date,sub(sess.since) ge ${handling.connectionAge} }`,
  ];
}

/** What HAProxy does not refuse by itself, or mend. Source: Elastic Load Balancing, "Desync mitigation mode". */
const STRICT = ["content-length", "transfer-encoding"].map(
  (header) => `http-request deny deny_status 400 if { method GET HEAD } { req.fhdr(${header}) -m found }`,
);

function forwardedFor({ forwardedFor: mode, clientPort }: RequestHandling): readonly string[] {
  const header = "X-Forwarded-For";
  if (mode === "preserve") return [];
  if (mode === "remove") return [`http-request del-header ${header}`];
  const client = clientPort ? "%[src]:%[src_port]" : "%[src]";
  // Where the client sent one, the address comes behind what it has.
  return [
    `http-request replace-header ${header} (.*) "\\1, ${client}" if { req.fhdr(${header}) -m found }`,
    clientPort ? `http-request add-header ${header} ${client} unless { req.fhdr(${header}) -m found }` : "option forwardfor if-none",
  ];
}

/** The port of the listener at which a request came, which its `bind` lines are named after. */
export const LISTENER_PORT = "so_name";

const USUAL_PORTS = [80, 443];
const IS_USUAL = `{ ${LISTENER_PORT} ${USUAL_PORTS.join(" ")} }`;
/** The first value is the only one. Without its number, a condition would look for another one. */
const HOST_HEADER = "req.fhdr(host,1)";
const HAS_PORT = `{ ${HOST_HEADER} -m sub : }`;
const withoutPort = `http-request set-header Host %[${HOST_HEADER},host_only] if ${HAS_PORT}`;
const withPort = (port: string): string =>
  `http-request set-header Host %[${HOST_HEADER}]:${port} if !${HAS_PORT} { ${HOST_HEADER} -m len gt 0 }`;

/** A listener's port is told in `Host` unless it is a default one, where it is left out. */
export function renderHost(port: number): string {
  return USUAL_PORTS.includes(port) ? withoutPort : withPort(String(port));
}

/** The same in a backend, where listeners with different ports may lead. */
const HOST: readonly string[] = [`${withoutPort} ${IS_USUAL}`, `${withPort(`%[${LISTENER_PORT}]`)} !${IS_USUAL}`];

/** Time and chance, as X-Ray's ids have them: 8 and 24 hexadecimal digits. */
const CHANCE = "%[rand,bytes(4,4),hex,lower]";
const TRACE_ID = `1-%[date,bytes(4,4),hex,lower]-${CHANCE.repeat(3)}`;

/** Source: Elastic Load Balancing, "Request tracing for your Application Load Balancer". What an application put in besides stays. */
const TRACE: readonly string[] = [
  "http-request set-var(txn.trace) req.fhdr(X-Amzn-Trace-Id)",
  `http-request add-header X-Amzn-Trace-Id "Root=${TRACE_ID}" unless { var(txn.trace) -m found }`,
  `http-request replace-header X-Amzn-Trace-Id ${quote("^(.*;)?Self=[^;]*(.*)$")} "\\1Self=${TRACE_ID}\\2" if { var(txn.trace) -m sub Self= }`,
  `http-request set-header X-Amzn-Trace-Id "Self=${TRACE_ID};%[var(txn.trace)]" if { var(txn.trace) -m sub Root= } !{ var(txn.trace) -m sub Self= }`,
  `http-request set-header X-Amzn-Trace-Id "Root=${TRACE_ID};%[var(txn.trace)]" if { var(txn.trace) -m found } !{ var(txn.trace) -m sub Root= Self= }`,
];
