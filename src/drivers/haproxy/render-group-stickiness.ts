import { createHash } from "node:crypto";
import { wholeBackendId } from "../../domain/zonal-backend.ts";
import { quote } from "./quote.ts";

/**
 * The stickiness of a weighted forward: a client whose cookie names a target group comes to it again for as long as the action forwards there. The
 * cookie is the same whichever worker made it. The second one goes with requests from other sites. Source: Elastic Load Balancing, "Sticky sessions for
 * your Application Load Balancer".
 */
const COOKIE = "AWSALBTG";
const CROSS_SITE_COOKIE = "AWSALBTGCORS";

/** An ACL that holds for requests whose cookie names the backend. HAProxy takes the same ACL twice. */
export function stickinessAcl(backend: string): readonly string[] {
  return [COOKIE, CROSS_SITE_COOKIE].map((cookie) => `acl ${stickinessName(backend)} req.cook(${cookie}) -m str ${cookieValue(backend)}`);
}

export function stickinessName(backend: string): string {
  return `tg_${backend}`;
}

/** A condition that always holds, and notes for the backend for how long the client is to come again. @param seconds whole */
export function markStickiness(seconds: number): string {
  return `{ int(${seconds}),set-var(txn.tg_seconds) -m found }`;
}

export function renderGroupStickiness(backend: string): readonly string[] {
  const cookie = (name: string, more: string): string => {
    const value = `${quote(`${name}=${cookieValue(backend)}; Expires=`)}%[date,add(txn.tg_seconds),http_date]${quote(`; Path=/${more}`)}`;
    return `http-response add-header Set-Cookie ${value} if { var(txn.tg_seconds) -m found }`;
  };
  return [cookie(COOKIE, ""), cookie(CROSS_SITE_COOKIE, "; SameSite=None; Secure")];
}

/** A client may come to another zone the next time, where another part of the group is. */
function cookieValue(backend: string): string {
  return createHash("sha256")
    .update(`target group ${wholeBackendId(backend)}`)
    .digest("base64url");
}
