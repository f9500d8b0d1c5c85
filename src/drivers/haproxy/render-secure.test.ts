import { expect, test } from "vitest";
import type { ProxyBackend } from "../../ports/traffic-proxy.ts";
import { backend, serverAt, type HttpCheck } from "../../testing/traffic-proxy-contract.ts";
import { checkWords, secureGlobals, secureWords } from "./render-secure.ts";

// What HAProxy makes of these is tried with the real one: `test/e2e/secure-targets.test.ts`.

const one = serverAt("one", { address: "10.0.0.5", port: 443 });

test.each<readonly [string, Partial<ProxyBackend>, Partial<HttpCheck>, string, string]>([
  ["plain", {}, {}, "", ""],
  ["plain, checked on another port", {}, { port: 81 }, "", "port 81"],
  ["plain, checked over TLS", {}, { secure: true }, "", "check-ssl verify none"],
  ["encrypted, checked so", { secure: true }, { secure: true }, "ssl verify none", "check-ssl"],
  ["encrypted, checked so on another port", { secure: true }, { secure: true, port: 81 }, "ssl verify none", "port 81 check-ssl"],
  // Without a port, HAProxy would check over TLS.
  ["encrypted, checked in the clear", { secure: true }, {}, "ssl verify none", "port 443"],
  ["HTTP/2, encrypted", { secure: true, version: "http2" }, { secure: true }, "ssl verify none alpn h2", "check-ssl check-alpn h2"],
  ["gRPC", { version: "grpc" }, { kind: "grpc" }, "", "check-proto none"],
  [
    "gRPC, encrypted",
    { secure: true, version: "grpc" },
    { kind: "grpc", secure: true },
    "ssl verify none alpn h2",
    "check-ssl check-alpn h2 check-proto none",
  ],
])("servers of requests that are %s", (_what, settings, check, words, checked) => {
  const web = { ...backend("web", [one], check), ...settings };
  expect([secureWords(web).join(" "), checkWords(web, one).join(" ")]).toEqual([words, checked]);
});

test("whatever targets may speak is told where some end TLS, and nowhere else", () => {
  const plain = backend("web", [one]);
  expect(secureGlobals([plain])).toEqual([]);
  for (const some of [{ ...plain, secure: true as const }, backend("web", [one], { secure: true })])
    expect(secureGlobals([plain, some])).toEqual([
      expect.stringMatching(/^ssl-default-server-ciphers ECDHE-.*:AES256-SHA:@SECLEVEL=0$/),
      "ssl-default-server-ciphersuites TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256",
      "ssl-default-server-options ssl-min-ver TLSv1.0",
    ]);
});
