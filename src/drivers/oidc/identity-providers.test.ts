import type { ServerResponse } from "node:http";
import { describe, expect, test } from "vitest";
import { identityProvidersContract } from "../../testing/identity-providers-contract.ts";
import { ManualClock } from "../../testing/manual-clock.ts";
import { DISCOVERY_PATH, KEYS_PATH, oidcIssuer } from "../../testing/oidc-issuer.ts";
import { allowedUrl } from "./allowed-url.ts";
import { oidcIdentityProviders } from "./identity-providers.ts";

const KEY = { kid: "a", kty: "RSA" };
const NEXT_KEY = { kid: "b", kty: "RSA" };

describe("identity providers over HTTP", () => {
  identityProvidersContract(async () => {
    const server = await oidcIssuer();
    return {
      providers: oidcIdentityProviders({ clock: new ManualClock() }),
      issuer: {
        url: server.url,
        publish: (keys) => void (server.keys = keys),
        goDown: async () => await server[Symbol.asyncDispose](),
        stopBeingOne: () => void server.answers.set(DISCOVERY_PATH, (_request, response) => void response.writeHead(404).end()),
      },
      [Symbol.asyncDispose]: async () => await server[Symbol.asyncDispose](),
    };
  });
});

describe("keys are kept", () => {
  test("for an hour, and then asked for anew", async () => {
    await using issuer = await oidcIssuer([KEY]);
    const clock = new ManualClock();
    const providers = oidcIdentityProviders({ clock });
    await providers.signingKeys(issuer.url, "a");
    clock.advance(59 * 60_000);
    await providers.signingKeys(issuer.url, "a");
    expect(issuer.requests).toEqual([DISCOVERY_PATH, KEYS_PATH]);
    clock.advance(60_000);
    issuer.keys = [NEXT_KEY];
    expect(await providers.signingKeys(issuer.url, "a")).toEqual({ kind: "found", keys: [NEXT_KEY] });
  });

  test("until a token names one that is not among them, though not for each such token", async () => {
    await using issuer = await oidcIssuer([KEY]);
    const clock = new ManualClock();
    const providers = oidcIdentityProviders({ clock });
    await providers.signingKeys(issuer.url, "a");
    issuer.keys = [KEY, NEXT_KEY];
    expect(await providers.signingKeys(issuer.url, "b")).toEqual({ kind: "found", keys: [KEY] });
    clock.advance(10_000);
    expect(await providers.signingKeys(issuer.url, "b")).toEqual({ kind: "found", keys: [KEY, NEXT_KEY] });
    for (const made of ["x", "y", "z"]) await providers.signingKeys(issuer.url, made);
    expect(issuer.requests.filter((path) => path === KEYS_PATH)).toHaveLength(2);
  });

  test("no longer than their hour when the issuer is down", async () => {
    const issuer = await oidcIssuer([KEY]);
    const clock = new ManualClock();
    const providers = oidcIdentityProviders({ clock });
    await providers.signingKeys(issuer.url, "a");
    await issuer[Symbol.asyncDispose]();
    expect(await providers.signingKeys(issuer.url, "a")).toMatchObject({ kind: "found" });
    clock.advance(60 * 60_000);
    expect(await providers.signingKeys(issuer.url, "a")).toMatchObject({ kind: "unreachable" });
  });

  test("who asks at the same time shares one answer", async () => {
    await using issuer = await oidcIssuer([KEY]);
    const providers = oidcIdentityProviders({ clock: new ManualClock() });
    await Promise.all(["a", "b", "c"].map((id) => providers.signingKeys(issuer.url, id)));
    expect(issuer.requests).toEqual([DISCOVERY_PATH, KEYS_PATH]);
  });
});

