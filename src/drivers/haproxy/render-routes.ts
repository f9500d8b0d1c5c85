import type { ProxyBackend, ProxyListener, ProxyRoute } from "../../ports/traffic-proxy.ts";
import { setsHost, type BackendUse } from "./backend-uses.ts";
import { milliseconds, section } from "./configuration-text.ts";
import { quote } from "./quote.ts";
import { renderAnswer } from "./render-answers.ts";
import { renderBalance } from "./render-balance.ts";
import { renderCheck } from "./render-check.ts";
import { renderCondition } from "./render-conditions.ts";
import { markStickiness, renderGroupStickiness, stickinessAcl, stickinessName } from "./render-group-stickiness.ts";
import { markAnswers, renderAnswerHandling } from "./render-answer-handling.ts";
import {
  DATED_ERRORS,
  EVERY_REQUEST,
  LISTENER_PORT,
  renderHost,
  renderRequestHandling,
  renderTlsHeaders,
} from "./render-request-handling.ts";
import { LOGGED_BACKEND, markRoute, noteOf, renderLoggedFrontend, renderNotes, SUCCESSOR_ID } from "./render-request-log.ts";
import { hasSession, NO_CLAIMED_USERS, renderGate, renderReturns, renderSessions, renderUsers } from "./render-login.ts";
import { markRewrites, renderRewrites } from "./render-rewrites.ts";
import { renderTokenGate, renderTokens } from "./render-tokens.ts";
import { renderVersion } from "./render-version.ts";
import { addressWord, backendName, innerSocket, successorSocket } from "./server-names.ts";
import { tlsRules, tlsWords } from "./render-tls.ts";
import { END, FIELD, runsOf, tablesOf, type RouteRun, type RouteTable, type SingleRoute } from "./route-runs.ts";
import { answerName, routeTarget } from "./route-target.ts";

/**
 * Frontend of one listener. Routes that answer by themselves get a backend of their own, so that the first match simply wins.
 *
 * A worker that a reload replaced may still get a request over a connection that was idle then, and knows nothing of the servers
 * that came and went since. It hands such a request to the worker that replaced it, over a socket in the folder where both run.
 */
export function renderListener(listener: ProxyListener, isBound: (address: string) => boolean): readonly string[] {
  if (!isServed(listener, isBound)) return [];
  const addresses = listener.addresses.filter(isBound);
  const reached = reachableRoutes(listener);
  const idle = milliseconds(Math.max(1, ...reached.map((route) => route.idleTimeout)));
  const runs = runsOf(listener, reached);
  const successor = successorSocket(listener.id);
  const named = ` name ${listener.port}`;
  const words = `${named}${tlsWords(listener.id, listener.tls)}`;
  const frontend = [
    `frontend l_${listener.id}`,
    ...addresses.map((address) => `bind ${addressWord(address, listener.port)}${words}`),
    ...(listener.addresses.length === 0 ? [`bind ${innerSocket(listener.id)} mode 600 accept-proxy${words}`] : []),
    `bind ${successor} mode 600 accept-proxy${named} id ${SUCCESSOR_ID}`,
    `timeout client ${idle}`,
    `timeout http-request ${idle}`,
    `timeout http-keep-alive ${idle}`,
    ...renderNotes(reached),
    ...EVERY_REQUEST,
    // Not `connection`: who was handed over by a replaced worker is known by its proxy header only.
    ...(listener.clients === undefined ? [] : [`tcp-request session reject unless { src ${listener.clients.join(" ")} }`]),
    // HTTP/2 is agreed upon in the handshake or not spoken, as on AWS: HAProxy takes it from whoever begins with it. With `proto h1` it would not, but
    // cannot bind again what a replaced worker has.
    ...(listener.tls?.alpn.includes("h2") ? [] : ["http-request reject if { fc_http_major 2 }"]),
    ...(reached.some(asksHost) ? hostIsKnown(reached) : []),
    ...(runs.some((part) => part.kind === "run" && part.by === "host") ? ["http-request set-var(txn.path) path"] : []),
    // Behind another port, a listener is still the one of its own.
    ...(listener.addresses.length === 0 ? [`http-request set-dst-port int(${listener.port})`] : []),
    ...tlsRules(listener.tls),
    ...tlsHeadersOf(listener, reached),
    ...(setsHost(listener) ? [renderHost(listener.port)] : []),
    DATED_ERRORS,
    ...renderLoggedFrontend({ ...listener, routes: reached }),
    ...renderAnswerHandling(reached.flatMap(({ answers }) => answers ?? [])),
    ...renderSessions(reached.flatMap(({ login }) => login ?? [])),
    ...renderTokens(reached.flatMap(({ tokens }) => tokens ?? [])),
    `use_backend s_${listener.id} if { stopping }`,
    ...renderReturns(reached.filter(({ login }) => login).flatMap(conditionsOf)),
    ...renderParts(listener, runs),
  ];
  return [
    section(frontend),
    section([
      `backend s_${listener.id}`,
      `timeout server ${idle}`,
      `timeout tunnel ${idle}`,
      `server successor ${successor} send-proxy-v2`,
    ]),
    ...new Set(reached.flatMap((route) => renderAnswer(listener, route))),
  ];
}

