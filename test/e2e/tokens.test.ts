import { generateKeyPairSync, sign, type KeyObject } from "node:crypto";
import { request } from "node:http";
import { once } from "node:events";
import { expect, test } from "vitest";
import type { ProxyTokens } from "../../src/domain/proxy-tokens.ts";
import { backend, listener, serverAt } from "../../src/testing/traffic-proxy-contract.ts";
import { haproxyWorld } from "./traffic-world.ts";

const pair = () => generateKeyPairSync("rsa", { modulusLength: 2048 });
const [one, two, stranger] = [pair(), pair(), pair()];
const pemOf = ({ publicKey }: { readonly publicKey: KeyObject }): string => String(publicKey.export({ type: "spki", format: "pem" }));
const NOW = Math.floor(Date.now() / 1000);
const ISSUER = "https://login.example.com/a b";
const GOOD = { iss: ISSUER, exp: NOW + 600, sub: "machine", aud: ["x", "shop"], scope: "read write", tier: "gold" };

function token(
  claims: object,
  { kid = "one", key = one.privateKey, alg = "RS256" }: { kid?: string; key?: KeyObject; alg?: string } = {},
): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
  const text = `${part({ alg, typ: "JWT", kid })}.${part(claims)}`;
  return `${text}.${sign("sha256", Buffer.from(text), key).toString("base64url")}`;
}

const TOKENS: ProxyTokens = {
  issuer: ISSUER,
  claims: [
    { name: "tier", format: "single-string", values: ["gold"] },
    { name: "aud", format: "string-array", values: ["shop"] },
    { name: "scope", format: "space-separated-values", values: ["read", "write"] },
  ],
  keys: [
    { kid: "one", pem: pemOf(one) },
    { kid: "two", pem: pemOf(two) },
  ],
};

test("who shows a good token gets through with it, and everybody else is turned away", { timeout: 60_000 }, async () => {
  await using world = await haproxyWorld();
  const seen: (string | undefined)[] = [];
  const target = await world.target(200, ({ headers }, response) => {
    seen.push(headers.authorization);
    response.end("in");
  });
  const port = await world.freePort();
  const apply = (tokens: ProxyTokens) => {
    const place = listener("plain", port);
    const routes = place.routes.map((route) => ({ ...route, tokens }));
    return world.proxy.apply({
      listeners: [{ ...place, routes }],
      backends: [backend("web", [serverAt("one", target, { health: "healthy" })])],
    });
  };
  const status = async (...authorization: readonly string[]): Promise<number | undefined> => {
    const headers = authorization.length === 0 ? {} : { authorization: authorization as string[] };
    const [answer] = await once(request({ host: "127.0.0.1", port, agent: false, headers: headers as never }).end(), "response");
    answer.resume();
    return answer.statusCode;
  };
  const shown = (...args: Parameters<typeof token>): Promise<number | undefined> => status(`Bearer ${token(...args)}`);
  await apply(TOKENS);
  expect([
    await shown(GOOD),
    await shown({ ...GOOD, nbf: NOW - 5, iat: NOW - 5 }),
    await shown(GOOD, { kid: "two", key: two.privateKey }),
  ]).toEqual([200, 200, 200]);
  expect(seen[0]).toMatch(/^Bearer ey/);
  const refused: [string, Promise<number | undefined>][] = [
    ["none", status()],
    ["another scheme", status(`Basic ${token(GOOD)}`)],
    ["no token", status("Bearer abc")],
    ["two headers", status(`Bearer ${token(GOOD)}`, `Bearer ${token(GOOD)}`)],
    ["a stranger's key", shown(GOOD, { key: stranger.privateKey })],
    ["a key under another's name", shown(GOOD, { key: two.privateKey })],
    ["a name of no key", shown(GOOD, { kid: "three" })],
    ["no algorithm", shown(GOOD, { alg: "none" })],
    ["another algorithm", shown(GOOD, { alg: "HS256" })],
    ["another issuer", shown({ ...GOOD, iss: "https://login.example.com" })],
    ["no issuer", shown({ ...GOOD, iss: undefined })],
    ["what is over", shown({ ...GOOD, exp: NOW - 1 })],
    ["no end", shown({ ...GOOD, exp: undefined })],
    ["an end that is no number", shown({ ...GOOD, exp: "never" })],
    ["what begins later", shown({ ...GOOD, nbf: NOW + 600 })],
    ["what was issued later", shown({ ...GOOD, iat: NOW + 600 })],
    ["another tier", shown({ ...GOOD, tier: "golden" })],
    ["a list without it", shown({ ...GOOD, aud: ["shops", "x"] })],
    ["a text that is no list", shown({ ...GOOD, aud: "shop" })],
    ["a list that is too long", shown({ ...GOOD, aud: [...Array.from({ length: 20 }, () => "x"), "shop"] })],
    ["one of two scopes", shown({ ...GOOD, scope: "read writes" })],
    ["a claim that is missing", shown({ ...GOOD, scope: undefined })],
  ];
  expect(await Promise.all(refused.map(async ([what, answer]) => [what, await answer]))).toEqual(refused.map(([what]) => [what, 401]));
  expect(seen).toHaveLength(3);
  // The keys changed: what the ones before signed is nobody's any more, and without any nobody passes.
  await apply({ ...TOKENS, keys: [{ kid: "two", pem: pemOf(two) }] });
  expect([await shown(GOOD), await shown(GOOD, { kid: "two", key: two.privateKey })]).toEqual([401, 200]);
  await apply({ ...TOKENS, claims: [], keys: [] });
  expect(await shown(GOOD)).toBe(401);
  // A key without a name is tried with any token.
  await apply({ ...TOKENS, claims: [], keys: [{ pem: pemOf(one) }] });
  expect([
    await shown({ iss: ISSUER, exp: NOW + 60 }),
    await shown(GOOD, { kid: "x" }),
    await shown(GOOD, { key: two.privateKey }),
  ]).toEqual([200, 200, 401]);
});