describe("an issuer that misbehaves", () => {
  const json = (response: ServerResponse, content: unknown): void => void response.writeHead(200).end(JSON.stringify(content));

  test.each<[string, string, (response: ServerResponse, url: string) => void, "unusable" | "unreachable"]>([
    [
      "speaks for another issuer",
      DISCOVERY_PATH,
      (response, url) => json(response, { issuer: `${url}/other`, jwks_uri: `${url}/keys` }),
      "unusable",
    ],
    [
      "has its keys over plain HTTP elsewhere",
      DISCOVERY_PATH,
      (response, issuer) => json(response, { issuer, jwks_uri: "http://192.0.2.1/keys" }),
      "unusable",
    ],
    [
      "has its keys in a file",
      DISCOVERY_PATH,
      (response, issuer) => json(response, { issuer, jwks_uri: "file:///etc/passwd" }),
      "unusable",
    ],
    ["names no keys", DISCOVERY_PATH, (response, issuer) => json(response, { issuer }), "unusable"],
    [
      "redirects to plain HTTP elsewhere",
      KEYS_PATH,
      (response) => void response.writeHead(302, { location: "http://192.0.2.1/" }).end(),
      "unusable",
    ],
    [
      "redirects to another scheme",
      KEYS_PATH,
      (response) => void response.writeHead(302, { location: "data:application/json,{}" }).end(),
      "unusable",
    ],
    ["redirects in a circle", KEYS_PATH, (response) => void response.writeHead(302, { location: KEYS_PATH }).end(), "unusable"],
    ["redirects to nowhere", KEYS_PATH, (response) => void response.writeHead(302).end(), "unusable"],
    ["answers without end", KEYS_PATH, (response) => void response.writeHead(200).end(Buffer.alloc(300_000, " ")), "unusable"],
    ["answers with a list", KEYS_PATH, (response) => json(response, [KEY]), "unusable"],
    ["answers with what is no JSON", KEYS_PATH, (response) => void response.writeHead(200).end("<html>"), "unusable"],
    ["has keys that are none", KEYS_PATH, (response) => json(response, { keys: ["a"] }), "unusable"],
    ["has failed", KEYS_PATH, (response) => void response.writeHead(503).end(), "unreachable"],
    ["hangs up", KEYS_PATH, (response) => void response.destroy(), "unreachable"],
    ["never answers", KEYS_PATH, () => undefined, "unreachable"],
  ])("because it %s", async (_what, path, answer, kind) => {
    await using issuer = await oidcIssuer([KEY]);
    issuer.answers.set(path, (_request, response) => answer(response, issuer.url));
    const providers = oidcIdentityProviders({ clock: new ManualClock(), limits: { timeoutMs: 300 } });
    expect(await providers.signingKeys(issuer.url, "a")).toMatchObject({ kind });
  });

  test("but may redirect within what is allowed", async () => {
    await using issuer = await oidcIssuer([KEY]);
    issuer.answers.set(KEYS_PATH, (_request, response) => void response.writeHead(301, { location: "/moved" }).end());
    issuer.answers.set("/moved", (_request, response) => json(response, { keys: [NEXT_KEY] }));
    const providers = oidcIdentityProviders({ clock: new ManualClock() });
    expect(await providers.signingKeys(issuer.url, "b")).toEqual({ kind: "found", keys: [NEXT_KEY] });
  });
});

test.each([
  ["https://token.actions.githubusercontent.com", true],
  ["https://10.0.0.1/id", true],
  ["http://127.0.0.1:8080", true],
  ["http://127.8.8.8", true],
  ["http://localhost:8080/realms/a", true],
  ["http://[::1]:8080", true],
  ["http://issuer.example", false],
  ["http://127.0.0.1.example", false],
  ["http://localhost.example", false],
  ["http://10.0.0.1", false],
  ["https://user:password@issuer.example", false],
  ["ftp://issuer.example", false],
  ["issuer.example", false],
])("whether %s may be asked: %s", (text, allowed) => {
  expect(allowedUrl(text) !== undefined).toBe(allowed);
});

test.each([
  ["http://127.0.0.1:8080/other?a=b", true],
  ["/other", true],
  ["https://issuer.example/keys", true],
  ["http://127.0.0.1:8081/keys", false],
  ["http://localhost:8080/keys", false],
  ["http://127.0.0.2:8080/keys", false],
])("whether an issuer on loopback may lead to %s: %s", (text, allowed) => {
  expect(allowedUrl(text, new URL("http://127.0.0.1:8080/.well-known/openid-configuration")) !== undefined).toBe(allowed);
});

test("the keys of an issuer on loopback are its own: no other port is asked for them", async () => {
  await using issuer = await oidcIssuer([KEY]);
  await using other = await oidcIssuer([NEXT_KEY]);
  const asked: string[] = [];
  other.answers.set("/admin/restart", (request, response) => {
    asked.push(request.url ?? "");
    response.end(JSON.stringify({ keys: [NEXT_KEY] }));
  });
  const configuration = JSON.stringify({ issuer: issuer.url, jwks_uri: `${other.url}/admin/restart` });
  issuer.answers.set("/.well-known/openid-configuration", (_request, response) => void response.end(configuration));
  const providers = oidcIdentityProviders({ clock: new ManualClock() });
  expect(await providers.signingKeys(issuer.url, "a")).toMatchObject({ kind: "unusable" });
  expect(asked).toEqual([]);
});
