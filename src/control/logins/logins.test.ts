import { beforeEach, describe, expect, test, vi } from "vitest";
import { memoryJournal } from "../../drivers/memory/journal.ts";
import { systemIds as ids } from "../../drivers/system/ids.ts";
import { secretBox } from "../../drivers/system/secret-box.ts";
import { readSession, writeSession, type LoginSession } from "../../domain/login-session.ts";
import type { LoginAnswer, LoginRequest } from "../../ports/login-door.ts";
import type { LoginProviders, ProviderAnswer } from "../../ports/login-providers.ts";
import { sealClientSecret } from "../../state/elb-client-secret.ts";
import { listeners, type ListenerRecord } from "../../state/elb.ts";
import { JournaledState } from "../../state/journaled-state.ts";
import { ManualClock } from "../../testing/manual-clock.ts";
import { gateKey, gateOf } from "./gates.ts";
import { logins } from "./logins.ts";
import { openText } from "./sealing.ts";
import { ClaimsKey } from "./user-claims.ts";

const BALANCER = "arn:lb";
const HOST = "app.test:8443";
const secrets = secretBox(Buffer.alloc(32, 7));
const claimsKey = new ClaimsKey(secrets);
const config = {
  Issuer: "https://idp.test",
  AuthorizationEndpoint: "https://idp.test/auth?kept=1",
  TokenEndpoint: "https://idp.test/token",
  UserInfoEndpoint: "https://idp.test/me",
  ClientId: "shop",
  ClientSecret: sealClientSecret(secrets, BALANCER, "hidden"),
  SessionCookieName: "Session",
  Scope: "openid email",
  SessionTimeout: 3600,
  AuthenticationRequestExtraParams: { display: "page" },
};
const listener = {
  arn: "arn:listener",
  loadBalancerArn: BALANCER,
  certificates: [],
  defaultActions: [{ Type: "authenticate-oidc", AuthenticateOidcConfig: config }],
} as unknown as ListenerRecord;
const gate = gateOf(listener, config);
const key = gateKey(secrets, gate.id);

let clock: ManualClock;
let state: JournaledState;
let warned: unknown[];
let answer: (request: Partial<LoginRequest> & { readonly cookie?: string }) => Promise<LoginAnswer>;
const token = vi.fn<LoginProviders["token"]>();
const userInfo = vi.fn<LoginProviders["userInfo"]>();

beforeEach(() => {
  clock = new ManualClock();
  state = new JournaledState(memoryJournal());
  state.commit(() => state.table(listeners).put(listener));
  warned = [];
  const logger = { info: () => undefined, warn: (_: string, fields?: object) => void warned.push(fields), error: () => undefined };
  const login = logins({ state, secrets, clock, ids, logger, providers: { token, userInfo }, claimsKey });
  answer = ({ cookie, ...request }) => {
    const cookies = new Map(cookie === undefined ? [] : [["AWSALBAuthNonce", cookie]]);
    return login.answer({ host: HOST, target: "/cart?a=1", cookies, ...request });
  };
  token.mockReset();
  userInfo.mockReset().mockResolvedValue({ kind: "document", content: { sub: "u1", email: "u@shop.test" } });
});

const seconds = (): number => Math.floor(clock.now() / 1000);

interface Begun {
  readonly url: URL;
  readonly browser: string;
}

async function begin(request: Parameters<typeof answer>[0] = {}): Promise<Begun> {
  const { status, location = "", cookies = [] } = await answer({ gate: gate.id, ...request });
  expect(status).toBe(302);
  const [, browser = ""] =
    /^AWSALBAuthNonce=([0-9a-f]{32}); Max-Age=900; Path=\/; Secure; HttpOnly; SameSite=Lax$/.exec(cookies[0] ?? "") ?? [];
  return { url: new URL(location), browser };
}

function tokens({ url }: Begun, claims: object = {}, more: object = {}): ProviderAnswer {
  const nonce = url.searchParams.get("nonce");
  const id = { iss: "https://idp.test", aud: "shop", exp: seconds() + 60, sub: "u1", nonce, ...claims };
  const id_token = `h.${Buffer.from(JSON.stringify(id)).toString("base64url")}.s`;
  return { kind: "document", content: { access_token: "at", token_type: "Bearer", id_token, ...more } };
}

/** Comes back with a code. */
function back({ url, browser }: Begun, more: Parameters<typeof answer>[0] = {}, query = "code=c"): Promise<LoginAnswer> {
  const given = encodeURIComponent(url.searchParams.get("state") ?? "");
  return answer({ cookie: browser, target: `/oauth2/idpresponse?state=${given}&${query}`, ...more });
}

