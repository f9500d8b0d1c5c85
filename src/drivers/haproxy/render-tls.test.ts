import { describe, expect, test } from "vitest";
import type { ProxyClientCertificates, ProxyTls } from "../../domain/proxy-tls.ts";
import type { ProxyConfiguration } from "../../ports/traffic-proxy.ts";
import { backend, listener } from "../../testing/traffic-proxy-contract.ts";
import { renderConfiguration } from "./render-configuration.ts";
import { tlsGlobals, tlsRules, tlsWords } from "./render-tls.ts";

const PEM =
  "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n-----BEGIN PRIVATE KEY-----\nSECRET\n-----END PRIVATE KEY-----\n";
const tls: ProxyTls = {
  owner: "lb",
  certificates: [{ id: "a", hosts: [], pem: PEM }],
  versions: ["TLSv1.2", "TLSv1.3"],
  ciphers: ["TLS_AES_128_GCM_SHA256", "ECDHE-RSA-AES128-GCM-SHA256"],
  alpn: ["h2", "http/1.1"],
};
const verify: ProxyClientCertificates = { kind: "verify", authorities: "ca", ignoreExpiry: false, advertise: true };
const asking = (clientCertificates: ProxyClientCertificates): ProxyTls => ({ ...tls, clientCertificates });

test("a listener takes the versions, ciphers and protocols that it is to", () => {
  expect(tlsWords("web", undefined)).toBe("");
  expect(tlsWords("web", tls)).toMatch(
    /^ ssl crt-list tls\/[0-9a-f]{32}\.list ssl-min-ver TLSv1\.2 ssl-max-ver TLSv1\.3 ciphers ECDHE-RSA-AES128-GCM-SHA256 ciphersuites TLS_AES_128_GCM_SHA256 alpn h2,http\/1\.1$/,
  );
  expect(tlsWords("web", { ...tls, versions: ["TLSv1", "TLSv1.1"], ciphers: ["AES128-SHA"], alpn: [] })).toMatch(
    / ssl-min-ver TLSv1\.0 ssl-max-ver TLSv1\.1 ciphers AES128-SHA:@SECLEVEL=0$/,
  );
});

describe("certificates of clients", () => {
  test.each<[string, ProxyClientCertificates, RegExp]>([
    ["are required, checked, and never resumed", verify, / verify required ca-file tls\/[0-9a-f]{32}\.crt no-tls-tickets$/],
    ["may have expired where that is said", { ...verify, ignoreExpiry: true }, / crt-ignore-err 10 no-tls-tickets$/],
    ["are asked for without names where that is said", { ...verify, advertise: false }, / no-ca-names no-tls-tickets$/],
    [
      "are held against the lists there are",
      { ...verify, revocations: "crl" },
      / crl-file tls\/[0-9a-f]{32}\.crt ca-ignore-err 3 crt-ignore-err 3 no-tls-tickets$/,
    ],
    [
      "are passed on whatever they are",
      { kind: "passthrough" },
      / verify optional ca-file tls\/[0-9a-f]{32}\.crt no-ca-names crt-ignore-err all ca-ignore-err all no-tls-tickets$/,
    ],
  ])("%s", (_, clients, words) => {
    expect(tlsWords("web", asking(clients))).toMatch(words);
  });

  test("are told under the names that the listener gives, and never by the client itself", () => {
    expect(tlsRules(tls)).toEqual(["http-request set-var(txn.tls) bool(true)"]);
    const rules = tlsRules(asking({ ...verify, headers: { serial: "X-Serial" } })).join("\n");
    expect(rules).toContain("del-header X-Amzn-Mtls-Clientcert -m beg if { ssl_fc }\n");
    expect(rules).toContain(
      'del-header X-Serial if { ssl_fc }\nhttp-request set-header X-Serial "%[ssl_c_serial,hex]" if { ssl_fc } { ssl_c_used }',
    );
    expect(rules).not.toContain("Clientcert-Serial-Number");
    expect(tlsRules(asking({ kind: "passthrough" })).at(-1)).toContain("set-header X-Amzn-Mtls-Clientcert ");
  });

  test("keep sessions from being resumed anywhere, and passing chains on takes a program", () => {
    expect(tlsGlobals([tls, undefined])).toEqual([]);
    expect(tlsGlobals([tls, asking(verify)])).toEqual(["tune.ssl.cachesize 0"]);
    expect(tlsGlobals([asking({ kind: "passthrough" })])).toEqual(["tune.ssl.cachesize 0", "lua-load client-certificates.lua"]);
  });
});

