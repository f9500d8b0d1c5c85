import { X509Certificate } from "node:crypto";
import { beforeAll, describe, expect, test } from "vitest";
import { parseHostHeader } from "../../domain/host-header.ts";
import { issue, newAuthority } from "../../drivers/tls/certificate-authority.ts";
import { ownHosts, type Arrival } from "./own-hosts.ts";

const PLAIN: Arrival = { localAddress: "127.0.0.1", certificate: undefined };

function isOurs(header: string, arrival = PLAIN, added: readonly string[] = []): boolean {
  const host = parseHostHeader(header);
  if (!host) throw new Error(`${header} is no host`);
  return ownHosts(added)(host, arrival);
}

describe("on loopback, without anything said, ours is", () => {
  test.each([
    "localhost",
    "localhost:4566",
    "LOCALHOST:1",
    "localhost.",
    "bucket.localhost:4566",
    "127.0.0.1",
    "127.0.0.1:4566",
    "127.9.8.7:80",
    "[::1]:4566",
    "123456789012.dkr.ecr.us-east-1.amazonaws.com",
    "123456789012.DKR.ecr.us-east-1.amazonaws.com:4566",
    "123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn",
    "host.docker.internal:4566",
    "host.containers.internal:4566",
  ])("%s", (header) => {
    expect(isOurs(header)).toBe(true);
  });
});

describe("and not", () => {
  test.each([
    "evil.example",
    "evil.example:4566",
    "localhost.evil.example",
    "127.0.0.1.evil.example",
    "127.0.0.1.nip.io",
    "evil-localhost",
    "xlocalhost",
    "localhost.localdomain",
    "0.0.0.0:4566",
    "2130706433",
    "127.1",
    "0x7f.0.0.1",
    "128.0.0.1",
    "192.168.1.5:4566",
    "[::]:4566",
    "[::2]",
    "[::ffff:10.0.0.1]",
    "169.254.170.2",
    "169.254.169.254",
    "metadata.google.internal",
    "docker.internal",
    "amazonaws.com",
    "evil.amazonaws.com",
    "123456789012.dkr.ecr.us-east-1.evil.example",
    "123456789012.dkr.ecr.us-east-1.amazonaws.com.evil.example",
    "12345.dkr.ecr.us-east-1.amazonaws.com",
    "x.123456789012.dkr.ecr.us-east-1.amazonaws.com",
  ])("%s", (header) => {
    expect(isOurs(header)).toBe(false);
  });
});

test.each([
  ["169.254.170.2", "169.254.170.2:80"],
  ["::ffff:192.168.1.5", "192.168.1.5:4566"],
  ["fd00::7", "[fd00::7]:4566"],
])("who came to %s may call us %s", (localAddress, header) => {
  expect(isOurs(header, { ...PLAIN, localAddress })).toBe(true);
  expect(isOurs(header, { ...PLAIN, localAddress: "10.0.0.9" })).toBe(false);
});

describe("over TLS, the certificate says what else", () => {
  let certificate: X509Certificate;
  beforeAll(async () => {
    const now = Date.now();
    const authority = await newAuthority({ name: "test", domains: ["airfield.lan"], addresses: true, now });
    certificate = new X509Certificate((await issue(authority, { hosts: ["airfield.lan", "192.0.2.7"], now })).certificate);
  });

  test.each([
    ["airfield.lan:4566", true],
    ["Airfield.LAN", true],
    ["192.0.2.7", true],
    ["other.airfield.lan", false],
    ["192.0.2.8", false],
    ["evil.example", false],
    // The name of the authority, in the subject alone.
    ["test", false],
  ])("%s: %s", (header, expected) => {
    expect(isOurs(header, { ...PLAIN, certificate })).toBe(expected);
  });
});

test.each([
  ["airfield.example.com:80", ["airfield.example.com"], true],
  ["x.airfield.example.com", ["airfield.example.com"], false],
  ["airfield.example.com.evil.example", ["airfield.example.com"], false],
  ["a.example.com", ["*.example.com"], true],
  ["a.b.example.com", ["*.example.com"], true],
  ["example.com", ["*.example.com"], false],
  ["evilexample.com", ["*.example.com"], false],
  ["192.168.1.5:4566", ["192.168.1.5"], true],
  ["[fd00::1]", ["fd00::1"], true],
])("%s where the operator adds %j: %s", (header, added, expected) => {
  expect(isOurs(header, PLAIN, added)).toBe(expected);
});
