import { createServer, connect, type TLSSocket } from "node:tls";
import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { beforeAll, describe, expect, test } from "vitest";
import { issue, newAuthority, type Credential } from "./certificate-authority.ts";

const HOST = "123456789012.dkr.ecr.us-east-1.amazonaws.com";
const DAY = 24 * 60 * 60 * 1000;
const now = Date.now();
let authority: Credential;

beforeAll(async () => {
  authority = await newAuthority({ name: "Airfield 0a1b2c3d", domains: ["amazonaws.com", "amazonaws.com.cn"], now });
});

/** What a client that believes in `ca` makes of a server: "trusted", or OpenSSL's reason. */
async function verdict(server: Credential, ca: string, servername: string): Promise<string> {
  const listening = createServer({ cert: server.certificate, key: server.key }).listen(0, "127.0.0.1");
  await once(listening, "listening");
  const { port } = listening.address() as AddressInfo;
  let socket: TLSSocket | undefined;
  try {
    return await new Promise((resolve) => {
      socket = connect({ host: "127.0.0.1", port, servername, ca }, () => resolve("trusted"));
      socket.once("error", (error: NodeJS.ErrnoException) =>
        resolve(error.code === "UNSPECIFIED" ? error.message : (error.code ?? error.message)),
      );
    });
  } finally {
    socket?.destroy();
    listening.close();
    await once(listening, "close");
  }
}

describe("a client that trusts the authority", () => {
  test.each([
    ["trusts a server of the name that the certificate is for", [HOST], HOST, "trusted"],
    [
      "trusts every one of several names",
      ["a.amazonaws.com", "123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn"],
      "123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn",
      "trusted",
    ],
    ["does not trust it under another name", [HOST], "210987654321.dkr.ecr.us-east-1.amazonaws.com", "ERR_TLS_CERT_ALTNAME_INVALID"],
    [
      "does not trust a certificate for a name outside of the authority's domains",
      ["bank.example"],
      "bank.example",
      "permitted subtree violation",
    ],
    ["nor for one that only ends alike", ["notamazonaws.com"], "notamazonaws.com", "permitted subtree violation"],
  ])("%s", async (_, hosts, servername, expected) => {
    expect(await verdict(await issue(authority, { hosts, now }), authority.certificate, servername)).toBe(expected);
  });

  test("does not trust what another authority of the same name issued", async () => {
    const stranger = await newAuthority({ name: "Airfield 0a1b2c3d", domains: ["amazonaws.com"], now });
    const server = await issue(stranger, { hosts: [HOST], now });
    expect(await verdict(server, authority.certificate, HOST)).toMatch(/SIGNATURE_FAILURE|UNABLE_TO_(VERIFY|GET)/);
  });
});

test("the authority signs servers and nothing below itself", async () => {
  const ca = new X509Certificate(authority.certificate);
  const server = new X509Certificate((await issue(authority, { hosts: [HOST], now })).certificate);
  expect([ca.ca, server.ca, server.checkIssued(ca), server.verify(ca.publicKey)]).toEqual([true, false, true, true]);
  expect(server.subjectAltName).toBe(`DNS:${HOST}`);
});

test("serial numbers and keys are never used twice", async () => {
  const made = await Promise.all(Array.from({ length: 8 }, () => issue(authority, { hosts: [HOST], now })));
  expect(new Set(made.map(({ certificate }) => new X509Certificate(certificate).serialNumber)).size).toBe(8);
  expect(new Set(made.map(({ key }) => key)).size).toBe(8);
});

test("a server certificate never outlives the authority", async () => {
  const late = await issue(authority, { hosts: [HOST], now: now + 3600 * DAY });
  expect(new X509Certificate(late.certificate).validTo).toBe(new X509Certificate(authority.certificate).validTo);
});
