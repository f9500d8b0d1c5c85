import { FIELD_END, RETURN_PATH, SESSION_COOKIES, SESSION_FIELDS } from "../../domain/login-session.ts";
import type { ProxyLogin } from "../../domain/proxy-login.ts";
import { section } from "./configuration-text.ts";
import { page, serverName } from "./error-pages.ts";
import { quote } from "./quote.ts";

/** Where the control plane serves logins, in the folder where HAProxy runs. */
export const LOGIN_SOCKET = "login.sock";
/** Headers in which the login hears which gate a request came to, and of the session that is to be made anew, in base64. Nobody else's get there. */
export const GATE_HEADER = "x-airfield-gate";
export const SESSION_HEADER = "x-airfield-session";

/** Whoever can name users to a target is the load balancer alone. */
export const NO_CLAIMED_USERS = "http-request del-header x-amzn-oidc- -m beg";

/**
 * Opens the session of each gate into a variable, for as long as it has one that is sealed for it: nobody needs to be asked, so that sessions go on
 * while the control plane does not run. Its cookies go no further; but a worker that took another's place has to see them. Costs a look at the
 * cookies for each gate.
 */
export function renderSessions(logins: readonly ProxyLogin[]): readonly string[] {
  const gates = new Map(logins.map((login) => [login.gate, login]));
  return [...gates.values()].flatMap(({ gate, key, cookie }) => {
    const part = (at: number): string => `txn.${gate}_${at}`;
    const further = Array.from({ length: SESSION_COOKIES - 1 }, (_, at) => at + 1);
    const has = `if { req.cook(${cookie}-0) -m found }`;
    const field = (at: number): string => `var(${sessionOf(gate)}),field(${at},${quote(FIELD_END)})`;
    const session = `(^|; *)${cookie.replaceAll(".", "[.]")}-[0-9]=[^;]*`;
    return [
      ...further.map((at) => `http-request set-var(${part(at)}) req.cook(${cookie}-${at}) ${has}`),
      `http-request set-var(${part(0)}) req.cook(${cookie}-0)${further.map((at) => `,concat(,${part(at)})`).join("")},ub64dec ${has}`,
      `http-request set-var(txn.${gate}_nonce) var(${part(0)}),bytes(0,12),base64`,
      `http-request set-var(txn.${gate}_tag) var(${part(0)}),bytes(12,16),base64`,
      `http-request set-var(${sessionOf(gate)}) var(${part(0)}),bytes(28),aes_gcm_dec(256,txn.${gate}_nonce,${key},txn.${gate}_tag)`,
      `http-request set-var(txn.${gate}_until) ${field(SESSION_FIELDS.until)}`,
      `http-request set-var(txn.${gate}_from) ${field(SESSION_FIELDS.refreshFrom)}`,
      `http-request set-header Cookie "%[req.fhdr(cookie),regsub('${session}',,g),regsub('^; *',)]" ${has} { req.fhdr_cnt(cookie) eq 1 } !{ stopping }`,
      `http-request del-header Cookie if { req.fhdr(cookie) -m len 0 } !{ stopping }`,
    ];
  });
}

/** Clients that come back from their provider, whichever rule they had come to. */
export function renderReturns(hosts: readonly string[]): readonly string[] {
  return [...new Set(hosts)].map((host) => `use_backend login if ${host} { path ${RETURN_PATH} }`.replace(/ {2,}/g, " "));
}

/** Holds where a request has a session of the gate, which the backend is told of then. */
export function hasSession({ gate }: Pick<ProxyLogin, "gate">): string {
  return `{ date,sub(txn.${gate}_until) lt 0 } { var(${sessionOf(gate)}),set-var(txn.session) -m found }`;
}

/**
 * Lines that lead away from a route who may not pass, or whose session is to be made anew: by the control plane, where it runs. A client that
 * changes the protocol could not follow.
 */
export function renderGate({ gate, otherwise }: ProxyLogin, when: (...conditions: readonly string[]) => string): readonly string[] {
  const marked = `{ str(${gate}),set-var(txn.gate) -m found }`;
  const isDue = `{ var(txn.${gate}_from) -m len gt 0 } { date,sub(txn.${gate}_from) ge 0 } { nbsrv(login) gt 0 } !{ req.hdr(upgrade) -m found }`;
  const hasNone = `!{ date,sub(txn.${gate}_until) lt 0 }`;
  const anew = `use_backend login${when(isDue, hasSession({ gate }), marked)}`;
  switch (otherwise) {
    case "allow":
      return [anew];
    case "deny":
      return [anew, `use_backend login_denied${when(hasNone)}`];
    case "authenticate":
      return [anew, `use_backend login${when(hasNone, marked)}`];
  }
}

/** Source: Elastic Load Balancing, "User claims encoding and signature verification". */
export function renderUsers(): readonly string[] {
  const told = (header: string, field: number): string =>
    `http-request set-header x-amzn-oidc-${header} %[var(txn.session),field(${field},${quote(FIELD_END)})] if { var(txn.session) -m found }`;
  return [told("identity", SESSION_FIELDS.identity), told("accesstoken", SESSION_FIELDS.accessToken), told("data", SESSION_FIELDS.data)];
}

/** Where requests go that have to log in, or may not pass. */
export function loginBackends(): readonly string[] {
  return [
    section([
      "backend login",
      `http-request del-header ${GATE_HEADER}`,
      `http-request del-header ${SESSION_HEADER}`,
      `http-request set-header ${GATE_HEADER} %[var(txn.gate)] if { var(txn.gate) -m found }`,
      `http-request set-header ${SESSION_HEADER} %[var(txn.session),base64] if { var(txn.session) -m found }`,
      // One that finds nobody there is not followed by another: sessions go on at once.
      `server control unix@${LOGIN_SOCKET} check inter 1s fall 1 rise 1 observe layer4 error-limit 1 on-error mark-down`,
    ]),
    section([
      "backend login_denied",
      `http-request return status 401 content-type text/html string ${quote(page("401 Authorization Required"))} hdr Server ${serverName} hdr Date %[date,http_date]`,
    ]),
  ];
}

function sessionOf(gate: string): string {
  return `txn.${gate}`;
}
