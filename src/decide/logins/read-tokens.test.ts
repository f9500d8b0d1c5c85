import { expect, test } from "vitest";
import { readIdentity, readTokens } from "./read-tokens.ts";

const now = 1_700_000_000_000;
const expected = { issuer: "https://idp.test", clientId: "shop", nonce: "n", now };
const good = { iss: "https://idp.test", aud: "shop", exp: now / 1000 + 60, nonce: "n", sub: "u1" };

test.each<[string, object]>([
  ["one", {}],
  ["one of several clients'", { aud: ["other", "shop"], azp: "shop" }],
  ["one that expired just now, by our clock", { exp: now / 1000 - 59 }],
])("an ID token that is ours is believed: %s", (_, more) => {
  expect(readIdentity({ ...good, ...more }, expected)).toEqual({ subject: "u1" });
});

test.each<[string, object]>([
  ["another issuer", { iss: "https://idp.test/" }],
  ["no issuer", { iss: undefined }],
  ["another client", { aud: "other" }],
  ["no client", { aud: undefined }],
  ["another client asked for", { aud: ["shop", "other"], azp: "other" }],
  ["has expired", { exp: now / 1000 - 60 }],
  ["has expired", { exp: "9999999999" }],
  ["another login", { nonce: "other" }],
  ["another login", { nonce: undefined }],
  ["nobody", { sub: "" }],
  ["nobody", { sub: 1 }],
])("one of %s is not", (_, more) => {
  expect(readIdentity({ ...good, ...more }, expected)).toEqual(expect.any(String));
});

test("tokens are read with what is told of them", () => {
  const answer = { access_token: "a", token_type: "bearer" };
  expect(readTokens(answer)).toEqual({ accessToken: "a" });
  const more = { token_type: "Bearer", expires_in: "60", refresh_token: "r" };
  expect(readTokens({ ...answer, ...more })).toEqual({ accessToken: "a", expiresIn: 60, refreshToken: "r" });
  expect(readTokens({ ...answer, expires_in: -1, refresh_token: "" })).toEqual({ accessToken: "a" });
});

test.each([{}, { access_token: "", token_type: "bearer" }, { access_token: "a" }, { access_token: "a", token_type: "mac" }])(
  "%j holds no tokens",
  (answer) => {
    expect(readTokens(answer)).toEqual(expect.any(String));
  },
);