/** The tables that a listener's routes are looked up in, by their files. */
export function routeTables(listener: ProxyListener, isBound: (address: string) => boolean): ReadonlyMap<string, RouteTable> {
  return isServed(listener, isBound) ? tablesOf(listener, reachableRoutes(listener)) : new Map();
}

function isServed({ addresses }: ProxyListener, isBound: (address: string) => boolean): boolean {
  return addresses.length === 0 || addresses.some(isBound);
}

/**
 * The name that a request is for, as one word: `hdr` would take the last part of a value with commas. HAProxy itself refuses several Host headers
 * that differ, and a host in the request's target that differs from the header's, but not one in the target without a header.
 */
function hostIsKnown(routes: readonly ProxyRoute[]): readonly string[] {
  return [
    "http-request deny deny_status 400 if !{ url_beg / } !{ url * } !{ req.fhdr(host) -m len gt 0 }",
    `http-request set-var(txn.host) req.fhdr(host),host_only,lower,rtrim(.)${whereItMatters(routes)}`,
  ];
}

/** Where all names that are asked for end in one of a few ways, a look at the header tells of most requests that it names none of these. */
function whereItMatters(routes: readonly ProxyRoute[]): string {
  const names = routes.flatMap(({ hosts, exceptHosts = [] }) => [...hosts, ...exceptHosts]).map((name) => name.toLowerCase());
  const endings = [...new Set(names.filter((name) => name.startsWith(".")))];
  const isOneOfThese = names.every((name) => endings.some((ending) => name.endsWith(ending)));
  const hasConditions = routes.some(({ conditions = [] }) => conditions.some(({ kind }) => kind === "host"));
  return isOneOfThese && !hasConditions ? ` if { req.fhdr(host) -i -m sub -- ${endings.map(quote).join(" ")} }` : "";
}

function tlsHeadersOf({ tls }: ProxyListener, routes: readonly ProxyRoute[]): readonly string[] {
  const headers = tls && routes.find(({ tlsHeaders }) => tlsHeaders)?.tlsHeaders;
  return headers ? renderTlsHeaders(headers) : [];
}

function asksHost({ hosts, conditions = [] }: ProxyRoute): boolean {
  return hosts.length > 0 || conditions.some(({ kind }) => kind === "host");
}

/** Routes up to the first that matches every request. */
function reachableRoutes(listener: ProxyListener): readonly ProxyRoute[] {
  const last = listener.routes.findIndex(({ hosts, conditions = [] }) => hosts.length + conditions.length === 0);
  return last === -1 ? listener.routes : listener.routes.slice(0, last + 1);
}

