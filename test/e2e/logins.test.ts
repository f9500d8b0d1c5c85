import "reflect-metadata";
import { createPublicKey, verify } from "node:crypto";
import { beforeAll, describe, expect, test } from "vitest";
import { gateKey, loginOf } from "../../src/control/logins/gates.ts";
import { logins } from "../../src/control/logins/logins.ts";
import { sealText } from "../../src/control/logins/sealing.ts";
import { ClaimsKey } from "../../src/control/logins/user-claims.ts";
import { writeSession } from "../../src/domain/login-session.ts";
import type { ProxyLogin } from "../../src/domain/proxy-login.ts";
import { sslPolicy } from "../../src/domain/ssl-policies.ts";
import { openLoginDoor } from "../../src/drivers/haproxy/login-door.ts";
import { memoryJournal } from "../../src/drivers/memory/journal.ts";
import { loginProviders } from "../../src/drivers/oidc/login-providers.ts";
import { systemIds as ids } from "../../src/drivers/system/ids.ts";
import { secretBox } from "../../src/drivers/system/secret-box.ts";
import { sealClientSecret } from "../../src/state/elb-client-secret.ts";
import { listeners, type ListenerRecord } from "../../src/state/elb.ts";
import { JournaledState } from "../../src/state/journaled-state.ts";
import { madeCertificate, type MadeCertificate } from "../../src/testing/certificates.ts";
import { backend, listener, serverAt } from "../../src/testing/traffic-proxy-contract.ts";
import { LoginBrowser, loginProvider, type LoginProvider, type Page } from "./login-world.ts";
import { clock, haproxyWorld, type HaproxyWorld } from "./traffic-world.ts";

const BALANCER = "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/web/1";
const secrets = secretBox(Buffer.alloc(32, 7));
const claimsKey = new ClaimsKey(secrets);
let certificate: MadeCertificate;

beforeAll(async () => {
  certificate = await madeCertificate({ commonName: "localhost", names: ["localhost", "app.test"], key: 2048 });
});

interface World extends AsyncDisposable {
  readonly proxy: HaproxyWorld;
  readonly provider: LoginProvider;
  readonly gates: readonly ProxyLogin[];
  /** Of each listener. */
  readonly urls: readonly string[];
  readonly browser: LoginBrowser;
  /** Ends the control plane's part. */
  stop(): Promise<void>;
}

/** Listeners that ask for a login, in front of a target that answers with the headers of its requests. */
async function world(
  all: readonly { readonly otherwise?: "deny" | "allow" | "authenticate"; readonly timeout?: number }[] = [{}],
  accessSeconds?: number,
): Promise<World> {
  const proxy = await haproxyWorld();
  const echo = await proxy.target(200, (incoming, response) => response.end(JSON.stringify(incoming.headers)));
  const ports = await Promise.all(all.map(() => proxy.freePort()));
  const urls = ports.map((port) => `https://app.test:${port}`);
  const provider = await loginProvider(
    certificate,
    urls.map((url) => `${url}/oauth2/idpresponse`),
    { ...(accessSeconds !== undefined && { accessSeconds }) },
  );
  const state = new JournaledState(memoryJournal());
  const records = all.map(({ otherwise = "authenticate", timeout = 600 }, at) => {
    const AuthenticateOidcConfig = {
      ...provider.config,
      ClientSecret: sealClientSecret(secrets, BALANCER, provider.clientSecret),
      SessionCookieName: "AWSELBAuthSessionCookie",
      Scope: "openid email",
      SessionTimeout: timeout,
      OnUnauthenticatedRequest: otherwise,
    };
    const defaultActions = [{ Type: "authenticate-oidc", AuthenticateOidcConfig }];
    return { arn: `${BALANCER}/${at}`, loadBalancerArn: BALANCER, certificates: [], defaultActions } as unknown as ListenerRecord;
  });
  state.commit(() => records.forEach((record) => state.table(listeners).put(record)));
  const logger = { info: () => undefined, warn: () => undefined, error: (text: string) => expect.unreachable(text) };
  const login = logins({ state, secrets, clock, ids, logger, providers: loginProviders({ ca: certificate.pem }), claimsKey });
  const door = await openLoginDoor(proxy.directory, login.answer);
  const gates = records.flatMap((record) => loginOf(secrets)(record, record.defaultActions) ?? []);
  const { protocols: versions, ciphers } = sslPolicy("ELBSecurityPolicy-2016-08") ?? { protocols: [], ciphers: [] };
  const certificates = [{ id: "a", hosts: [], pem: certificate.pem + certificate.keyPem }] as const;
  await proxy.proxy.apply({
    listeners: gates.map((gate, at) => {
      const { routes, ...place } = listener(`l${at}`, ports[at] ?? 0);
      return {
        ...place,
        routes: routes.map((route) => ({ ...route, login: gate })),
        tls: { owner: "lb", certificates, versions, ciphers, alpn: ["h2", "http/1.1"] },
      };
    }),
    backends: [backend("web", [serverAt("one", echo, { health: "healthy" })])],
  });
  let stopped: Promise<void> | undefined;
  const stop = (): Promise<void> => (stopped ??= Promise.resolve(door[Symbol.asyncDispose]()).then(() => login[Symbol.dispose]()));
  return {
    proxy,
    provider,
    gates,
    urls,
    browser: new LoginBrowser(certificate.pem),
    stop,
    async [Symbol.asyncDispose]() {
      await stop();
      await provider[Symbol.asyncDispose]();
      await proxy[Symbol.asyncDispose]();
    },
  };
}

const headersOf = ({ body }: Page): Record<string, string> => JSON.parse(body) as Record<string, string>;
const part = (token: string | undefined, at: number): unknown => JSON.parse(Buffer.from(token?.split(".")[at] ?? "", "base64").toString());

