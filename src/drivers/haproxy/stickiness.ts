import { createHmac } from "node:crypto";
import type { ProxyBackend, ProxyStickiness } from "../../ports/traffic-proxy.ts";
import { quoteArgument } from "./quote.ts";
import type { DesiredServer } from "./render-servers.ts";

/** Where HAProxy finds which server a cookie means: lines of a token and the name of a server. */
export const STICKY_MAP = "sticky.map";

/** How long a browser keeps the cookies, seconds: a week, as on AWS. For how long they count stands in the proxy. */
const KEPT = 604_800;

/** The cookies by the kind of stickiness. Source: Application Load Balancers guide, "Sticky sessions". */
const COOKIES = { "lb-cookie": "AWSALB", "app-cookie": "AWSALBAPP-0" } as const;

/** Beside `AWSALB`: the same for requests that other sites have a browser make. */
const CORS_COOKIE = "AWSALBCORS";

/**
 * The rules by which a backend's clients come back to their server. A cookie holds a token of the server and when it was given. What the token means
 * is looked up: one that nobody gave, or whose server is gone, down or draining, means nothing, and the algorithm chooses. Who makes up the time
 * alone stays longer with a server that was theirs.
 * @param secret of this proxy: without it, neither can tokens be made up nor does one tell an address
 */
export function renderStickiness({ id, stickiness }: ProxyBackend, secret: Uint8Array): readonly string[] {
  if (!byCookie(stickiness)) return [];
  const cookie = COOKIES[stickiness.kind];
  const token = `srv_name,hmac(sha256,${backendKey(id, secret).toString("base64")}),bytes(0,${TOKEN_BYTES}),hex`;
  const value = `%[${token}]-%[date]; Expires=%[date(${KEPT}),http_date]; Path=/`;
  return [
    ...(stickiness.kind === "lb-cookie"
      ? [
          `http-request set-var(txn.sticky_cookie) req.cook(${cookie})`,
          `http-request set-var(txn.sticky_cookie) req.cook(${CORS_COOKIE}) unless { var(txn.sticky_cookie) -m found }`,
        ]
      : [`http-request set-var(txn.sticky_cookie) req.cook(${cookie}) if { req.cook(${quoteArgument(stickiness.cookie)}) -m found }`]),
    "http-request set-var(txn.sticky_since) var(txn.sticky_cookie),field(2,-)",
    `http-request set-var(txn.sticky) var(txn.sticky_cookie),field(1,-),map_str(${STICKY_MAP}) if { date,sub(txn.sticky_since) -m int 0:${stickiness.duration} }`,
    "use-server %[var(txn.sticky)] if { var(txn.sticky) -m found }",
    ...(stickiness.kind === "lb-cookie"
      ? [
          `http-response set-var-fmt(txn.sticky_cookie) "${value}"`,
          `http-response add-header Set-Cookie "${cookie}=%[var(txn.sticky_cookie)]"`,
          `http-response add-header Set-Cookie "${CORS_COOKIE}=%[var(txn.sticky_cookie)]; SameSite=None" if !{ ssl_fc }`,
          `http-response add-header Set-Cookie "${CORS_COOKIE}=%[var(txn.sticky_cookie)]; SameSite=None; Secure" if { ssl_fc }`,
        ]
      : [
          `http-response add-header Set-Cookie "${cookie}=${value}" if { res.cook(${quoteArgument(stickiness.cookie)}) -m found } || { var(txn.sticky_cookie) -m found }`,
        ]),
  ];
}

/** Which tokens mean which of a backend's servers: those that get requests. */
export function tokensOf(
  { id, stickiness }: ProxyBackend,
  servers: readonly DesiredServer[],
  secret: Uint8Array,
): ReadonlyMap<string, string> {
  if (!byCookie(stickiness)) return new Map();
  const key = backendKey(id, secret);
  return new Map(servers.filter(({ role, weight }) => role === "traffic" && weight > 0).map(({ name }) => [tokenOf(name, key), name]));
}

/** What asks for the map of tokens. */
export function byCookie(stickiness: ProxyStickiness | undefined): stickiness is Exclude<ProxyStickiness, { kind: "source-ip" }> {
  return stickiness !== undefined && stickiness.kind !== "source-ip";
}

const TOKEN_BYTES = 20;

function tokenOf(name: string, key: Uint8Array): string {
  return createHmac("sha256", key).update(name).digest().subarray(0, TOKEN_BYTES).toString("hex").toUpperCase();
}

/** Each backend has its own, so that a target of two groups has two tokens. */
function backendKey(id: string, secret: Uint8Array): Buffer {
  return createHmac("sha256", secret).update(id).digest();
}