function renderRoute(listener: ProxyListener, route: ProxyRoute, at: number): readonly string[] {
  const named = (route.conditions ?? []).map((condition, index) => ({ name: `c_${listener.id}_${at}_${index}`, condition }));
  return [
    ...named.flatMap(({ name, condition }) => renderCondition(name, condition)),
    ...conditionsOf(route).flatMap((host) =>
      renderChoice(listener, route, [host, ...named.map(({ name }) => name)].filter((one) => one !== "").join(" ")),
    ),
  ];
}

function renderParts(listener: ProxyListener, parts: readonly (RouteRun | SingleRoute)[]): readonly string[] {
  const last = parts.at(-1);
  const run = parts.at(-2);
  const rest = last?.kind === "single" && run?.kind === "run" && isPlainRun(run) ? plainTarget(listener, last.route) : undefined;
  const each = (rest === undefined ? parts : parts.slice(0, -2)).flatMap((part, at) =>
    part.kind === "run" ? renderRun(part) : renderRoute(listener, part.route, at),
  );
  // Where it names no backend, HAProxy asks no further line, and takes the default.
  return run?.kind === "run" && rest !== undefined
    ? [...each, `use_backend %[${PATH_KEY},map_beg(${run.file})]`, `default_backend ${rest}`]
    : each;
}

/** Whose table tells all that there is to know. */
function isPlainRun({ routes: [first], by }: RouteRun): boolean {
  return by === "path" && first?.hosts.length === 0 && !first.answers && noteOf(first) === undefined;
}

/** Where all requests go that come to a route of which nothing is to be noted. */
function plainTarget(listener: ProxyListener, route: ProxyRoute): string | undefined {
  const { hosts, conditions = [], answers, login, tokens, rewrites } = route;
  if (hosts.length + conditions.length > 0 || answers || login || tokens || rewrites || noteOf(route) !== undefined) return undefined;
  return routeTarget(listener, route);
}

const PATH_KEY = `path,concat(${END})`;

/** What a table says leads on, and is noted with all that the routes have in common. */
function renderRun({ routes: [first], file, by }: RouteRun): readonly string[] {
  if (!first) return [];
  const isNoted = noteOf(first) !== undefined;
  const key = by === "path" ? PATH_KEY : `var(txn.host),concat(${END},txn.path,${END})`;
  // Whoever writes an end into a host is nobody's.
  const isHost = by === "path" ? "" : `!{ var(txn.host) -m sub ${END} } `;
  const found = `${isHost}{ ${key},map_beg(${file}),set-var(txn.taken) -m found }`;
  const noted = [
    ...(first.answers ? [markAnswers(first.answers)] : []),
    ...(isNoted ? [`{ var(txn.taken),field(2,${FIELD},0),set-var(txn.route) -m found }`] : []),
  ];
  const target = isNoted ? `var(txn.taken),field(1,${FIELD})` : "var(txn.taken)";
  return conditionsOf(first).map((host) => `use_backend %[${target}]${whenAll([host, found, ...noted])}`);
}

/** One condition for each way of matching; an empty one for every request. */
function conditionsOf({ hosts, exceptHosts = [] }: ProxyRoute): readonly string[] {
  if (hosts.length === 0) return [""];
  const words = (those: readonly string[]): string => those.map((host) => quote(host.toLowerCase())).join(" ");
  const except = exceptHosts.length === 0 ? "" : ` !{ var(txn.host) -m str ${words(exceptHosts)} }`;
  const matching = (how: string, those: readonly string[]): readonly string[] =>
    those.length === 0 ? [] : [`{ var(txn.host) -m ${how} ${words(those)} }${except}`];
  const suffixes = hosts.filter((host) => host.startsWith("."));
  return [
    ...matching(
      "str",
      hosts.filter((host) => !suffixes.includes(host)),
    ),
    ...matching("end", suffixes),
  ];
}

/** Who has no session where one is asked for is led away first; where it is not, both have lines of their own. */
function renderChoice(listener: ProxyListener, route: ProxyRoute, matches: string): readonly string[] {
  const { login, tokens } = route;
  if (tokens)
    return [renderTokenGate(tokens, (...conditions) => whenAll([matches, ...conditions])), ...renderTaken(listener, route, matches)];
  if (!login) return renderTaken(listener, route, matches);
  const whoPasses = `${matches} ${hasSession(login)}`.trimStart();
  return [
    ...renderGate(login, (...conditions) => whenAll([matches, ...conditions])),
    ...renderTaken(listener, route, whoPasses),
    ...(login.otherwise === "allow" ? renderTaken(listener, route, matches) : []),
  ];
}

