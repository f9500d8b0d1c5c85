import { describe, expect, test } from "vitest";
import { ANYBODY } from "./pulled-images.ts";
import { mayUseStored } from "./stored-image.ts";

const base = { id: "sha256:1", byDigest: false, storedImage: undefined, account: "111111111111", madeHere: true };
const given = { guarded: false, given: new Map([["sha256:1", new Set([ANYBODY])]]) };

/** What Docker 20 to 29 say, as far as it has been seen. */
describe("an image from a registry is used while that cannot be asked", () => {
  test.each([
    "Get https://registry.example/v2/: dial tcp: lookup registry.example: no such host",
    'Get "https://registry.example/v2/": dial tcp 10.1.2.3:443: connect: connection refused',
    'Get "https://registry.example/v2/": dial tcp 10.1.2.3:443: i/o timeout',
    "Get https://registry.example/v2/: net/http: request canceled while waiting for connection (Client.Timeout exceeded while awaiting headers)",
    'Get "https://registry.example/v2/": context deadline exceeded',
    "Get https://registry.example/v2/: net/http: TLS handshake timeout",
    'failed to do request: Head "https://registry.example/v2/app/manifests/1": tls: failed to verify certificate: x509: certificate signed by unknown authority',
    'Get "https://registry.example/v2/": EOF',
    "read tcp 10.0.0.1:4000->10.1.2.3:443: read: connection reset by peer",
    "toomanyrequests: You have reached your pull rate limit.",
    "received unexpected HTTP status: 503 Service Unavailable",
  ])("%s", (failure) => {
    expect(mayUseStored({ ...base, pulled: given, failure })).toBe(true);
  });
});

describe("its word is final otherwise", () => {
  test.each([
    "pull access denied for registry.example/app, repository does not exist or may require 'docker login': denied: requested access to the resource is denied",
    "manifest for registry.example/app:1 not found: manifest unknown: manifest unknown",
    'Head "https://registry.example/v2/app/manifests/1": no basic auth credentials',
    "unauthorized: authentication required",
    "received unexpected HTTP status: 403 Forbidden",
    "repository registry.example/timeout not found: name unknown",
    "something that nobody has seen yet",
  ])("%s", (failure) => {
    expect(mayUseStored({ ...base, pulled: given, failure })).toBe(false);
  });
});
