import { ACMClient, ImportCertificateCommand } from "@aws-sdk/client-acm";
import * as elb from "@aws-sdk/client-elastic-load-balancing-v2";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openClientSecret } from "../../state/elb-client-secret.ts";
import { listeners } from "../../state/elb.ts";
import { apiWorld, type ApiWorld } from "../../testing/api-world.ts";
import { madeCertificate } from "../../testing/certificates.ts";
import { stack, type Stack } from "../../testing/load-balancer-stack.ts";

let api: ApiWorld;
let client: elb.ElasticLoadBalancingV2Client;
let world: Stack;
let certificate: string;
let port = 8000;

beforeAll(async () => {
  api = await apiWorld();
  client = api.client(elb.ElasticLoadBalancingV2Client);
  world = await stack(api);
  const made = await madeCertificate({ commonName: "app.test", names: ["app.test"] });
  const input = { Certificate: Buffer.from(made.pem), PrivateKey: Buffer.from(made.keyPem) };
  certificate = (await api.client(ACMClient).send(new ImportCertificateCommand(input))).CertificateArn ?? "";
});
afterAll(() => api[Symbol.asyncDispose]());

const provider: elb.AuthenticateOidcActionConfig = {
  Issuer: "https://idp.test",
  AuthorizationEndpoint: "https://idp.test/auth",
  TokenEndpoint: "https://idp.test/token",
  UserInfoEndpoint: "https://idp.test/me",
  ClientId: "shop",
  ClientSecret: "planted-2f9d",
};
const usual = {
  SessionCookieName: "AWSELBAuthSessionCookie",
  Scope: "openid",
  SessionTimeout: 604_800,
  OnUnauthenticatedRequest: "authenticate",
} as const;
const { ClientSecret: _secret, ...open } = provider;
const text = { Type: "fixed-response", Order: 2, FixedResponseConfig: { StatusCode: "200" } } as const;
const login = (more: Partial<elb.AuthenticateOidcActionConfig> = {}): elb.Action => ({
  Type: "authenticate-oidc",
  Order: 1,
  AuthenticateOidcConfig: { ...provider, ...more },
});

function create(actions: elb.Action[], more: Partial<elb.CreateListenerCommandInput> = {}): Promise<elb.Listener> {
  port += 1;
  const base = { LoadBalancerArn: world.balancer, Port: port, DefaultActions: actions } as const;
  const encrypted = { Protocol: "HTTPS" as const, Certificates: [{ CertificateArn: certificate }] };
  return client.send(new elb.CreateListenerCommand({ ...base, ...encrypted, ...more })).then(({ Listeners }) => Listeners?.[0] ?? {});
}

const refusal = (given: Promise<unknown>): Promise<string> =>
  given.then(
    () => "taken",
    ({ name, message }: Error) => `${name}: ${message}`,
  );

function secretOf({ ListenerArn = "" }: elb.Listener): { readonly sealed: string; readonly opened: string } {
  const record = api.state.table(listeners).get(ListenerArn);
  const sealed = record?.defaultActions[0]?.AuthenticateOidcConfig?.ClientSecret ?? "";
  return { sealed, opened: openClientSecret(api.platform.secrets, world.balancer, sealed) };
}