function whenAll(conditions: readonly string[]): string {
  const all = conditions.filter((condition) => condition !== "");
  return all.length === 0 ? "" : ` if ${all.join(" ")}`;
}

function renderTaken(listener: ProxyListener, route: ProxyRoute, matches: string): readonly string[] {
  const when = (...conditions: readonly string[]): string => whenAll(conditions);
  const { action, rewrites, answers } = route;
  // Asked last, so that only the line that is taken leaves its marks.
  const noted = [...(answers ? [markAnswers(answers)] : []), ...markRoute(route)];
  if (action.kind !== "forward") return [`use_backend ${answerName(listener, action)}${when(matches, ...noted)}`];

  const chosen = action.backends.filter((backend) => backend.weight > 0);
  if (chosen.length === 0) return [`use_backend unavailable${when(matches, ...noted)}`];
  const marks = [
    ...noted,
    ...(rewrites ? [markRewrites(rewrites)] : []),
    ...(action.stickiness === undefined ? [] : [markStickiness(action.stickiness)]),
  ];
  const use = (id: string, ...conditions: readonly string[]): string =>
    `use_backend ${backendName(id)}${when(matches, ...conditions, ...marks)}`;
  const again = action.stickiness === undefined ? [] : chosen.flatMap(({ id }) => [...stickinessAcl(id), use(id, stickinessName(id))]);
  // Each backend is drawn from what the ones before it left, which gives every backend its share of the whole.
  let left = chosen.reduce((sum, backend) => sum + backend.weight, 0);
  const drawn = chosen.map(({ id, weight }, index) => {
    const draw = index === chosen.length - 1 ? "" : `{ rand(${left}) lt ${weight} }`;
    left -= weight;
    return use(id, draw);
  });
  return [...again, ...drawn];
}

/** A backend in two parts. */
export interface RenderedBackend {
  /** What backends that are used alike have in common, first in each of them. */
  readonly common: readonly string[];
  /** What is of this one alone. */
  readonly own: readonly string[];
}

export function renderBackend(
  backend: ProxyBackend,
  { idleTimeout, protocols, rewrites, sticky, handling, logged, users, isHostSet }: BackendUse,
): RenderedBackend {
  const common = [
    ...renderBalance(backend),
    // docs/decisions/0046: a client's first request, too, goes over a connection that others left.
    "http-reuse always",
    ...renderVersion(backend),
    `timeout server ${milliseconds(idleTimeout)}`,
    `timeout tunnel ${milliseconds(idleTimeout)}`,
    NO_CLAIMED_USERS,
    ...(users ? renderUsers() : []),
    ...renderRequestHandling(handling, isHostSet),
    ...(logged ? [LOGGED_BACKEND] : []),
    ...[...protocols].map((protocol) => {
      const only = protocols.size === 1 ? "" : ` ${protocol === "https" ? "if" : "unless"} { var(txn.tls) -m bool }`;
      return `http-request set-header X-Forwarded-Proto ${protocol}${only}`;
    }),
    `http-request set-header X-Forwarded-Port %[${LISTENER_PORT}]`,
    // RFC 9110, section 9.2.2: only these may be sent again where it is not known whether they were carried out.
    "http-request disable-l7-retry unless { method GET HEAD OPTIONS PUT DELETE TRACE }",
    ...renderRewrites(rewrites),
    ...renderCheck(backend.healthCheck),
  ];
  return {
    common,
    own: [
      ...(sticky ? renderGroupStickiness(backend.id) : []),
      // So that a change of it changes the structure: servers that exist cannot be given another one without a reload.
      ...(backend.slowStart === undefined ? [] : [`# starts slowly, ${backend.slowStart} s`]),
    ],
  };
}