function whole(one: ProxyTls): ProxyConfiguration {
  return { listeners: [{ ...listener("web", 443), tls: one }], backends: [] };
}

const render = (configuration: ProxyConfiguration) => renderConfiguration(configuration, () => "healthy", [], new Uint8Array());

test("other certificates are no other structure; another policy, or other authorities of clients, are", () => {
  const { structure, text } = render(whole(tls));
  const others = [
    { id: "b", hosts: [], pem: "other" },
    { id: "c", hosts: ["c.test"], pem: "third" },
  ] as const;
  expect(render(whole({ ...tls, certificates: others })).structure).toBe(structure);
  expect(render(whole({ ...tls, versions: ["TLSv1.3"] })).structure).not.toBe(structure);
  const checked = render(whole(asking(verify))).structure;
  expect(render(whole(asking({ ...verify, authorities: "other" }))).structure).not.toBe(checked);
  expect(text).not.toContain("SECRET");
});

test("the files that HAProxy reads: each certificate under its names, the default under none", () => {
  const { readFiles } = render(
    whole({ ...tls, certificates: [...tls.certificates, { id: "s", hosts: ["s.test", "*.s.test"], pem: "shop" }] }),
  );
  const list = [...readFiles].find(([name]) => name.endsWith(".list"))?.[1] ?? "";
  expect(list).toMatch(/^(tls\/\w+\.pem) default\.invalid\n(tls\/\w+\.pem) s\.test \*\.s\.test\n$/);
  expect(list.match(/tls\/\w+\.pem/g)?.map((name) => readFiles.get(name))).toEqual([PEM, "shop"]);
});

test("what a certificate has for a name is taken for nothing else", () => {
  const hosts = ["s.test [verify none]", "a\nb.test", "", "!s.test", "s.test"];
  const { readFiles } = render(whole({ ...tls, certificates: [...tls.certificates, { id: "s", hosts, pem: "shop" }] }));
  expect([...readFiles].find(([name]) => name.endsWith(".list"))?.[1]).toMatch(/^\S+ default\.invalid\n\S+ s\.test\n$/);
});

test("no private key is handed over as an authority", () => {
  const { readFiles } = render(whole(asking({ kind: "passthrough" })));
  const authorities = [...readFiles].filter(([name]) => name.endsWith(".crt")).map(([, text]) => text);
  expect(authorities).toEqual(["-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"]);
});

test("a target is told by which protocol the client came, also where clients come by both", () => {
  const lines = (...all: readonly ProxyConfiguration["listeners"][number][]) =>
    render({ listeners: all, backends: [backend("web", [])] }).text.match(/http-request set-header X-Forwarded-Proto .*/g);
  const encrypted = { ...listener("s", 443), tls };
  expect(lines(listener("p", 80))).toEqual(["http-request set-header X-Forwarded-Proto http"]);
  expect(lines(encrypted)).toEqual(["http-request set-header X-Forwarded-Proto https"]);
  expect(lines(listener("p", 80), encrypted)).toEqual([
    "http-request set-header X-Forwarded-Proto http unless { var(txn.tls) -m bool }",
    "http-request set-header X-Forwarded-Proto https if { var(txn.tls) -m bool }",
  ]);
});