/** As the proxy would open it. */
function sessionIn({ cookies = [] }: LoginAnswer): LoginSession | undefined {
  const parts = cookies.flatMap((cookie) => /^Session-\d=([^;]*);/.exec(cookie)?.[1] ?? []);
  return readSession(openText(key, parts.join("")) ?? "");
}

describe("a client without a session", () => {
  test("is sent to the provider with all that this has to know", async () => {
    const { url, browser } = await begin();
    expect(browser).toHaveLength(32);
    expect(`${url.origin}${url.pathname}`).toBe("https://idp.test/auth");
    const { state: given = "", nonce = "", ...params } = Object.fromEntries(url.searchParams);
    expect(params).toEqual({
      kept: "1",
      display: "page",
      client_id: "shop",
      redirect_uri: `https://${HOST}/oauth2/idpresponse`,
      response_type: "code",
      scope: "openid email",
    });
    expect(given).not.toContain("cart");
    expect(nonce).toMatch(/^[0-9a-f]{32}$/);
  });

  test("keeps its mark while it asks for several things; what is none of ours is no mark", async () => {
    const { browser } = await begin();
    expect((await begin({ cookie: browser })).browser).toBe(browser);
    expect((await begin({ cookie: "mine" })).browser).not.toBe("mine");
  });

  test.each<[string, Partial<LoginRequest>, number]>([
    ["a gate that is not there", { gate: "g0" }, 500],
    ["no gate", {}, 500],
    ["a host that is none", { gate: gate.id, host: "a b" }, 400],
    ["a whole address", { gate: gate.id, target: "http://other.test/" }, 400],
  ])("that comes to %s goes nowhere", async (_, request, status) => {
    expect(await answer(request)).toEqual({ status });
  });
});

describe("a client that comes back", () => {
  test("gets a session, and gets to where it wanted to go", async () => {
    const begun = await begin();
    token.mockResolvedValue(tokens(begun));
    const answered = await back(begun);
    expect(answered).toMatchObject({ status: 302, location: `https://${HOST}/cart?a=1` });
    expect(token.mock.lastCall).toEqual([
      "https://idp.test/token",
      { id: "shop", secret: "hidden" },
      { grant_type: "authorization_code", code: "c", redirect_uri: `https://${HOST}/oauth2/idpresponse` },
    ]);
    expect(userInfo.mock.lastCall).toEqual(["https://idp.test/me", "at"]);
    expect(sessionIn(answered)).toEqual({ until: seconds() + 3600, identity: "u1", accessToken: "at", data: expect.any(String) as string });
    const cookies = answered.cookies ?? [];
    expect(cookies[0]).toMatch(/^Session-0=[\w-]+; Max-Age=3600; Path=\/; Secure; HttpOnly$/);
    expect(cookies.slice(1)).toEqual([
      ...[1, 2, 3].map((at) => `Session-${at}=; Max-Age=0; Path=/; Secure; HttpOnly`),
      "AWSALBAuthNonce=; Max-Age=0; Path=/; Secure; HttpOnly; SameSite=Lax",
    ]);
  });

  test("has its long session in several cookies, none of them too long; one that is longer than the proxy takes is none", async () => {
    const long = async (length: number): Promise<LoginAnswer> => {
      const begun = await begin();
      token.mockResolvedValue(tokens(begun, {}, { access_token: "a".repeat(length) }));
      return back(begun);
    };
    const answered = await long(6000);
    expect(sessionIn(answered)?.accessToken).toHaveLength(6000);
    const lengths = (answered.cookies ?? []).map((cookie) => cookie.split("; ")[0]?.length ?? 0);
    expect([lengths.filter((length) => length > 500).length, Math.max(...lengths) < 4000]).toEqual([3, true]);
    expect(await long(7000)).toEqual({ status: 500 });
  });

  test.each<[string, (begun: Begun) => Promise<LoginAnswer>]>([
    ["in another browser", (begun) => back(begun, { cookie: "0".repeat(32) })],
    ["without its cookie", ({ url }) => back({ url, browser: "" })],
    ["to another host", (begun) => back(begun, { host: "other.test" })],
    ["with another state", (begun) => back(begun, { target: "/oauth2/idpresponse?code=c&state=x.y" })],
    ["with no state", (begun) => back(begun, { target: "/oauth2/idpresponse" })],
    [
      "with what another gate sealed",
      (begun) => {
        const [, sealed] = begun.url.searchParams.get("state")?.split(".") ?? [];
        const other = { ...listener, arn: "arn:other" };
        state.commit(() => state.table(listeners).put(other));
        return back(begun, { target: `/oauth2/idpresponse?code=c&state=${gateOf(other, config).id}.${sealed}` });
      },
    ],
    [
      "too late",
      async (begun) => {
        clock.advance(901_000);
        return back(begun);
      },
    ],
  ])("%s gets nothing, and nobody is asked", async (_, come) => {
    expect(await come(await begin())).toEqual({ status: 401 });
    expect(token).not.toHaveBeenCalled();
  });

  test("does so once", async () => {
    const begun = await begin();
    token.mockResolvedValue(tokens(begun));
    expect((await back(begun)).status).toBe(302);
    expect(await back(begun)).toEqual({ status: 401 });
    expect(token).toHaveBeenCalledOnce();
  });

  test.each<[string, object]>([
    ["of another issuer", { iss: "https://other.test" }],
    ["for another client", { aud: "other" }],
    ["of another login", { nonce: "other" }],
    ["that has expired", { exp: 1 }],
    ["about another user", { sub: "u2" }],
  ])("with an ID token %s gets no session", async (_, claims) => {
    const begun = await begin();
    token.mockResolvedValue(tokens(begun, claims));
    expect(await back(begun)).toEqual({ status: 561 });
    expect(warned).toHaveLength(1);
  });

  test("hears that the provider says no, or cannot be asked; that is told once a minute", async () => {
    expect(await back(await begin(), {}, "error=access_denied")).toEqual({ status: 561 });
    token.mockResolvedValue({ kind: "refused", detail: "invalid_grant" });
    expect(await back(await begin())).toEqual({ status: 561 });
    token.mockResolvedValue({ kind: "unreachable", detail: "gone" });
    expect(await back(await begin())).toEqual({ status: 500 });
    const begun = await begin();
    token.mockResolvedValue(tokens(begun));
    userInfo.mockResolvedValue({ kind: "unreachable", detail: "gone" });
    expect(await back(begun)).toEqual({ status: 500 });
    expect(warned).toHaveLength(1);
    clock.advance(60_000);
    await back(await begin(), {}, `error=${"x".repeat(9000)}`);
    expect(JSON.stringify(warned[1]).length).toBeLessThan(500);
  });
});

