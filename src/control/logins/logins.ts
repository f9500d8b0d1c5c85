import { readSession, RETURN_PATH, type LoginSession } from "../../domain/login-session.ts";
import { errorText } from "../../domain/error-text.ts";
import type { Ids } from "../../ports/ids.ts";
import type { Logger } from "../../ports/logger.ts";
import type { LoginAnswer, LoginHandler, LoginRequest } from "../../ports/login-door.ts";
import type { WholeState } from "../../state/state.ts";
import { Attempts, LOGIN_SECONDS } from "./attempts.ts";
import { BROWSER_COOKIE, browserCookie, sessionCookies } from "./cookies.ts";
import { Gates, type Gate } from "./gates.ts";
import { Sessions, type MadeSession, type SessionParts } from "./sessions.ts";

export interface LoginParts extends SessionParts {
  readonly state: WholeState;
  readonly ids: Ids;
  readonly logger: Logger;
}

/** Clients can make logins fail as often as they like: one in so many milliseconds is told for each gate. */
const TOLD_MS = 60_000;
const LONGEST_DETAIL = 200;

/**
 * Logs users in: sends them to their provider, takes them back with a code, and makes sessions that the proxy knows by itself; makes these anew before
 * the access tokens expire. What it answers with: 401 to a login that is none of the browser's, too late, or used before, 561 where the provider says no,
 * 500 where it cannot be asked or says too much. Source: Elastic Load Balancing, "Troubleshoot your Application Load Balancers".
 */
export function logins(parts: LoginParts): { readonly answer: LoginHandler } & Disposable {
  const { state, ids, clock, logger } = parts;
  const gates = new Gates(state);
  const attempts = new Attempts(parts);
  const sessions = new Sessions(parts);
  /** When a failure was told last, by gate. */
  const told = new Map<string, number>();

  async function answer(request: LoginRequest): Promise<LoginAnswer> {
    try {
      // What is answered with leads there.
      if (!/^[A-Za-z0-9._:[\]-]+$/.test(request.host) || !request.target.startsWith("/")) return { status: 400 };
      if (request.target.split("?")[0] === RETURN_PATH) return await finish(request);
      const gate = gates.find(request.gate ?? "");
      // It has just gone: who asks again gets where the listener leads now.
      if (!gate) return { status: 500 };
      const session = request.session === undefined ? undefined : readSession(request.session);
      return session?.refresh ? await renew(gate, session, request) : begin(gate, request);
    } catch (cause) {
      logger.error("a login failed", { cause: errorText(cause) });
      return { status: 500 };
    }
  }

  function begin(gate: Gate, { host, target, cookies }: LoginRequest): LoginAnswer {
    const known = cookies.get(BROWSER_COOKIE) ?? "";
    // Pages ask for several things at once: all of them are this browser's.
    const browser = /^[0-9a-f]{32}$/.test(known) ? known : ids.hex(32);
    const attempt = attempts.begin(gate, { host, target }, browser);
    const url = new URL(gate.authorizationEndpoint);
    const params = {
      ...gate.extraParams,
      client_id: gate.clientId,
      redirect_uri: returnTo(host),
      response_type: "code",
      scope: gate.scope,
      state: attempt.state,
      nonce: attempt.id,
    };
    for (const [name, value] of Object.entries(params)) url.searchParams.set(name, value);
    return { status: 302, location: url.href, cookies: [browserCookie(browser, LOGIN_SECONDS)] };
  }

  async function finish({ host, target, cookies }: LoginRequest): Promise<LoginAnswer> {
    const query = new URLSearchParams(target.slice(RETURN_PATH.length));
    const given = query.get("state") ?? "";
    const gate = gates.find(attempts.gateOf(given));
    const attempt = gate && attempts.take(gate, given, host, cookies.get(BROWSER_COOKIE) ?? "");
    if (!gate || !attempt) return { status: 401 };
    const error = query.get("error");
    const code = query.get("code") ?? "";
    if (error !== null || code === "") return failed(gate, { kind: "refused", detail: `it answered with ${error ?? "no code"}` });
    const made = await sessions.login(gate, code, { redirectUri: returnTo(host), nonce: attempt.id });
    if (made.kind !== "session") return failed(gate, made);
    return { status: 302, location: `https://${host}${attempt.target}`, cookies: [...made.cookies, browserCookie("", 0)] };
  }

  /** The client comes again with what it gets, or with nothing where the provider says no: then the gate decides. */
  async function renew(gate: Gate, session: LoginSession, { host, target }: LoginRequest): Promise<LoginAnswer> {
    const made = await sessions.renew(gate, session);
    if (made.kind !== "session") tell(gate, made.detail);
    const kept = made.kind === "session" || made.kind === "refused" ? made : sessions.postponed(gate, session);
    const cookies = kept.kind === "session" ? kept.cookies : sessionCookies(gate.cookie, "", 0);
    return { status: 307, location: `https://${host}${target}`, cookies };
  }

  function failed(gate: Gate, { kind, detail }: Exclude<MadeSession, { readonly kind: "session" }>): LoginAnswer {
    tell(gate, detail);
    return { status: kind === "refused" ? 561 : 500 };
  }

  function tell({ id, loadBalancerArn, issuer }: Gate, detail: string): void {
    if (clock.now() - (told.get(id) ?? -TOLD_MS) < TOLD_MS) return;
    told.set(id, clock.now());
    logger.warn("a login failed at its provider", { loadBalancer: loadBalancerArn, issuer, why: detail.slice(0, LONGEST_DETAIL) });
  }

  return {
    answer,
    [Symbol.dispose]() {
      gates[Symbol.dispose]();
      sessions[Symbol.dispose]();
    },
  };
}

function returnTo(host: string): string {
  return `https://${host}${RETURN_PATH}`;
}
