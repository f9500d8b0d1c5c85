import { expect, test } from "vitest";
import { DEFAULT_SSL_POLICY, SSL_POLICIES, sslPolicy } from "./ssl-policies.ts";

const GCM = [
  "ECDHE-ECDSA-AES128-GCM-SHA256",
  "ECDHE-RSA-AES128-GCM-SHA256",
  "ECDHE-ECDSA-AES256-GCM-SHA384",
  "ECDHE-RSA-AES256-GCM-SHA384",
];

test.each([
  ["2016-08", ["TLSv1", "TLSv1.1", "TLSv1.2"], 18],
  ["TLS-1-0-2015-04", ["TLSv1", "TLSv1.1", "TLSv1.2"], 19],
  ["TLS-1-2-2017-01", ["TLSv1.2"], 12],
  ["FS-1-1-2019-08", ["TLSv1.1", "TLSv1.2"], 12],
  ["TLS13-1-2-2021-06", ["TLSv1.2", "TLSv1.3"], 11],
  ["TLS13-1-2-Ext1-2021-06", ["TLSv1.2", "TLSv1.3"], 15],
  ["TLS13-1-2-Ext0-FIPS-2023-04", ["TLSv1.2", "TLSv1.3"], 14],
  ["TLS13-1-0-2021-06", ["TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"], 21],
])("%s has the versions and as many ciphers as the tables of AWS", (name, protocols, ciphers) => {
  const policy = sslPolicy(`ELBSecurityPolicy-${name}`);
  expect(policy?.protocols).toEqual(protocols);
  expect(policy?.ciphers).toHaveLength(ciphers);
});

test("a restricted policy has forward secrecy with authenticated encryption only; one of FIPS no ChaCha20", () => {
  expect(sslPolicy("ELBSecurityPolicy-FS-1-2-Res-2020-10")?.ciphers).toEqual(GCM);
  expect(sslPolicy("ELBSecurityPolicy-TLS13-1-2-Res-2021-06")?.ciphers).toEqual([
    "TLS_AES_128_GCM_SHA256",
    "TLS_AES_256_GCM_SHA384",
    "TLS_CHACHA20_POLY1305_SHA256",
    ...GCM,
  ]);
  expect(SSL_POLICIES.filter(({ fips, ciphers }) => fips && ciphers.some((cipher) => cipher.includes("CHACHA")))).toEqual([]);
});

test("ciphers of TLS 1.3 are let in exactly where TLS 1.3 is", () => {
  for (const { protocols, ciphers } of SSL_POLICIES)
    expect(ciphers.some((cipher) => cipher.startsWith("TLS_"))).toBe(protocols.includes("TLSv1.3"));
});

test("names differ, and the default is one of them", () => {
  expect(new Set(SSL_POLICIES.map(({ name }) => name)).size).toBe(SSL_POLICIES.length);
  expect(sslPolicy(DEFAULT_SSL_POLICY)).toBeDefined();
  expect(sslPolicy("")).toBeUndefined();
});
