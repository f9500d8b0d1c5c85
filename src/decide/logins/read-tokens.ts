/** What is expected of the answer to a login. */
export interface Expected {
  readonly issuer: string;
  readonly clientId: string;
  /** Of the request for authorization. */
  readonly nonce: string;
  /** Milliseconds since the Unix epoch. */
  readonly now: number;
}

type Document = Readonly<Record<string, unknown>>;

export interface Tokens {
  readonly accessToken: string;
  /** Seconds for which the access token counts, where that is told. */
  readonly expiresIn?: number;
  readonly refreshToken?: string;
}

/** Clocks of others may be ahead or behind by so much. */
const LEEWAY_MS = 60_000;

/** The tokens of a token endpoint's answer; a text says what is wrong with it. Source: RFC 6749, section 5.1. */
export function readTokens(answer: Document): Tokens | string {
  const { access_token: accessToken, token_type: type, expires_in: expires, refresh_token: refreshToken } = answer;
  if (typeof accessToken !== "string" || accessToken === "") return "no access token";
  if (typeof type !== "string" || type.toLowerCase() !== "bearer") return "a token that is no bearer token";
  const expiresIn = Number(expires);
  return {
    accessToken,
    ...(expires !== undefined && Number.isFinite(expiresIn) && expiresIn > 0 && { expiresIn: Math.floor(expiresIn) }),
    ...(typeof refreshToken === "string" && refreshToken !== "" && { refreshToken }),
  };
}

/**
 * Who the claims of an ID token are about; a text says why they are not believed. Its signature is not looked at: it comes from the token endpoint
 * itself, over TLS. Source: OpenID Connect Core 1.0, section 3.1.3.7.
 */
export function readIdentity(claims: Document, { issuer, clientId, nonce, now }: Expected): { readonly subject: string } | string {
  const { iss, aud, azp, exp, sub, nonce: told } = claims;
  if (iss !== issuer) return "an ID token of another issuer";
  const audience: readonly unknown[] = Array.isArray(aud) ? aud : [aud];
  if (!audience.includes(clientId)) return "an ID token for another client";
  if (azp !== undefined && azp !== clientId) return "an ID token that another client asked for";
  if (typeof exp !== "number" || exp * 1000 <= now - LEEWAY_MS) return "an ID token that has expired";
  if (told !== nonce) return "an ID token of another login";
  if (typeof sub !== "string" || sub === "") return "an ID token about nobody";
  return { subject: sub };
}