function sessionCookie({ gates: [gate] }: World, until: number): Record<string, string> {
  const session = writeSession({ until, identity: "forged", accessToken: "a", data: "b" }) ?? "";
  return { cookie: `AWSELBAuthSessionCookie-0=${sealText(gateKey(secrets, gate?.gate ?? ""), session)}` };
}
const now = (): number => Math.floor(Date.now() / 1000);

describe("a listener that asks for a login", () => {
  test("sends who has no session to the provider, and tells its target who came back", async () => {
    await using all = await world();
    const { browser, urls, provider } = all;
    const page = await browser.open(`${urls[0]}/cart?item=1`, { more: { "x-amzn-oidc-identity": "root", "x-airfield-gate": "x" } });
    expect(page.status).toBe(200);
    const told = headersOf(page);
    expect(told).toMatchObject({ "x-amzn-oidc-identity": "user|1" });
    expect(told["x-amzn-oidc-accesstoken"]).toMatch(/\S+/);
    expect(told["cookie"] ?? "").not.toContain("AWSELBAuthSessionCookie");
    const data = told["x-amzn-oidc-data"];
    const exp = expect.any(Number) as number;
    expect(part(data, 0)).toEqual({
      typ: "JWT",
      kid: claimsKey.id,
      alg: "ES256",
      iss: provider.url,
      client: "shop",
      signer: BALANCER,
      exp,
    });
    expect(part(data, 1)).toEqual({ sub: "user|1", email: "user@shop.test", iss: provider.url, exp });
    const [head, body, signature = ""] = data?.split(".") ?? [];
    const key = { key: createPublicKey(claimsKey.publicPem), dsaEncoding: "ieee-p1363" } as const;
    expect(verify("sha256", Buffer.from(`${head}.${body}`), key, Buffer.from(signature, "base64"))).toBe(true);
    expect((await browser.open(`${urls[0]}/`, { follow: false })).status).toBe(200);
    expect(provider.grants).toEqual(["authorization_code"]);
  });

  test("lets sessions go on while the control plane does not run, and takes nobody else in meanwhile", async () => {
    await using all = await world();
    await all.browser.open(`${all.urls[0]}/`);
    await all.stop();
    for (let at = 0; at < 5; at += 1) expect((await all.browser.open(`${all.urls[0]}/`)).status).toBe(200);
    expect((await new LoginBrowser(certificate.pem).open(`${all.urls[0]}/`)).status).toBe(503);
  });

  test("refuses or lets in who has no session, as it is told; forged, expired and other listeners' sessions are none", async () => {
    await using all = await world([{ otherwise: "deny" }, { otherwise: "allow" }, {}]);
    const [deny, allow, login] = all.urls;
    expect((await all.browser.open(`${deny}/`)).status).toBe(401);
    const open = headersOf(await all.browser.open(`${allow}/`, { more: { "x-amzn-oidc-data": "mine" } }));
    expect(Object.keys(open).filter((name) => name.startsWith("x-amzn-oidc"))).toEqual([]);
    const good = sessionCookie(all, now() + 60);
    expect(headersOf(await all.browser.open(`${deny}/`, { more: good }))).toMatchObject({ "x-amzn-oidc-identity": "forged" });
    expect((await all.browser.open(`${deny}/`, { more: sessionCookie(all, now() - 1) })).status).toBe(401);
    expect((await all.browser.open(`${deny}/`, { more: { cookie: `${good["cookie"]?.slice(0, -4)}AAAA` } })).status).toBe(401);
    expect((await all.browser.open(`${login}/`, { more: good, follow: false })).status).toBe(302);
    expect(headersOf(await all.browser.open(`${allow}/`, { more: good }))["x-amzn-oidc-identity"]).toBeUndefined();
  });

  test("ends a session after its time", async () => {
    await using all = await world([{ timeout: 2 }]);
    await all.browser.open(`${all.urls[0]}/`);
    await expect.poll(async () => (await all.browser.open(`${all.urls[0]}/`, { follow: false })).status, { timeout: 5000 }).toBe(302);
  });

  test("makes a session anew before its access token expires, whatever the method", async () => {
    await using all = await world([{}], 1);
    await all.browser.open(`${all.urls[0]}/`);
    await expect
      .poll(
        async () => [(await all.browser.open(`${all.urls[0]}/`, { method: "PUT" })).status, all.provider.grants.includes("refresh_token")],
        {
          timeout: 5000,
        },
      )
      .toEqual([200, true]);
  });

  test("takes back only who began there, once, and tells when the provider says no", async () => {
    await using all = await world();
    const [url = ""] = all.urls;
    const { browser, provider } = all;
    const sent = await browser.open(`${url}/`, { follow: false });
    const state = new URL(sent.headers.location ?? "").searchParams.get("state") ?? "";
    const back = `${url}/oauth2/idpresponse?state=${encodeURIComponent(state)}`;
    const stranger = new LoginBrowser(certificate.pem);
    expect((await stranger.open(`${back}&code=1`)).status).toBe(401);
    expect((await browser.open(`${url}/oauth2/idpresponse?code=1`)).status).toBe(401);
    expect((await browser.open(`${back}&error=access_denied`)).status).toBe(561);
    expect((await browser.open(`${back}&code=1`)).status).toBe(401);
    expect(provider.grants).toEqual([]);
    await provider[Symbol.asyncDispose]();
    const again = await browser.open(`${url}/`, { follow: false });
    const next = new URL(again.headers.location ?? "").searchParams.get("state") ?? "";
    expect((await browser.open(`${url}/oauth2/idpresponse?code=1&state=${encodeURIComponent(next)}`)).status).toBe(500);
  });
});
