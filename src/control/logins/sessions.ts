import { readIdentity, readTokens, type Tokens } from "../../decide/logins/read-tokens.ts";
import { writeSession, type LoginSession } from "../../domain/login-session.ts";
import type { Clock } from "../../ports/clock.ts";
import type { LoginProviders, ProviderAnswer } from "../../ports/login-providers.ts";
import type { SecretBox } from "../../ports/secret-box.ts";
import { openClientSecret } from "../../state/elb-client-secret.ts";
import { sessionCookies } from "./cookies.ts";
import { gateKey, type Gate } from "./gates.ts";
import { sealText } from "./sealing.ts";
import type { ClaimsKey } from "./user-claims.ts";

export interface SessionParts {
  readonly secrets: SecretBox;
  readonly clock: Clock;
  readonly providers: LoginProviders;
  readonly claimsKey: ClaimsKey;
}

/** A session, or why there is none. */
export type MadeSession =
  | { readonly kind: "session"; readonly session: LoginSession; readonly cookies: readonly string[] }
  | { readonly kind: "refused" | "unreachable" | "too large"; readonly detail: string };

/** A session is made anew so much before its access token expires, but not before nine tenths of its time are over; seconds. */
const AHEAD = 60;
/** Seconds for which no session is made anew twice: its client would go round and round. */
const LEAST = 2;
/** Seconds until a provider that could not make one anew is asked again. */
const RETRY = 60;
/** For how long a client that asks several things at once gets one answer: a provider may take a refresh token once only. */
const SHARED_MS = 10_000;

/** Makes sessions of what providers say. */
export class Sessions implements Disposable {
  readonly #parts: SessionParts;
  readonly #renewals = new Map<string, { readonly made: Promise<MadeSession>; readonly timer: Disposable }>();

  constructor(parts: SessionParts) {
    this.#parts = parts;
  }

  /** @param nonce of the request for authorization */
  async login(
    gate: Gate,
    code: string,
    { redirectUri, nonce }: { readonly redirectUri: string; readonly nonce: string },
  ): Promise<MadeSession> {
    const answered = await this.#token(gate, { grant_type: "authorization_code", code, redirect_uri: redirectUri });
    if (answered.kind !== "document") return answered;
    const expected = { issuer: gate.issuer, clientId: gate.clientId, nonce, now: this.#parts.clock.now() };
    const identity = readIdentity(claimsOf(answered.content["id_token"]), expected);
    if (typeof identity === "string") return { kind: "refused", detail: `it answered with ${identity}` };
    return this.#make(gate, answered.content, { subject: identity.subject, until: this.#seconds() + gate.timeout });
  }

  renew(gate: Gate, session: LoginSession): Promise<MadeSession> {
    const key = `${gate.id} ${session.refresh?.token ?? ""}`;
    const known = this.#renewals.get(key);
    if (known) return known.made;
    const made = this.#renew(gate, session);
    const timer = this.#parts.clock.after(SHARED_MS, () => this.#renewals.delete(key));
    this.#renewals.set(key, { made, timer });
    return made;
  }

  /** The same session, to be made anew later. */
  postponed(gate: Gate, session: LoginSession): MadeSession {
    const { refresh } = session;
    return this.#sealed(gate, refresh ? { ...session, refresh: { ...refresh, from: this.#seconds() + RETRY } } : session);
  }

  [Symbol.dispose](): void {
    for (const { timer } of this.#renewals.values()) timer[Symbol.dispose]();
  }

  async #renew(gate: Gate, { refresh, identity, until }: LoginSession): Promise<MadeSession> {
    const token = refresh?.token ?? "";
    const answered = await this.#token(gate, { grant_type: "refresh_token", refresh_token: token });
    if (answered.kind !== "document") return answered;
    // Without another one the one before still counts. Source: RFC 6749, section 6.
    return this.#make(gate, { refresh_token: token, ...answered.content }, { subject: identity, until });
  }

  async #make(
    gate: Gate,
    answered: Readonly<Record<string, unknown>>,
    { subject, until }: { readonly subject: string; readonly until: number },
  ): Promise<MadeSession> {
    const tokens = readTokens(answered);
    if (typeof tokens === "string") return { kind: "refused", detail: `it answered with ${tokens}` };
    const user = await this.#parts.providers.userInfo(gate.userInfoEndpoint, tokens.accessToken);
    if (user.kind !== "document") return user;
    // Source: OpenID Connect Core 1.0, section 5.3.2.
    if (user.content["sub"] !== subject) return { kind: "refused", detail: "it told about another user" };
    const { loadBalancerArn: signer, issuer, clientId: client } = gate;
    const data = this.#parts.claimsKey.sign(user.content, { signer, issuer, client, until });
    const refresh = this.#refreshOf(tokens);
    return this.#sealed(gate, { until, identity: subject, accessToken: tokens.accessToken, data, ...(refresh && { refresh }) });
  }

  #sealed(gate: Gate, session: LoginSession): MadeSession {
    const text = writeSession(session);
    if (text === undefined) return { kind: "too large", detail: "it says more of the user than a session holds" };
    const sealed = sealText(gateKey(this.#parts.secrets, gate.id), text);
    return { kind: "session", session, cookies: sessionCookies(gate.cookie, sealed, Math.max(0, session.until - this.#seconds())) };
  }

  #refreshOf({ refreshToken, expiresIn }: Tokens): LoginSession["refresh"] {
    if (refreshToken === undefined || expiresIn === undefined) return undefined;
    return { token: refreshToken, from: this.#seconds() + Math.max(expiresIn - AHEAD, Math.floor(expiresIn * 0.9), LEAST) };
  }

  #token(gate: Gate, form: Readonly<Record<string, string>>): Promise<ProviderAnswer> {
    const { secrets, providers } = this.#parts;
    const secret = openClientSecret(secrets, gate.loadBalancerArn, gate.sealedSecret);
    return providers.token(gate.tokenEndpoint, { id: gate.clientId, secret }, form);
  }

  #seconds(): number {
    return Math.floor(this.#parts.clock.now() / 1000);
  }
}

/** What an ID token claims. */
function claimsOf(token: unknown): Readonly<Record<string, unknown>> {
  const [, body = ""] = typeof token === "string" ? token.split(".") : [];
  try {
    const claims: unknown = JSON.parse(Buffer.from(body, "base64url").toString());
    return typeof claims === "object" && claims !== null ? (claims as Record<string, unknown>) : {};
  } catch {
    // Whatever it is, it names no issuer.
    return {};
  }
}