describe("an action that logs users in", () => {
  test("has its defaults, comes first, and never tells its secret", async () => {
    const made = await create([text, login()]);
    const shown = [{ Type: "authenticate-oidc", Order: 1, AuthenticateOidcConfig: { ...open, ...usual } }, text];
    expect(made.DefaultActions).toMatchObject(shown);
    const arn = made.ListenerArn ?? "";
    const { Listeners } = await client.send(new elb.DescribeListenersCommand({ ListenerArns: [arn] }));
    const { Rules } = await client.send(new elb.DescribeRulesCommand({ ListenerArn: arn }));
    expect(JSON.stringify([made, Listeners, Rules])).not.toMatch(/ClientSecret|planted/);
    expect(Listeners?.[0]?.DefaultActions).toEqual(made.DefaultActions);
    expect(Rules?.[0]?.Actions).toEqual(made.DefaultActions);
    const { sealed, opened } = secretOf(made);
    expect(opened).toBe("planted-2f9d");
    expect(sealed).not.toContain("planted");
    expect(() => openClientSecret(api.platform.secrets, `${world.balancer}0`, sealed)).toThrow(Error);
  });

  test("keeps its secret where that is said, and is the same listener only with the same secret", async () => {
    const made = await create([login(), text]);
    const again = (action: elb.Action) => create([action, text], { Port: made.Port });
    expect((await again(login())).ListenerArn).toBe(made.ListenerArn);
    expect(await refusal(again(login({ ClientSecret: "another" })))).toMatch(/^DuplicateListener/);
    const modify = (action: elb.Action) =>
      client.send(new elb.ModifyListenerCommand({ ListenerArn: made.ListenerArn, DefaultActions: [action, text] }));
    const { ClientSecret: _given, ...rest } = login().AuthenticateOidcConfig ?? provider;
    const kept = { ...login(), AuthenticateOidcConfig: { ...rest, UseExistingClientSecret: true, SessionTimeout: 60 } };
    const { Listeners } = await modify(kept);
    expect(Listeners?.[0]?.DefaultActions?.[0]?.AuthenticateOidcConfig).toEqual({ ...open, ...usual, SessionTimeout: 60 });
    expect(secretOf(made).opened).toBe("planted-2f9d");
    await modify(login({ ClientSecret: "another" }));
    expect(secretOf(made).opened).toBe("another");
    expect(await refusal(create([kept, text]))).toMatch(/UseExistingClientSecret can be true only/);
    expect(await refusal(modify(login({ UseExistingClientSecret: true })))).toMatch(/cannot both specify/);
  });

  test("stands before the action of a rule, too, and holds a listener to HTTPS", async () => {
    const made = await create([{ ...text, Order: 1 }]);
    const Conditions = [{ Field: "path-pattern", Values: ["/admin/*"] }];
    const rule = { ListenerArn: made.ListenerArn, Priority: 1, Conditions, Actions: [login({ OnUnauthenticatedRequest: "deny" }), text] };
    const { Rules } = await client.send(new elb.CreateRuleCommand(rule));
    expect(Rules?.[0]?.Actions?.[0]?.AuthenticateOidcConfig).toEqual({ ...open, ...usual, OnUnauthenticatedRequest: "deny" });
    const plain = client.send(new elb.ModifyListenerCommand({ ListenerArn: made.ListenerArn, Protocol: "HTTP" }));
    expect(await refusal(plain)).toMatch(/^InvalidLoadBalancerAction.*only on HTTPS listeners$/);
  });

  test.each<[string, elb.Action[], RegExp, Partial<elb.CreateListenerCommandInput>?]>([
    ["on a listener without encryption", [login(), text], /only on HTTPS listeners/, { Protocol: "HTTP", Certificates: [] }],
    ["alone", [login()], /must be specified/],
    ["twice", [login(), { ...login(), Order: 3 }, { ...text, Order: 4 }], /^TooManyActions/],
    ["behind the last one", [{ ...login(), Order: 3 }, text], /must be the last one/],
    ["without an order", [{ ...login(), Order: undefined }, text], /order of its own/],
    ["at the place of another", [{ ...login(), Order: 2 }, text], /order of its own/],
    ["for Cognito", [{ Type: "authenticate-cognito", Order: 1 }, text], /'authenticate-cognito' are not supported/],
    ["by tokens of nobody", [{ Type: "jwt-validation", Order: 1 }, text], /A jwt-validation configuration must be specified/],
    ["without a configuration", [{ Type: "authenticate-oidc", Order: 1 }, text], /configuration must be specified/],
    [
      "over HTTP",
      [login({ TokenEndpoint: "http://idp.test/token" }), text],
      /token endpoint 'http:\/\/idp.test\/token' must be a full URL/,
    ],
    ["with an issuer that is none", [login({ Issuer: "idp.test" }), text], /issuer 'idp.test' must be a full URL/],
    ["with a password in an endpoint", [login({ UserInfoEndpoint: "https://a:b@idp.test/" }), text], /user info endpoint/],
    ["without a client", [login({ ClientId: "ü" }), text], /client ID/],
    ["without a secret", [login({ ClientSecret: "" }), text], /client secret must be specified/],
    ["for too long", [login({ SessionTimeout: 604_801 }), text], /sessionTimeout/],
    ["for no time", [login({ SessionTimeout: 0 }), text], /sessionTimeout/],
    ["without openid", [login({ Scope: "email" }), text], /must include 'openid'/],
    ["with a cookie that is none", [login({ SessionCookieName: "a b" }), text], /session cookie name/],
    ["with what the load balancer says itself", [login({ AuthenticationRequestExtraParams: { state: "1" } }), text], /'state' cannot/],
    [
      "with too much to say",
      [login({ AuthenticationRequestExtraParams: Object.fromEntries(Array.from({ length: 11 }, (_, at) => [`p${at}`, "1"])) }), text],
      /at most 10/,
    ],
    ["otherwise", [login({ OnUnauthenticatedRequest: "maybe" as "deny" }), text], /onUnauthenticatedRequest/],
  ])("is refused %s", async (_, actions, why, more) => {
    expect(await refusal(create(actions, more))).toMatch(why);
  });
});
