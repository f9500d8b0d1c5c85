import { expect, test } from "vitest";
import type { ProxyTokens } from "../../domain/proxy-tokens.ts";
import type { ProxyConfiguration } from "../../ports/traffic-proxy.ts";
import { backend, listener, serverAt } from "../../testing/traffic-proxy-contract.ts";
import { renderConfiguration } from "./render-configuration.ts";

const TOKENS: ProxyTokens = {
  issuer: "https://me/ } bad",
  claims: [{ name: "scope", format: "space-separated-values", values: ["a.b"] }],
  keys: [{ kid: 'k"1', pem: "PEM ONE\n" }, { pem: "PEM TWO\n" }],
};

function rendered(tokens: ProxyTokens | undefined) {
  const place = listener("plain", 80);
  const routes = place.routes.map((route) => ({ ...route, ...(tokens && { tokens }) }));
  const configuration: ProxyConfiguration = {
    listeners: [{ ...place, routes }],
    backends: [backend("web", [serverAt("one", { address: "10.0.0.5", port: 80 })])],
  };
  return renderConfiguration(configuration, () => "healthy", [], new Uint8Array(32));
}

test("a signature is looked at last, with the key that the token names", () => {
  const { text, readFiles } = rendered(TOKENS);
  const lines = text.split("\n").filter((line) => line.includes("jwt_verify"));
  expect(lines).toHaveLength(2);
  for (const line of lines) expect(line).toMatch(/jwt_verify\("RS256","issuer-[0-9a-f]{24}\.pem"\) -m int 1 }$/);
  expect(lines[0]).toContain("{ var(txn.token_kid) -m str k\\x221 }");
  expect(lines[1]).not.toContain("token_kid");
  // What an issuer is called ends no condition.
  expect(text).toContain("!{ var(txn.token_iss) -m str https://me/\\x20\\x7d\\x20bad }\n");
  expect([...readFiles.values()].filter((one) => one.startsWith("PEM"))).toEqual(["PEM ONE\n", "PEM TWO\n"]);
});

test("a route turns away who has none, before it leads on", () => {
  const lines = rendered(TOKENS)
    .text.split("\n")
    .map((line) => line.trim());
  const gate = lines.findIndex((line) => line.startsWith("use_backend token_denied if"));
  const way = lines.findIndex((line) => /^(use_backend|default_backend) b_web/.test(line));
  expect([gate > 0, way > gate]).toEqual([true, true]);
});

test("keys that change are a reload, and who asks for none reads no token", () => {
  const [before, after] = [rendered(TOKENS), rendered({ ...TOKENS, keys: [{ pem: "PEM THREE\n" }] })];
  expect(after.structure).not.toBe(before.structure);
  expect(rendered(undefined).text).not.toContain("http_auth_bearer");
});
