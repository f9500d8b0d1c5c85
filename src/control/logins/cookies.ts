import { SESSION_COOKIES } from "../../domain/login-session.ts";

/** Ties a login to the browser that began it. */
export const BROWSER_COOKIE = "AWSALBAuthNonce";

/** Characters of a session in one cookie: browsers keep 4,096 bytes of it, with its name and attributes. */
const PART = 3800;
const ATTRIBUTES = "Path=/; Secure; HttpOnly";

/** A session as values of `Set-Cookie`: all the cookies that it may have, so that none of a longer one before is left. @param sealed empty where there is none any more */
export function sessionCookies(name: string, sealed: string, seconds: number): readonly string[] {
  return Array.from({ length: SESSION_COOKIES }, (_, at) => {
    const part = sealed.slice(at * PART, (at + 1) * PART);
    return `${name}-${at}=${part}; Max-Age=${part === "" ? 0 : seconds}; ${ATTRIBUTES}`;
  });
}

/** It comes back from the provider's site, by a link. */
export function browserCookie(value: string, seconds: number): string {
  return `${BROWSER_COOKIE}=${value}; Max-Age=${seconds}; ${ATTRIBUTES}; SameSite=Lax`;
}
