import { expect, test } from "vitest";
import type { ProxyLogin } from "../../domain/proxy-login.ts";
import type { ProxyConfiguration, ProxyRoute } from "../../ports/traffic-proxy.ts";
import { backend, listener } from "../../testing/traffic-proxy-contract.ts";
import { renderConfiguration } from "./render-configuration.ts";
import { answerName } from "./route-target.ts";

const login: ProxyLogin = { gate: "g1", key: "S2V5", cookie: "My.Session", otherwise: "authenticate" };

function lines(...routes: readonly Partial<ProxyRoute>[]): readonly string[] {
  const main = listener("main", 443);
  const configuration: ProxyConfiguration = {
    listeners: [{ ...main, routes: routes.flatMap((route) => main.routes.map((first) => ({ ...first, ...route }))) }],
    backends: [backend("web", [])],
  };
  const { text } = renderConfiguration(configuration, () => "healthy", [], new Uint8Array());
  return text.split("\n").map((line) => line.trim());
}
const uses = (...routes: readonly Partial<ProxyRoute>[]): readonly string[] =>
  lines(...routes).filter((line) => line.startsWith("use_backend") && !line.includes("stopping"));
const HAS = "{ date,sub(txn.g1_until) lt 0 } { var(txn.g1),set-var(txn.session) -m found }";
const DUE = "{ var(txn.g1_from) -m len gt 0 } { date,sub(txn.g1_from) ge 0 } { nbsrv(login) gt 0 } !{ req.hdr(upgrade) -m found }";
const MARK = "{ str(g1),set-var(txn.gate) -m found }";

test("nobody but the load balancer names users to a target, whoever may pass", () => {
  for (const all of [lines({}), lines({ login })])
    expect(all.slice(all.findIndex((line) => line.startsWith("defaults d_")))).toContain("http-request del-header x-amzn-oidc- -m beg");
  expect(lines({})).not.toContain("backend login");
});

test("only users of sessions that are open are told, and after what clients claim was removed", () => {
  const all = lines({ login });
  const told = all.filter((line) => line.includes("x-amzn-oidc-"));
  expect(told).toEqual([
    "http-request del-header x-amzn-oidc- -m beg",
    ...["identity", "accesstoken", "data"].map(
      (name, at) =>
        `http-request set-header x-amzn-oidc-${name} %[var(txn.session),field(${at + 4},\\x1f)] if { var(txn.session) -m found }`,
    ),
  ]);
});

test("who has no session is sent to the login, and who has one passes; one that is due is made anew while somebody is there to do it", () => {
  const [back, anew, without, taken] = uses({ login });
  expect(back).toBe("use_backend login if { path /oauth2/idpresponse }");
  expect(anew).toBe(`use_backend login if ${DUE} ${HAS} ${MARK}`);
  expect(without).toBe(`use_backend login if !{ date,sub(txn.g1_until) lt 0 } ${MARK}`);
  expect(taken).toMatch(/^use_backend b\S+ if /);
  expect(taken?.endsWith(` if ${HAS}`)).toBe(true);
});

test("who has no session is refused, or passes nameless, where that is said", () => {
  expect(uses({ login: { ...login, otherwise: "deny" } })[2]).toBe("use_backend login_denied if !{ date,sub(txn.g1_until) lt 0 }");
  const [, , named, nameless, ...none] = uses({ login: { ...login, otherwise: "allow" } });
  expect(named?.endsWith(` if ${HAS}`)).toBe(true);
  expect(nameless).toBe(named?.replace(` if ${HAS}`, ""));
  expect(none).toEqual([]);
});

test("clients come back to a host by whichever rule, before all rules; other hosts' paths are theirs", () => {
  const all = uses({ hosts: ["a.test"], conditions: [{ kind: "path", patterns: ["/admin/*"] }], login }, { hosts: ["b.test"] });
  expect(all[0]).toBe("use_backend login if { var(txn.host) -m str a.test } { path /oauth2/idpresponse }");
  expect(all.filter((line) => line.includes("idpresponse"))).toHaveLength(1);
});

test("a fixed response and a redirect are for users, too", () => {
  const action = { kind: "fixed-response", status: 200 } as const;
  expect(uses({ login, action }).at(-1)).toBe(`use_backend ${answerName({ id: "main" }, action)} if ${HAS}`);
});

test("a session is opened with its gate's key, once a listener, and its cookies go to no target; a worker that took another's place sees them", () => {
  const all = lines({ hosts: ["a.test"], login }, { login: { ...login, otherwise: "deny" } });
  expect(all.filter((line) => line.includes("aes_gcm_dec"))).toEqual([
    "http-request set-var(txn.g1) var(txn.g1_0),bytes(28),aes_gcm_dec(256,txn.g1_nonce,S2V5,txn.g1_tag)",
  ]);
  const removed = all.filter((line) => line.includes("Cookie "));
  expect(removed[0]).toContain("regsub('(^|; *)My[.]Session-[0-9]=[^;]*',,g)");
  expect(removed.every((line) => line.endsWith("!{ stopping }"))).toBe(true);
});

test("the login hears the gate and the session from the proxy alone", () => {
  const all = lines({ login });
  const section = all.slice(all.indexOf("backend login"), all.indexOf("backend login_denied"));
  expect(section.slice(1, 5)).toEqual([
    "http-request del-header x-airfield-gate",
    "http-request del-header x-airfield-session",
    "http-request set-header x-airfield-gate %[var(txn.gate)] if { var(txn.gate) -m found }",
    "http-request set-header x-airfield-session %[var(txn.session),base64] if { var(txn.session) -m found }",
  ]);
});