describe("a session whose access token expires", () => {
  const old = (): LoginSession => ({
    until: seconds() + 1000,
    refresh: { from: seconds(), token: "r1" },
    identity: "u1",
    accessToken: "old",
    data: "d",
  });
  const renew = (session = old()): Promise<LoginAnswer> => answer({ gate: gate.id, session: writeSession(session) ?? "" });

  test("is told when it is to be made anew, but never at once", async () => {
    const from = async (expires_in: number): Promise<number> => {
      const begun = await begin();
      token.mockResolvedValue(tokens(begun, {}, { refresh_token: "r1", expires_in }));
      return (sessionIn(await back(begun))?.refresh?.from ?? 0) - seconds();
    };
    expect([await from(3600), await from(100), await from(1)]).toEqual([3540, 90, 2]);
  });

  test("is made anew for all that ask at once, ends when it would have, and the client comes again", async () => {
    token.mockResolvedValue({ kind: "document", content: { access_token: "new", token_type: "bearer", expires_in: 3600 } });
    const [first, second] = await Promise.all([renew(), renew()]);
    expect(token.mock.calls.map(([, , form]) => form)).toEqual([{ grant_type: "refresh_token", refresh_token: "r1" }]);
    expect(first).toMatchObject({ status: 307, location: `https://${HOST}/cart?a=1` });
    expect(sessionIn(first)).toMatchObject({
      until: seconds() + 1000,
      accessToken: "new",
      refresh: { from: seconds() + 3540, token: "r1" },
    });
    expect(sessionIn(second)).toEqual(sessionIn(first));
    clock.advance(10_000);
    await renew();
    expect(token).toHaveBeenCalledTimes(2);
  });

  test.each<[string, () => void]>([
    ["the provider says no", () => token.mockResolvedValue({ kind: "refused", detail: "invalid_grant" })],
    ["it is another user's by now", () => userInfo.mockResolvedValue({ kind: "document", content: { sub: "u2" } })],
  ])("ends where %s", async (_, arrange) => {
    token.mockResolvedValue({ kind: "document", content: { access_token: "new", token_type: "bearer" } });
    arrange();
    const answered = await renew();
    expect(answered.status).toBe(307);
    expect(answered.cookies).toEqual([0, 1, 2, 3].map((at) => `Session-${at}=; Max-Age=0; Path=/; Secure; HttpOnly`));
  });

  test.each<[string, () => void]>([
    ["the provider cannot be asked", () => token.mockResolvedValue({ kind: "unreachable", detail: "gone" })],
    ["it says too much", () => userInfo.mockResolvedValue({ kind: "document", content: { sub: "u1", more: "x".repeat(9000) } })],
  ])("goes on for as long as it counts where %s", async (_, arrange) => {
    token.mockResolvedValue({ kind: "document", content: { access_token: "new", token_type: "bearer" } });
    arrange();
    expect(sessionIn(await renew())).toEqual({ ...old(), refresh: { from: seconds() + 60, token: "r1" } });
  });
});
